account {
  at = "2026-12-01T00:00:00Z"

  domain "example.com" {
    nameservers   = ["ns1.north.example.info", "ns2.north.example.info"]
    transfer_lock = true
    update_lock   = true
  }
  domain "example.net" {
    nameservers   = ["ns1.example.org", "ns2.example.org"]
    transfer_lock = false
    update_lock   = false
  }
}

run "the_plan_is_as_reviewed" {
  command = plan
  golden  = "testdata/plan.txt"
}

run "both_names_get_what_the_company_wants" {
  command = apply

  assert {
    condition     = alltrue([for d in live.domains : contains(d.nameservers, "ns1.north.example.info") && d.transfer_lock == "OPEN" && d.update_lock == "OPEN"])
    error_message = "Some name is not as the library wants it."
  }
}

run "an_operator_whom_nobody_knows_is_refused" {
  command      = plan
  expect_error = "The operators are north and south"

  variables {
    operator = "east"
  }
}
