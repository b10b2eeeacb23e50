account {
  id        = "1406926474064770" # the credentials of another account are refused
  unmanaged = "report"
}

variable "ns_group" {
  type        = list(string)
  default     = ["ns1.example.net", "ns2.example.net"]
  description = "nameservers of the company"
}

contact "hostmaster" {
  type               = "enterprise"
  organization       = "Example Ltd"
  name               = "Ada Example"
  email              = "hostmaster@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Example Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2000000009"
}

# What the company wants of every name.
template "company" {
  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true
  privacy          = true
  admin            = contact.hostmaster
}
