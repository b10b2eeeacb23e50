budget {
  amount   = 70
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
  renewal = { min_days_left = 460, years = 2, max_price = 30 }
}

domain "fjord-example.com" {
  lapse = "the campaign is over"
}
