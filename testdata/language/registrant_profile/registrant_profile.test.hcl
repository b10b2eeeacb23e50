account {
  at     = "2026-12-01T00:00:00Z"
  id     = "1406926474064770"
  emails = [{ address = "bob@example.com", verified = true }, { address = "ada@example.com", verified = true }]

  profiles = [for id in [11, 12] : {
    id        = id
    kind      = "common"
    real_name = "SUCCEED"
    contact = {
      type = "enterprise", organization = "Example Ltd", name = "Ada Example", email = "ada@example.com", country = "GB", province = "London",
      city = "London", address = "1 Example Street", postal_code = "N1 1AA", phone_country_code = "44", phone = "2000000001"
    }
  }]
}

run "the_plan_is_as_reviewed" {
  command = plan
  golden  = "testdata/plan.json"
  service = true
}

run "an_apply_makes_changes_and_deletes_profiles" {
  command = apply

  assert {
    condition     = toset(live.profiles[*].contact.name) == toset(["Bob Example", "Eve Example"]) && !contains(live.profiles[*].id, 12)
    error_message = "There are ${join(", ", live.profiles[*].contact.name)}."
  }
  assert {
    condition = alltrue([for field, value in {
      type               = "2"
      organization       = "Example Holding Ltd"
      name               = "Bob Example"
      email              = "bob@example.com"
      country            = "IE"
      province           = "Leinster"
      city               = "Dublin"
      address            = "2 Example Street"
      postal_code        = "D02"
      phone_country_code = "353"
      phone              = "1000000002"
      phone_extension    = "7"
    } : [for p in live.profiles : p.contact if p.default][0][field] == value])
    error_message = "The default is another profile, or has other fields: ${jsonencode(live.profiles)}."
  }
  assert {
    condition     = [for p in live.profiles : p.kind if p.default] == ["cnnic"]
    error_message = "The new profile is for other registries."
  }
}
