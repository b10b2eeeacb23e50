guard {
  max_registrant_changes          = 1
  registrant_transfer_prohibition = false
}

contact "buyer" {
  type               = "enterprise"
  organization       = "Example Holding Ltd"
  name               = "Bob Example"
  email              = "bob@example.com"
  country            = "IE"
  province           = "Leinster"
  city               = "Dublin"
  address            = "2 Example Street"
  postal_code        = "D02"
  phone_country_code = "353"
  phone              = "1000000002"
  phone_extension    = "7"
}

domain "example.com" {
  registrant = contact.buyer
}
