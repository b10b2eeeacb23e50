domain "example.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]

  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true # may be opened for a change, and is closed again
}
