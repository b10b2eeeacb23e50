account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "amber-example.com" {
    expires = "2027-02-01"
  }
  domain "birch-example.com" {
    expires = "2027-03-01"
  }
  domain "cedar-example.com" {
    expires = "2027-04-01"
  }
  domain "delta-example.com" {
    expires = "2027-05-01"
  }
  domain "ember-example.com" {
    expires = "2027-06-01"
  }
  domain "fjord-example.com" {
    expires = "2028-12-31"
  }
}

run "three_renewals_fit_into_the_month" {
  command = plan
  golden  = "testdata/plan.txt"

  assert {
    condition = [for c in plan.changes : c.domain if c.attribute == "renewal" && c.status == "ready"] == [
      "amber-example.com", "birch-example.com", "cedar-example.com"
    ]
    error_message = "Others are renewed than those that expire first."
  }
}

run "one_apply_stays_within_the_month" {
  command = apply

  assert {
    condition     = simulator.spent <= 70 && length(simulator.purchases) == 3
    error_message = "${length(simulator.purchases)} orders cost ${simulator.spent} USD."
  }
}

run "in_a_year_of_nights_all_are_kept_and_nothing_is_bought_twice" {
  command = apply
  nights  = 365

  assert {
    condition     = length([for p in simulator.purchases : p if p.count == 1 && p.years == 2]) == 7 && simulator.spent == 7 * 22
    error_message = "${length(simulator.purchases)} orders cost ${simulator.spent} USD."
  }
  assert {
    condition     = alltrue([for month, spent in simulator.spent_by_month : spent <= 70])
    error_message = "A month cost more than its budget: ${jsonencode(simulator.spent_by_month)}"
  }
  assert {
    condition     = alltrue([for name, d in live.domains : tonumber(substr(d.expires, 0, 4)) >= 2028])
    error_message = "Some name has less than a year left."
  }
  assert {
    condition     = !contains(simulator.purchases[*].domain, "fjord-example.com")
    error_message = "The name was renewed that is let go."
  }
}
