# What both accounts share. No names and no settings stand here.

variable "operator" {
  type        = string
  description = "who answers for the names of the account"

  validation {
    condition     = contains(["north", "south"], var.operator)
    error_message = "The operators are north and south."
  }
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

template "company" {
  nameservers      = [for n in [1, 2] : "ns${n}.${var.operator}.example.info"]
  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true
  tech             = contact.hostmaster
}

check "every name has an owner" {
  assert {
    names         = [for name, d in portfolio.domains : name if lookup(d.labels, "owner", "") == ""]
    error_message = "has no label owner: say whose it is"
  }
}
