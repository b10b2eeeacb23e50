domains "all" {
  names         = ["one-example.com", "two-example.com"]
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
}

hold "incident" {
  names      = ["one-example.com"]
  attributes = ["nameservers"]
  until      = "2026-12-03"
  reason     = "moved by hand"
}
