variable "project_id" {
  description = "Project to deploy to."
  type        = string
}

variable "repository_id" {
  description = "Numeric id of the GitHub repository."
  type        = string
}

variable "deploy_environment" {
  description = "GitHub environment whose jobs on main may apply."
  type        = string
}

variable "state_bucket" {
  description = "Bucket of the Terraform state."
  type        = string
}

variable "sources_bucket" {
  description = "Bucket for the functions' archives."
  type        = string
}

variable "repository_of_images" {
  description = "Image repository: projects/…/repositories/…"
  type        = string
}

variable "promoters" {
  description = "IAM members of other environments that promote releases from here, keyed by a name."
  type        = map(string)
  default     = {}
}
