library {
  source = "../common"
}

domain "example.org" {
  template      = template.company
  transfer_lock = null # its registry has no such lock
  labels        = { owner = "marketing" }
}
