template "north" {
  template    = template.company
  nameservers = var.ns_group
}

template "south" {
  template = template.company
  alidns   = true # delegated to Alibaba Cloud DNS
}

domain "example.com" {
  template = template.north
}

domains "north" {
  names    = ["example.net", "example.org"]
  template = template.north
}

domain "example.info" {
  template = template.south
}

domain "example.biz" {
  template    = template.north
  nameservers = null # delegated by somebody else
  privacy     = false
}
