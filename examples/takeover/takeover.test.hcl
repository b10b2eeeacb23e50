account {
  live = "live.json"
}

run "two_names_are_to_be_locked" {
  command = plan
  golden  = "testdata/plan.txt"
}

run "what_the_files_leave_out_stays_as_it_is" {
  command = apply

  assert {
    condition     = alltrue([for name in keys(portfolio.domains) : live.domains[name].transfer_lock == "OPEN"])
    error_message = "Some name of the files is not locked."
  }
  assert {
    condition     = live.domains["fjord-example.com"].transfer_lock == "CLOSE"
    error_message = "A name was locked that no file declares."
  }
}
