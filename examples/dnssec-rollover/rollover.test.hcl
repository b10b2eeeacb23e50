account {
  live = "live.json"
}

run "the_new_record_comes_first" {
  command = plan
  golden  = "testdata/plan.txt"
}

run "on_the_first_night_both_are_live" {
  command = apply

  assert {
    condition     = length(live.domains["example.com"].ds_records) == 2
    error_message = "${length(live.domains["example.com"].ds_records)} DS records are live."
  }
}

run "two_days_later_the_old_one_is_gone" {
  command = apply
  nights  = 4

  assert {
    condition     = live.domains["example.com"].ds_records[*].key_tag == [60485]
    error_message = "DS records of ${join(", ", live.domains["example.com"].ds_records[*].key_tag)} are live."
  }
  assert {
    condition     = live.domains["example.com"].update_lock == "OPEN"
    error_message = "The update lock stays open."
  }
}
