template "base" {
  transfer_lock = true
}

domains "servers" {
  names       = ["servers-example.com"]
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domains "hosted" {
  names  = ["hosted-example.com"]
  alidns = true
}

domains "signed" {
  names      = ["signed-example.com"]
  ds_records = [{ key_tag = 60485, algorithm = 13, digest_type = 2, digest = "B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2" }]
  ds_hold    = "72h"
}

domains "moved" {
  names       = ["moved-example.com"]
  nameservers = ["ns1.example.net", "ns2.example.net"]
  keep_ds     = true
}

domains "glue" {
  names = ["glue-example.com"]
  hosts = { ns1 = ["192.0.2.1", "2001:db8::1"] }
}

domains "sold" {
  names      = ["sold-example.com"]
  registrant = contact.legal
}

domains "people" {
  names   = ["people-example.com"]
  admin   = contact.legal
  billing = contact.legal
  tech    = contact.legal
}

domains "locked" {
  names         = ["locked-example.com"]
  transfer_lock = true
  update_lock   = true
}

domains "opened" {
  names            = ["opened-example.com"]
  update_lock      = true
  temporary_unlock = true
  nameservers      = ["ns1.example.net", "ns2.example.net"]
}

domains "private" {
  names   = ["private-example.com"]
  privacy = true
}

domains "wallet" {
  names       = ["wallet-example.xyz"]
  ens_address = "0x52908400098527886e0f7030069857d2e4169ee7"
}

domains "work" {
  names = ["work-example.art"]
  art   = { title = "Sunrise", maker = "Ada Example" }
}

domains "new" {
  names        = ["new-example.com"]
  registration = { years = 1, registrant_profile = "Example Ltd" }
}

domains "late" {
  names      = ["late-example.com"]
  redemption = { max_price = 120 }
}

domains "due" {
  names   = ["due-example.com"]
  renewal = { min_days_left = 60 }
}

domains "over" {
  names = ["over-example.com"]
  lapse = "the campaign is over"
}

domains "alone" {
  names      = ["alone-example.com"]
  auto_renew = true
}

domains "labelled" {
  names             = ["labelled-example.com"]
  labels            = { owner = "web" }
  critical          = true
  expiry_alarm_days = 0
}

domains "like" {
  names    = ["like-example.com"]
  template = template.base
}
