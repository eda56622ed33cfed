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

variable "smtp" {
  description = "Mail server that Auth sends through. Its password is set outside Terraform. null: Supabase's own, which mails only members of the organisation."
  type        = object({ host = string, port = number, user = string, sender = string, sender_name = string })
  default     = null
}

variable "rate_limits" {
  description = "Mails per hour in total; per client address and five minutes sign-ins and sign-ups, checked codes, refreshed sessions."
  type        = object({ mails = number, sign_ins = number, codes = number, refreshes = number })
}

variable "captcha" {
  description = "CAPTCHA provider for sign-up, sign-in and password recovery; null for none. Its secret is set outside Terraform."
  type        = string
  default     = null
}

variable "kakao_client_id" {
  description = "REST API key of the Kakao app for sign-in with Kakao; null for none. Its secret is set outside Terraform."
  type        = string
  default     = null
}

variable "apple_client_ids" {
  description = "Bundle and service ids for sign-in with Apple; empty for none. The secret, which only web pages need, is set outside Terraform."
  type        = list(string)
  default     = []
}

variable "google_client_ids" {
  description = "OAuth client ids for sign-in with Google, that of web pages first; empty for none. The secret of the first is set outside Terraform."
  type        = list(string)
  default     = []
}
