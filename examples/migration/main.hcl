guard {
  max_delegations = 10 # a migration of more names than these is refused
}

template "ours" {
  nameservers      = ["ns1.example.com", "ns2.example.com"]
  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true
}

domain "example.com" {
  template = template.ours
  hosts = {
    ns0 = [] # no longer
    ns1 = ["192.0.2.1", "2001:db8::1"]
    ns2 = ["192.0.2.2", "2001:db8::2"]
  }
}

domains "others" {
  names    = ["example.net", "example.org"]
  template = template.ours
}
