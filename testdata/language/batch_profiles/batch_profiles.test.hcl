account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "one-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "two-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "one_call_gives_all_names_the_profile" {
  command = apply

  assert {
    condition     = lookup(simulator.calls, "SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId", 0) == 1
    error_message = "Calls: ${jsonencode(simulator.calls)}."
  }
  assert {
    condition     = alltrue([for d in live.domains : d.contacts.tech.city == "Leeds"])
    error_message = "Some name has another contact."
  }
}
