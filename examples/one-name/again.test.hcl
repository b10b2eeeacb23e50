# A name that is locked and moved by hand is moved back, and locked again.
account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "example.com" {
    expires       = "2028-01-01"
    nameservers   = ["ns1.example.org", "ns2.example.org"]
    transfer_lock = true
    update_lock   = true
  }
}

run "the_lock_is_opened_for_the_change_alone" {
  command = apply

  assert {
    condition     = simulator.calls.SaveBatchTaskForUpdateProhibitionLock == 2
    error_message = "The update lock was switched ${simulator.calls.SaveBatchTaskForUpdateProhibitionLock} times, not off and on."
  }
  assert {
    condition     = live.domains["example.com"].update_lock == "OPEN"
    error_message = "The update lock stays open."
  }
}
