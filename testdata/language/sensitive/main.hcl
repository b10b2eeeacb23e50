variable "key" {
  type      = string
  default   = "example"
  sensitive = true
}

domain "example.com" {
  nameservers = ["ns1.${var.key}.net", "ns2.${var.key}.net"]
}
