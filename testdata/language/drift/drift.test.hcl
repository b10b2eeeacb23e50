account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"

  domain "moved-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "opened-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "closed-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "seen-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "renewed-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "staffed-example.com" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }

  domain "sunrise.art" {
    expires       = "2028-06-01"
    nameservers   = ["ns1.old.example", "ns2.old.example"]
    transfer_lock = false
    update_lock   = false
  }
}

run "the_account_is_brought_to_the_files" {
  command = apply
}

run "what_somebody_else_changes_is_reported_and_stays" {
  command = apply
  nights  = 3

  meanwhile "seen-example.com" {
    privacy = true
  }

  meanwhile "renewed-example.com" {
    auto_renew = false
  }

  meanwhile "staffed-example.com" {
    contacts = {
      tech = {
        type = "enterprise", organization = "Other Ltd", name = "Bob Example", email = "bob@example.net", country = "GB", province = "London",
        city = "London", address = "2 Example Street", postal_code = "N1 1AA", phone_country_code = "44", phone = "2000000002"
      }
    }
  }

  meanwhile "sunrise.art" {
    art = { title = "Sunset" }
  }

  faults = {
    rules = [
      { kind = "registry", operation = "QueryDomainList", count = 1, event = "redelegated", names = ["moved-example.com"], nameservers = ["ns1.other.example", "ns2.other.example"] },
      { kind = "registry", operation = "QueryDomainList", count = 1, event = "transfer_unlocked", names = ["opened-example.com"] },
      { kind = "registry", operation = "QueryDomainList", count = 1, event = "transfer_locked", names = ["closed-example.com"] },
    ]
  }

  assert {
    condition     = { for c in plan.changes : c.domain => c.status if c.origin == "drift" } == { for name in keys(portfolio.domains) : name => "held" }
    error_message = "Changes: ${jsonencode(plan.changes)}."
  }
}
