budget {
  amount        = 120
  currency      = "CNY"
  per           = "run"
  per_month_max = 200
}

prices {
  com = { renew = 70 }
}

domains "all" {
  names   = ["one-example.com", "two-example.com", "six-example.com"]
  renewal = { min_days_left = 60 }
}
