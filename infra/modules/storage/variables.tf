variable "project_id" {
  description = "Prefix of bucket names, which are globally unique."
  type        = string
}

variable "region" {
  description = "Region of buckets and images."
  type        = string
}

variable "buckets" {
  description = "Buckets by purpose. A noncurrent version is deleted when it is older than `keep_days` and has `keep_versions` newer versions."
  type = map(object({
    keep_days     = optional(number, 90)
    keep_versions = optional(number, 10)
  }))
}

variable "keep_images" {
  description = "Number of recent versions of each image to keep."
  type        = number
  default     = 20
}
