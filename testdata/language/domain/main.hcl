template "base" {
  transfer_lock = true
}

domain "servers-example.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domain "hosted-example.com" {
  alidns = true
}

domain "signed-example.com" {
  ds_records = [{ key_tag = 60485, algorithm = 13, digest_type = 2, digest = "B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2" }]
  ds_hold    = "72h"
}

domain "moved-example.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
  keep_ds     = true
}

domain "glue-example.com" {
  hosts = { ns1 = ["192.0.2.1", "2001:db8::1"] }
}

domain "sold-example.com" {
  registrant = contact.legal
}

domain "people-example.com" {
  admin   = contact.legal
  billing = contact.legal
  tech    = contact.legal
}

domain "locked-example.com" {
  transfer_lock = true
  update_lock   = true
}

domain "opened-example.com" {
  update_lock      = true
  temporary_unlock = true
  nameservers      = ["ns1.example.net", "ns2.example.net"]
}

domain "private-example.com" {
  privacy = true
}

domain "wallet-example.xyz" {
  ens_address = "0x52908400098527886e0f7030069857d2e4169ee7"
}

domain "work-example.art" {
  art = { title = "Sunrise", maker = "Ada Example" }
}

domain "new-example.com" {
  registration = { years = 1, registrant_profile = "Example Ltd" }
}

domain "late-example.com" {
  redemption = { max_price = 120 }
}

domain "due-example.com" {
  renewal = { min_days_left = 60 }
}

domain "over-example.com" {
  lapse = "the campaign is over"
}

domain "alone-example.com" {
  auto_renew = true
}

domain "labelled-example.com" {
  labels            = { owner = "web" }
  critical          = true
  expiry_alarm_days = 0
}

domain "like-example.com" {
  template = template.base
}
