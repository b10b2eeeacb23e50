# What the changes of the other file need.

contact "legal" {
  type               = "enterprise"
  organization       = "Example Holding Ltd"
  name               = "Bob Example"
  email              = "hostmaster@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "2 Example Street"
  postal_code        = "N1 2BB"
  phone_country_code = "44"
  phone              = "2000000002"
}

guard {
  max_change_percent              = 100
  max_registrant_changes          = 1
  registrant_transfer_prohibition = false
}

budget {
  amount = 200
}

prices {
  com = { register = 10.5, renew = 11, redeem = 90 }
}
