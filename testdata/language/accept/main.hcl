domain "example.com" {
  temporary_unlock = true
}

accept "no_lock_yet" {
  warning = "temporary_unlock without update_lock"
  names   = ["example.com"]
  reason  = "the lock comes later"
}
