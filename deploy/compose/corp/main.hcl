template "ours" {
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
}

domain "example.com" {
  template = template.ours
}

domain "example.org" {
  template = template.ours
}
