# What somebody else holds, and what costs more than the files permit, is not bought.
account {
  live = "live.json"
}

run "a_taken_name_is_blocked" {
  command = plan
  market  = { names = { "launch-example.com" = "0" } }

  assert {
    condition     = [for c in plan.changes : c.domain if c.attribute == "registration" && c.status == "blocked"] == ["launch-example.com"]
    error_message = "Other names are blocked than the one that somebody holds."
  }
}
