account {
  live = "live.json"
}

run "the_plan_is_as_reviewed" {
  command = plan
  golden  = "testdata/plan.md"
  service = true # asks the simulated service for what live.json does not tell
}

run "null_leaves_a_brand_alone" {
  command = plan

  assert {
    condition     = !contains([for c in plan.changes : c.domain if c.attribute == "nameservers"], "example.biz")
    error_message = "example.biz is to be delegated elsewhere, though its files say null."
  }
}

run "all_names_get_what_the_company_wants" {
  command = apply

  assert {
    condition     = alltrue([for d in live.domains : d.transfer_lock == "OPEN" && d.update_lock == "OPEN"])
    error_message = "Some name has an open lock."
  }
  assert {
    condition     = tolist(live.domains["example.org"].nameservers) == var.ns_group
    error_message = "example.org has other nameservers."
  }
}

run "other_nameservers_are_another_plan" {
  command = plan

  variables {
    ns_group = ["ns3.example.net", "ns4.example.net"]
  }

  assert {
    condition     = toset(plan.changes[*].domain) == toset(["example.com", "example.net", "example.org"])
    error_message = "Other names move: ${join(", ", plan.changes[*].domain)}."
  }
}
