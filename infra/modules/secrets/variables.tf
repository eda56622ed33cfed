variable "names" {
  description = "Names of the secrets."
  type        = set(string)
}

variable "region" {
  description = "Region that stores the secrets."
  type        = string
}

variable "optional" {
  description = "Secrets of optional features, which may be deleted. The others are protected against deletion."
  type        = set(string)
  default     = []
}
