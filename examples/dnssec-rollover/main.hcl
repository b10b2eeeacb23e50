variable "hold" {
  type        = string
  default     = "48h"
  description = "how long a new DS record must be live before an old one goes"
}

domain "example.com" {
  update_lock      = true
  temporary_unlock = true
  ds_hold          = var.hold

  # A key does as well as its digest:
  # { flags = 257, protocol = 3, algorithm = 13, public_key = "…" }
  ds_records = [
    { key_tag = 60485, algorithm = 13, digest_type = 2, digest = "B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2" },
  ]
}
