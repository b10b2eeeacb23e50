account {
  at     = "2026-12-01T00:00:00Z"
  id     = "1406926474064770"
  emails = [{ address = "old@example.com", verified = true }]

  domain "example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "other-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "the_plan_is_as_reviewed" {
  command = plan
  golden  = "testdata/plan.txt"
}

run "names_that_no_file_declares_are_an_error_where_the_files_say_so" {
  command      = plan
  expect_error = "other-example.com"

  variables {
    unmanaged = "error"
  }
}

run "another_account_is_refused" {
  command      = plan
  expect_error = "account"

  variables {
    id = "77"
  }
}

run "where_the_account_is_and_who_asks_is_what_the_files_say" {
  command = plan

  assert {
    condition     = portfolio.account.endpoint == "https://domain.aliyuncs.com" && portfolio.account.profile == "domains"
    error_message = "The account is ${jsonencode(portfolio.account)}."
  }
}
