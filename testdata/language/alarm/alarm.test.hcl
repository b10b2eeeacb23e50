account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "two-example.com" {
    expires       = "2027-01-20"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false

  }

  domain "one-example.com" {
    expires       = "2026-12-16"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = true
  }
}

run "the_plan_is_as_reviewed" {
  command = plan
  golden  = "testdata/plan.txt"
}

run "the_nearer_end_wakes_somebody" {
  command = plan

  assert {
    condition     = { for t in plan.threats : t.domain => t.severity } == { "one-example.com" = "page", "two-example.com" = "ticket" }
    error_message = "Threats: ${jsonencode(plan.threats)}."
  }
}
