variable "delegations" {
  type    = number
  default = 5
}

variable "stop_all" {
  type    = bool
  default = true
}

guard {
  max_change_percent              = 60
  max_delegations                 = var.delegations
  max_registrant_changes          = 2
  registrant_transfer_prohibition = true
  max_released                    = 3
  max_failures                    = 1
  stop_all                        = var.stop_all
}

budget {
  amount = 100
}

prices {
  com = { renew = 11 }
}

domains "moved" {
  names       = [for l in ["a", "b", "c", "d", "e"] : "${l}-example.com"]
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domains "others" {
  names = [for l in ["f", "g", "h", "i"] : "${l}-example.com"]
}

domain "j-example.com" {
  renewal    = { min_days_left = 1000 }
  registrant = { organization = "Example Holding Ltd", name = "Bob Example", email = "bob@example.com" }
}
