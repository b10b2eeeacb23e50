# Whoever waits longer than the files say waits so long.
account {
  live = "live.json"
}

variables {
  hold = "240h"
}

run "after_a_week_the_old_record_is_still_there" {
  command = apply
  nights  = 7

  assert {
    condition     = length(live.domains["example.com"].ds_records) == 2
    error_message = "The old record went after less than ${var.hold}."
  }
}

run "after_ten_days_it_is_gone" {
  command = apply
  nights  = 6

  assert {
    condition     = length(live.domains["example.com"].ds_records) == 1
    error_message = "The old record stays for longer than ${var.hold}."
  }
}
