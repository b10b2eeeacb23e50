# What a zone does not tell: how names are bought that the account lacks.

budget {
  amount = 16000
}

prices {
  gov = { register = 20 }
}

guard {
  max_delegations = 2000
}

template "gov" {
  registration = { registrant_profile = "Example Ltd" }
  ds_hold      = "0s" # nobody resolves these names; leave it at 48h where somebody does
}
