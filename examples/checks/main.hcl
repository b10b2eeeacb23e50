variable "table" {
  type    = string
  default = "portfolio.csv"
}

locals {
  portfolio = csvdecode(file(var.table))
}

variable "max_changes" {
  type    = number
  default = 2
}

template "corp" {
  transfer_lock = true
  nameservers   = ["ns1.example.org", "ns2.example.org"]
}

domains "corp" {
  names    = local.portfolio
  template = template.corp
  critical = each.value.critical
  labels = {
    owner       = each.value.owner
    cost_centre = each.value.cost_centre
  }
}

check "every name has an owner" {
  assert {
    names         = [for name, d in portfolio.domains : name if lookup(d.labels, "owner", "") == ""]
    error_message = "has no owner: fill in the column of ${var.table}"
  }
}

check "critical names are locked" {
  assert {
    names         = [for name, d in portfolio.domains : name if d.critical && d.transfer_lock != true]
    error_message = "is critical and not locked against transfers"
  }
}

check "few names move at once" {
  assert {
    condition     = length([for c in plan.changes : c if c.attribute == "nameservers"]) <= var.max_changes
    error_message = "More than ${var.max_changes} names move: ${join(", ", [for c in plan.changes : c.domain if c.attribute == "nameservers"])}."
  }
}

check "every name of the account is somebody's" {
  severity = "warning"
  assert {
    names         = [for name, d in live.domains : name if lookup(portfolio.domains, name, null) == null]
    error_message = "is in the account, and in no row of portfolio.csv"
  }
}
