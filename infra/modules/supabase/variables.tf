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

variable "site_url" {
  description = "URL of the app, for links in mails."
  type        = string
}

variable "redirect_urls" {
  description = "Further URLs that a sign-in may redirect to."
  type        = list(string)
}
