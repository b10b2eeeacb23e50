account {
  emails = ["bob@example.com"]
}

registrant_profile "new" {
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
  registries         = "cnnic"
  default            = true
}

registrant_profile "renamed" {
  id   = 11
  name = "Eve Example"
}

registrant_profile "old" {
  id     = 12
  delete = true
}
