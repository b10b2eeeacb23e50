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

run "a_sensitive_value_is_declared_nowhere" {
  command      = plan
  expect_error = "var.key, which is sensitive"
}
