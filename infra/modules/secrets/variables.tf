variable "names" {
  description = "Names of the secrets."
  type        = set(string)
}

variable "region" {
  description = "The one region that keeps them."
  type        = string
}

variable "optional" {
  description = "Those that may be deleted again, because what reads them is an option. Deleting another one is refused."
  type        = set(string)
  default     = []
}
