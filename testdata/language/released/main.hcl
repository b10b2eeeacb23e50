domain "example.com" {}

released "sold" {
  names  = ["gone-example.com"]
  reason = "sold to Example Ltd"
}
