account {
  live = "live.json"
}

run "a_plan_shows_what_differs" {
  command = plan
  golden  = "testdata/plan.txt"
  service = true # asks the simulated service for what live.json does not tell
}

run "an_apply_closes_the_locks" {
  command = apply

  assert {
    condition     = live.domains["example.com"].transfer_lock == "OPEN" && live.domains["example.com"].update_lock == "OPEN"
    error_message = "A lock is open."
  }
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == tolist(["ns1.example.net", "ns2.example.net"])
    error_message = "The name is delegated to ${join(" and ", live.domains["example.com"].nameservers)}."
  }
}
