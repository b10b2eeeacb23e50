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
  golden  = "testdata/plan.txt"
}

run "what_does_not_hold_refuses_the_plan" {
  command      = plan
  expect_error = "2 names change"

  variables {
    most = 1
  }
}
