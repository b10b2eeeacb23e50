account {
  at     = "2026-12-01T00:00:00Z"
  id     = "1406926474064770"
  emails = []

  domain "example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "a_list_that_is_not_there_is_empty" {
  command  = plan
  readings = { empty_lists = "absent" }

  assert {
    condition     = { for c in plan.changes : c.id => c.status } == { "emails/ada@example.com" = "ready" }
    error_message = "Changes: ${jsonencode(plan.changes)}."
  }
}
