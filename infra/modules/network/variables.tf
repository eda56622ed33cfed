variable "region" {
  description = "Region of the subnet."
  type        = string
}

variable "cidr" {
  description = "Addresses of the subnet."
  type        = string
}
