locals {
  parked = csvdecode(file("parked.csv"))
}

domains "parked" {
  names         = local.parked
  nameservers   = [for n in [1, 2] : "ns${n}.${each.value.provider}.example.net"]
  transfer_lock = true
  lapse         = each.value.keep == "no" ? "not renewed on purpose" : null
}
