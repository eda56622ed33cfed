variable "names" {
  description = "Names of the secrets."
  type        = set(string)
}

variable "region" {
  description = "The one region that keeps them."
  type        = string
}

variable "protect" {
  description = "Whether deleting one is refused."
  type        = bool
  default     = true
}
