# The names of a small company, as they should be.

template "protected" {
  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true # opened for a change, and locked again
}

locals {
  parked = csvdecode(file("parked.csv"))
}

domain "example.com" {
  template    = template.protected
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domain "example.org" {
  template    = template.protected
  nameservers = ["ns1.example.net", "ns2.example.net"]
  keep_ds     = true # the new nameservers serve the same keys
}

domain "example-shop.com" {
  transfer_lock = true # its nameservers are not declared, so they stay
}

domains "parked" {
  names         = local.parked
  nameservers   = [for n in [1, 2] : "ns${n}.${each.value.provider}.example.net"]
  transfer_lock = true
}
