# What a person has to see to: the account has no money, and a registry refuses. A name
# that the files let end is no such thing.
account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "amber-example.com" {
    expires = "2027-01-05"
  }
  domain "birch-example.com" {
    expires = "2027-03-01"
  }
  domain "cedar-example.com" {
    expires = "2027-04-01"
  }
  domain "delta-example.com" {
    expires = "2029-05-01"
  }
  domain "ember-example.com" {
    expires = "2029-06-01"
  }
  domain "fjord-example.com" {
    expires = "2026-12-10"
  }
}

run "without_money_nothing_is_bought" {
  command      = apply
  expect_error = "InsufficientBalance"
  market       = { balance = 20 }

  assert {
    condition     = report.exit_code == 4 && simulator.spent == 0
    error_message = "The run ended with ${report.exit_code}, and ${simulator.spent} USD are spent."
  }
}

run "a_registry_refuses_one_name_and_the_others_are_renewed" {
  command      = apply
  expect_error = "amber-example.com.*the registry says no"
  market       = {}

  faults = {
    rules = [{ kind = "fail", operation = "SaveBatchTaskForCreatingOrderRenew", names = ["amber-example.com"], message = "the registry says no" }]
  }

  assert {
    condition     = simulator.purchases[*].domain == ["birch-example.com", "cedar-example.com"]
    error_message = "${join(", ", simulator.purchases[*].domain)} are renewed."
  }
}

run "its_order_is_made_anew_when_the_registry_takes_it" {
  command = apply
  faults  = {}

  assert {
    condition     = simulator.spent == 3 * 22 && live.domains["amber-example.com"].expires == "2029-01-05T00:00:00Z"
    error_message = "${simulator.spent} USD are spent."
  }
}

run "a_name_that_may_end_ends_and_makes_no_night_red" {
  command = apply
  nights  = 80

  assert {
    condition     = !contains(keys(live.domains), "fjord-example.com") && simulator.spent == 3 * 22
    error_message = "The name is still there, or something was bought: ${simulator.spent} USD."
  }
}
