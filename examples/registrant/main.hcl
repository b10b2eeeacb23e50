variable "most" {
  type    = number
  default = 200
}

guard {
  max_change_percent              = 100
  max_registrant_changes          = var.most
  registrant_transfer_prohibition = false
}

contact "buyer" {
  type               = "enterprise"
  organization       = "Example Holding Ltd"
  name               = "Bob Example"
  email              = "hostmaster@example.com" # verified in the account
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "2 Example Street"
  postal_code        = "N1 2BB"
  phone_country_code = "44"
  phone              = "2000000002"
}

domains "sold" {
  names            = [for n in range(200) : format("brand-%03d-example.com", n)]
  registrant       = contact.buyer
  update_lock      = true
  temporary_unlock = true
}
