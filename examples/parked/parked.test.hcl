account {
  live = "live.json"
}

run "the_plan_is_as_reviewed" {
  command = plan
  golden  = "testdata/plan.txt"
  service = true # asks the simulated service for what live.json does not tell
}

run "every_row_is_applied" {
  command = apply

  assert {
    condition = alltrue([
      for row in local.parked : contains(live.domains[row.name].nameservers, "ns1.${row.provider}.example.net")
    ])
    error_message = "Some name is not with the provider of its row."
  }
  assert {
    condition     = [for name, d in portfolio.domains : name if d.lapse != null] == [for row in local.parked : row.name if row.keep == "no"]
    error_message = "Other names are let go than the table says."
  }
}
