variable "region" {
  description = "Region of the subnet."
  type        = string
}

variable "cidr" {
  description = "Address range of the subnet."
  type        = string
}
