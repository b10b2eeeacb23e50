refresh {
  page_size = 1
  max_age   = "1h"
}

domains "all" {
  names         = ["one-example.com", "two-example.com", "six-example.com"]
  transfer_lock = true
}
