domains "ours" {
  names = [
    "amber-example.com", "birch-example.com", "cedar-example.com",
    "delta-example.com", "ember-example.com",
  ]

  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
}
