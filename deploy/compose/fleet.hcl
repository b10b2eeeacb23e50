job "corp" {
  dir      = "corp"
  schedule = "@every 1m"
  approve  = ["none", "lock"]
}

# It says what would be changed, and changes nothing.
job "corp-drift" {
  dir      = "corp"
  schedule = "@every 5m"
  action   = "plan"
}
