account {
  at = "2026-12-01T00:00:00Z"

  domain "example.org" {
    nameservers   = ["ns1.example.org", "ns2.example.org"]
    transfer_lock = false
    update_lock   = false
  }
}

run "the_brand_has_its_own_operator_and_no_transfer_lock" {
  command = apply

  assert {
    condition     = contains(live.domains["example.org"].nameservers, "ns1.south.example.info") && live.domains["example.org"].transfer_lock == "CLOSE"
    error_message = "example.org: ${jsonencode(live.domains["example.org"].nameservers)}, transfer lock ${live.domains["example.org"].transfer_lock}."
  }
  assert {
    condition     = live.domains["example.org"].contacts.tech.email == "hostmaster@example.com"
    error_message = "The contact of the library is not there."
  }
}
