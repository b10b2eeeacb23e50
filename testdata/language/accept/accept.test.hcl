account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "example.com" {
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

run "the_warning_is_known" {
  command = plan

  assert {
    condition     = length(diagnostics) == 0
    error_message = "The files are warned of: ${jsonencode(diagnostics)}."
  }
}
