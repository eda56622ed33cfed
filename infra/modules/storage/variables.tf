variable "project_id" {
  description = "Prefix of bucket names, which are shared by the whole world."
  type        = string
}

variable "region" {
  description = "Region of buckets and images."
  type        = string
}

variable "buckets" {
  description = "Buckets by purpose. A replaced object goes when it is older than `keep_days` and `keep_versions` newer ones exist."
  type = map(object({
    keep_days     = optional(number, 90)
    keep_versions = optional(number, 10)
  }))
}

variable "keep_images" {
  description = "Newest versions of each image that clean-up leaves alone."
  type        = number
  default     = 20
}
