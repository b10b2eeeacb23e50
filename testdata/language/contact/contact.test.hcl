account {
  at     = "2026-12-01T00:00:00Z"
  id     = "1406926474064770"
  emails = [{ address = "bob@example.com", verified = true }]

  domain "example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "each_field_is_what_the_service_has_afterwards" {
  command = apply

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
    } : live.domains["example.com"].contacts.registrant[field] == value])
    error_message = "The registrant is ${jsonencode(live.domains["example.com"].contacts.registrant)}."
  }
}
