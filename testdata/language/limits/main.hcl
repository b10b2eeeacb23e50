limits {
  default_qps = 2
  qps         = { QueryDomainByDomainName = 1 }
  batch_size  = 1
}

domains "all" {
  names         = ["one-example.com", "two-example.com", "six-example.com"]
  transfer_lock = true
}
