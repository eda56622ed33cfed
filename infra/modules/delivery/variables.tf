variable "project_id" {
  description = "Project that may be deployed to."
  type        = string
}

variable "repository_id" {
  description = "Number of the repository on GitHub."
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
  description = "Bucket that function archives are uploaded to."
  type        = string
}

variable "repository_of_images" {
  description = "Image repository: projects/…/repositories/…"
  type        = string
}
