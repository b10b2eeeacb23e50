variable "most" {
  type    = number
  default = 2
}

domains "all" {
  names         = ["one-example.com", "two-example.com"]
  transfer_lock = true
}

check "few names change" {
  assert {
    condition     = length(plan.changes) <= var.most
    error_message = "${length(plan.changes)} names change."
  }
}

check "every name has an owner" {
  severity = "warning"
  assert {
    names         = [for name, d in portfolio.domains : name if lookup(d.labels, "owner", "") == ""]
    error_message = "has no owner"
  }
}
