account {
  live = "live.json"
}

run "three_moves_at_once_are_refused" {
  command      = plan
  expect_error = "More than 2 names move: blog-example.com, mail-example.com, shop-example.com"
}

run "a_row_without_an_owner_is_a_mistake" {
  command      = plan
  expect_error = "has no owner"

  variables {
    table = "next.csv"
  }
}

run "whoever_permits_three_moves_them" {
  command = apply

  variables {
    max_changes = 3
  }

  assert {
    condition     = alltrue([for name in keys(portfolio.domains) : contains(live.domains[name].nameservers, "ns1.example.org")])
    error_message = "Some name stays behind."
  }
  assert {
    condition     = portfolio.domains["mail-example.com"].labels.owner == "mail" && portfolio.domains["mail-example.com"].critical
    error_message = "The table's row of mail-example.com does not count."
  }
}

run "now_nothing_moves_and_the_check_holds" {
  command = plan
  golden  = "testdata/plan.txt"
}
