guard {
  max_change_percent = 50
  max_released       = 0 # a name that leaves the files is refused
}
