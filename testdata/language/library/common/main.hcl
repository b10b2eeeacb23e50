template "protected" {
  transfer_lock = true
}
