account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "example.com" {
    expires       = "2032-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "what_changed_of_persons_is_kept" {
  command = apply

  assert {
    condition     = state.runs == 1 && state.persons > 0
    error_message = "The state has ${jsonencode(state)}."
  }
}

run "after_a_day_no_person_is_known" {
  command = apply
  after   = "48h"

  variables {
    servers = ["ns1.example.net", "ns2.example.net"]
  }

  assert {
    condition     = state.runs == 2 && state.persons == 0
    error_message = "The state has ${jsonencode(state)}."
  }
}

run "after_a_year_and_a_week_the_runs_are_forgotten" {
  command = apply
  after   = "9000h"

  variables {
    servers = ["ns3.example.net", "ns4.example.net"]
  }

  assert {
    condition     = state.runs == 1
    error_message = "The state has ${jsonencode(state)}."
  }
}
