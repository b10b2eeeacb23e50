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

  domain "six-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "the_plan_is_as_reviewed" {
  command = plan
  service = true
  golden  = "testdata/plan.md"
}

run "each_name_has_a_call_of_its_own" {
  command = apply

  assert {
    condition     = simulator.calls.SaveBatchTaskForTransferProhibitionLock == 3
    error_message = "There were ${simulator.calls.SaveBatchTaskForTransferProhibitionLock} calls."
  }
}
