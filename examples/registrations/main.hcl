budget {
  amount = 60
}

prices {
  com = { register = 10.5, renew = 11 }
}

template "new" {
  registration  = { years = 1, registrant_profile = "Example Ltd", max_price = 15 }
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
  renewal       = { min_days_left = 60 }
}

domain "example.com" {
  transfer_lock = true
}

domains "campaign" {
  names    = ["campaign-example.com", "launch-example.com", "teaser-example.com"]
  template = template.new
}
