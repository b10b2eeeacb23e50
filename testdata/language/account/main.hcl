variable "id" {
  type    = string
  default = "1406926474064770"
}

variable "unmanaged" {
  type    = string
  default = "ignore"
}

account {
  id        = var.id
  unmanaged = var.unmanaged
  emails    = ["ada@example.com", { address = "old@example.com", delete = true }]
}

domain "example.com" {}
