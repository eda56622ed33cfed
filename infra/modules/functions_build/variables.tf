variable "project_id" {
  description = "Project of the functions."
  type        = string
}

variable "sources_bucket" {
  description = "Bucket with the functions' source archives."
  type        = string
}

variable "repository" {
  description = "Repository for the functions' images: projects/…/repositories/…"
  type        = string
}
