variable "organization_id" {
  description = "Slug of the organisation."
  type        = string
}

variable "name" {
  description = "Name of the project."
  type        = string
}

variable "region" {
  description = "Supabase region; ap-northeast-2 is Seoul."
  type        = string
}

variable "instance_size" {
  description = "Compute size of the database."
  type        = string
}

variable "initial_password" {
  description = "Database password at creation, replaced outside right afterwards."
  type        = string
  sensitive   = true
}

variable "site_url" {
  description = "Address of the app, for links in mails."
  type        = string
}

variable "redirect_urls" {
  description = "Further addresses that a sign-in may return to."
  type        = list(string)
}
