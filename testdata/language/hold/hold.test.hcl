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

run "the_plan_is_as_reviewed" {
  command = plan
  service = true
  golden  = "testdata/plan.txt"
}

run "what_is_held_stays_and_the_rest_is_done" {
  command = apply

  assert {
    condition     = contains(live.domains["one-example.com"].nameservers, "ns1.old.example") && live.domains["one-example.com"].transfer_lock == "OPEN"
    error_message = "The held name moved, or was not locked."
  }
}

run "after_its_day_it_is_done_as_well" {
  command = apply
  nights  = 3

  assert {
    condition     = contains(live.domains["one-example.com"].nameservers, "ns1.example.net")
    error_message = "The name is still held."
  }
}
