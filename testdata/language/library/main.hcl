library {
  source = "common"
}

domain "example.com" {
  template = template.protected
}
