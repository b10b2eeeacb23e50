# One registry refuses a name, and keeps nobody else back.
account {
  live = "live.json"
}

run "one_refusal_keeps_nobody_else_back" {
  command      = apply
  expect_error = "delta-example.com"

  faults = {
    rules = [{ kind = "fail", names = ["delta-example.com"], operation = "SaveBatchTaskForModifyingDomainDns", message = "the registry says no" }]
  }

  assert {
    condition     = [for name, d in live.domains : name if contains(d.nameservers, "ns1.old.example")] == ["delta-example.com"]
    error_message = "Others stay behind as well."
  }
  assert {
    condition     = live.domains["delta-example.com"].transfer_lock == "OPEN"
    error_message = "delta-example.com is not locked, though nothing refused that."
  }
}
