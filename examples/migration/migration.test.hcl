account {
  live = "live.json"
}

run "the_plan_is_as_reviewed" {
  command = plan
  golden  = "testdata/plan.txt"
  service = true # asks the simulated service for what live.json does not tell
}

run "all_names_move_and_are_locked_again" {
  command = apply

  assert {
    condition     = alltrue([for d in live.domains : contains(d.nameservers, "ns1.example.com") && d.update_lock == "OPEN"])
    error_message = "Some name stays behind, or unlocked."
  }
  assert {
    condition     = !contains(live.domains["example.com"].hosts[*].name, "ns0.example.com")
    error_message = "The old host is still there."
  }
}
