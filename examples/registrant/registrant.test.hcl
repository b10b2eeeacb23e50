account {
  live = "live.json"
}

run "without_the_guard_nobody_gets_another_registrant" {
  command      = apply
  expect_error = "max_registrant_changes"

  variables {
    most = 199
  }

  assert {
    condition     = report.exit_code == 3 && !contains(keys(simulator.calls), "SaveBatchTaskForUpdateProhibitionLock")
    error_message = "Something was sent."
  }
}

run "all_names_get_the_buyer_and_are_locked_again" {
  command = apply

  assert {
    condition     = alltrue([for d in live.domains : d.contacts.registrant.organization == "Example Holding Ltd" && d.update_lock == "OPEN"])
    error_message = "Some name has the old registrant, or stays unlocked."
  }
  assert {
    condition     = simulator.calls.SaveBatchTaskForUpdateProhibitionLock == 2
    error_message = "The locks took ${simulator.calls.SaveBatchTaskForUpdateProhibitionLock} calls."
  }
}
