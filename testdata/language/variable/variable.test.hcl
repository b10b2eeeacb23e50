account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

variables {
  owner = "the web team"
}

run "the_default_is_what_nobody_gives" {
  command = plan

  assert {
    condition     = [for c in plan.changes : c.attribute] == ["nameservers"]
    error_message = "Changes: ${join(", ", plan.changes[*].attribute)}."
  }
}

run "null_stands_for_the_default_where_it_is_not_nullable" {
  command = plan

  variables {
    wave = null
  }

  assert {
    condition     = var.wave == 0
    error_message = "The wave is another one."
  }
}

run "a_value_of_another_type_is_a_mistake" {
  command      = plan
  expect_error = "servers"

  variables {
    servers = "ns1.example.net"
  }
}

run "a_value_that_is_not_valid_is_a_mistake" {
  command      = plan
  expect_error = "There are three waves"

  variables {
    wave = 4
  }
}
