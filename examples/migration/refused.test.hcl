# One registry refuses: the old host stays while a name is delegated to it, and the
# other names move.
account {
  live = "live.json"
}

run "one_name_is_refused" {
  command      = apply
  expect_error = "the registry says no"

  faults = {
    rules = [{ kind = "fail", operation = "SaveBatchTaskForModifyingDomainDns", names = ["example.org"], message = "the registry says no" }]
  }

  assert {
    condition     = report.exit_code == 4
    error_message = "The run ended with ${report.exit_code}."
  }
  assert {
    condition     = contains(live.domains["example.com"].hosts[*].name, "ns0.example.com")
    error_message = "The host is gone that example.org is delegated to."
  }
  assert {
    condition     = contains(live.domains["example.net"].nameservers, "ns1.example.com") && live.domains["example.org"].update_lock == "OPEN"
    error_message = "example.net stays behind, or example.org unlocked."
  }
}

run "when_it_takes_the_change_all_is_done" {
  command = apply
  faults  = {}

  assert {
    condition     = !contains(live.domains["example.com"].hosts[*].name, "ns0.example.com")
    error_message = "The old host is still there."
  }
}
