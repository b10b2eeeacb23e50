variable "servers" {
  type        = list(string)
  default     = ["ns1.example.net", "ns2.example.net"]
  description = "the nameservers of all names"
}

variable "wave" {
  type     = number
  default  = 0
  nullable = false

  validation {
    condition     = var.wave <= 3
    error_message = "There are three waves."
  }
}

domain "example.com" {
  nameservers   = var.servers
  transfer_lock = var.wave > 0
}

variable "owner" {
  description = "who answers for the names"
}
