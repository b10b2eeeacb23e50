template "base" {
  transfer_lock = true
}

template "servers" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domain "servers-example.com" {
  template = template.servers
}

template "hosted" {
  alidns = true
}

domain "hosted-example.com" {
  template = template.hosted
}

template "signed" {
  ds_records = [{ key_tag = 60485, algorithm = 13, digest_type = 2, digest = "B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2" }]
  ds_hold    = "72h"
}

domain "signed-example.com" {
  template = template.signed
}

template "moved" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
  keep_ds     = true
}

domain "moved-example.com" {
  template = template.moved
}

template "glue" {
  hosts = { ns1 = ["192.0.2.1", "2001:db8::1"] }
}

domain "glue-example.com" {
  template = template.glue
}

template "sold" {
  registrant = contact.legal
}

domain "sold-example.com" {
  template = template.sold
}

template "people" {
  admin   = contact.legal
  billing = contact.legal
  tech    = contact.legal
}

domain "people-example.com" {
  template = template.people
}

template "locked" {
  transfer_lock = true
  update_lock   = true
}

domain "locked-example.com" {
  template = template.locked
}

template "opened" {
  update_lock      = true
  temporary_unlock = true
  nameservers      = ["ns1.example.net", "ns2.example.net"]
}

domain "opened-example.com" {
  template = template.opened
}

template "private" {
  privacy = true
}

domain "private-example.com" {
  template = template.private
}

template "wallet" {
  ens_address = "0x52908400098527886e0f7030069857d2e4169ee7"
}

domain "wallet-example.xyz" {
  template = template.wallet
}

template "work" {
  art = { title = "Sunrise", maker = "Ada Example" }
}

domain "work-example.art" {
  template = template.work
}

template "new" {
  registration = { years = 1, registrant_profile = "Example Ltd" }
}

domain "new-example.com" {
  template = template.new
}

template "late" {
  redemption = { max_price = 120 }
}

domain "late-example.com" {
  template = template.late
}

template "due" {
  renewal = { min_days_left = 60 }
}

domain "due-example.com" {
  template = template.due
}

template "over" {
  lapse = "the campaign is over"
}

domain "over-example.com" {
  template = template.over
}

template "alone" {
  auto_renew = true
}

domain "alone-example.com" {
  template = template.alone
}

template "labelled" {
  labels            = { owner = "web" }
  critical          = true
  expiry_alarm_days = 0
}

domain "labelled-example.com" {
  template = template.labelled
}

template "like" {
  template = template.base
}

domain "like-example.com" {
  template = template.like
}
