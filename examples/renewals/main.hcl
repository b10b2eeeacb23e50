budget {
  amount   = 35
  currency = "USD"
  per      = "month"
}

prices {
  com = { renew = 11 }
}

domains "kept" {
  names = [
    "amber-example.com", "birch-example.com", "cedar-example.com",
    "delta-example.com", "ember-example.com",
  ]
  renewal = { min_days_left = 455, years = 1, max_price = 15 }
}

domain "fjord-example.com" {
  lapse = "the campaign is over"
}
