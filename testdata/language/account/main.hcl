variable "id" {
  type    = string
  default = "1406926474064770"
}

variable "unmanaged" {
  type    = string
  default = "ignore"
}

account {
  id           = var.id
  endpoint     = "https://domain.aliyuncs.com"
  profile      = "domains"
  absent_lists = "none"
  unmanaged    = var.unmanaged
  emails       = ["ada@example.com", { address = "old@example.com", delete = true }]
}

domain "example.com" {}
