variable "servers" {
  type    = list(string)
  default = null
}

retention {
  personal = "24h"
  runs     = "8952h"
}

contact "ours" {
  type               = "enterprise"
  organization       = "Example Ltd"
  name               = "Ada Example"
  email              = "ada@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Example Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2000000001"
}

domain "example.com" {
  nameservers = var.servers
  tech        = contact.ours
}
