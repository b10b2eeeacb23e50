account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "one-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "two-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "six-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "each_page_has_one_name_and_each_night_reads_all_again" {
  command = apply
  nights  = 4

  assert {
    condition     = simulator.calls.QueryDomainList > 5 * 4
    error_message = "The list took ${simulator.calls.QueryDomainList} calls."
  }
  assert {
    condition     = simulator.calls.QueryDomainByDomainName > 5 * 4
    error_message = "Names were read ${simulator.calls.QueryDomainByDomainName} times."
  }
}
