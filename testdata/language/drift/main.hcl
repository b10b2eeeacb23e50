refresh {
  max_age = "1h"
}

drift {
  delegation = "report"
  lock       = "report"
  unlock     = "report"
  none       = "report"
  contact    = "report"
  identity   = "report"
  money      = "report"
}

domain "moved-example.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domain "opened-example.com" {
  transfer_lock = true
}

domain "closed-example.com" {
  transfer_lock = false
}

domain "seen-example.com" {
  privacy = false
}

domain "renewed-example.com" {
  auto_renew = true
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

domain "staffed-example.com" {
  tech = contact.ours
}

domain "sunrise.art" {
  art = { title = "Sunrise" }
}
