library {
  source = "../common"
}

# Of an account of one's own, its number and the profile of its credentials:
# account {
#   id      = "1406926474064770"
#   profile = "corp"
# }

domains "corp" {
  names    = ["example.com", "example.net"]
  template = template.company
  labels   = { owner = "web" }
}
