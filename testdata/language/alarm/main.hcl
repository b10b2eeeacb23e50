alarm {
  expiry_days = 60
  page_days   = 20
}

domains "all" {
  names         = ["one-example.com", "two-example.com"]
  transfer_lock = true
}
