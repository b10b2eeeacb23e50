refresh {
  max_age = "1h"
}

drift {
  delegation = "report"
  lock       = "report"
  unlock     = "report"
}

domain "moved-example.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domain "opened-example.com" {
  transfer_lock = true
}

domain "closed-example.com" {
  transfer_lock = false
}
