# The policy alone declares no name: all that the zone has stays as it is. The names
# come with import.
account {
  zone = "earlier.zone"
  at   = "2026-12-01T00:00:00Z"
}

run "the_policy_alone_changes_nothing" {
  command = plan

  assert {
    condition     = length(plan.changes) == 0
    error_message = "${length(plan.changes)} changes are planned."
  }
  assert {
    condition     = length(plan.unmanaged) == length(live.domains) && length(live.domains) == 40
    error_message = "${length(plan.unmanaged)} of ${length(live.domains)} names are unmanaged."
  }
}
