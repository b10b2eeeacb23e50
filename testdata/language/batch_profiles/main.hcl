limits {
  batch_profiles = true
}

registrant_profile "legal" {
  id   = 3600001
  city = "Leeds"
}

domains "all" {
  names = ["one-example.com", "two-example.com"]
  tech  = registrant_profile.legal
}
