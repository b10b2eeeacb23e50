locals {
  servers = ["ns1.example.net", "ns2.example.net"]
}

domain "example.com" {
  nameservers = local.servers
}
