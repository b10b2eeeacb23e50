# What each argument changes of an account in which nothing is as declared. The Go test of
# the language plays this a second time with domains blocks, and a third one with templates.

account {
  at     = "2026-12-01T00:00:00Z"
  id     = "1406926474064770"
  emails = [{ address = "hostmaster@example.com", verified = true }]

  domain "servers-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "hosted-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "signed-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
    ds_records    = [{ key_tag = 2371, algorithm = 13, digest_type = 2, digest = "A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1" }]
  }

  domain "moved-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
    ds_records    = [{ key_tag = 2371, algorithm = 13, digest_type = 2, digest = "A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1" }]
  }

  domain "glue-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "sold-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "people-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "locked-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "opened-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = true
    privacy       = false
  }

  domain "private-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "wallet-example.xyz" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "work-example.art" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "late-example.com" {
    expires       = "2026-10-20"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "due-example.com" {
    expires       = "2027-01-10"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "over-example.com" {
    expires       = "2026-12-10"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "alone-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "labelled-example.com" {
    expires       = "2026-12-10"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }

  domain "like-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
    privacy       = false
  }
}

run "each_argument_is_a_change" {
  command = plan
  golden  = "testdata/plan.txt"
  market  = { prices = { com = { register = 10.5, renew = 11, redeem = 90, transfer = 10.5 } } }
}

run "what_changes_nothing_is_declared_all_the_same" {
  command = plan

  assert {
    condition     = portfolio.domains["over-example.com"].lapse == "the campaign is over"
    error_message = "The name is not let go."
  }
  assert {
    condition     = portfolio.domains["labelled-example.com"].labels.owner == "web"
    error_message = "The label is not there."
  }
  assert {
    condition     = portfolio.domains["labelled-example.com"].critical
    error_message = "The name is not critical."
  }
  assert {
    condition     = portfolio.domains["labelled-example.com"].expiry_alarm_days == 0
    error_message = "The end of the name makes runs red."
  }
}

run "an_apply_makes_the_account_as_declared" {
  command = apply

  assert {
    condition     = alltrue([for name in ["servers-example.com", "moved-example.com", "opened-example.com"] : contains(live.domains[name].nameservers, "ns1.example.net")])
    error_message = "Some name stays behind."
  }
  assert {
    condition     = length(live.domains["signed-example.com"].ds_records) == 2
    error_message = "The new DS record is not live beside the old one."
  }
  assert {
    condition     = length(live.domains["moved-example.com"].ds_records) == 1
    error_message = "DS records were changed that the files do not declare."
  }
  assert {
    condition     = live.domains["opened-example.com"].update_lock == "OPEN"
    error_message = "The lock was not closed again."
  }
  assert {
    condition     = live.domains["sold-example.com"].contacts.registrant.organization == "Example Holding Ltd"
    error_message = "The name has the old registrant."
  }
  assert {
    condition     = toset(simulator.purchases[*].domain) == toset(["due-example.com", "late-example.com", "new-example.com"])
    error_message = "Other names were bought: ${join(", ", simulator.purchases[*].domain)}."
  }
}
