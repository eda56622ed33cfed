variable "region" {
  description = "Region of the job."
  type        = string
}

variable "name" {
  description = "Name of the job and of its service account."
  type        = string
}

variable "description" {
  description = "What it does."
  type        = string
}

variable "image" {
  description = "Image, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Pin the image by digest."
  }
}

variable "command" {
  description = "Command."
  type        = list(string)
}

variable "environment" {
  description = "Plain settings."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name in keys(var.environment) :
      can(regex("PUBLI(C|SHABLE)_KEY$", name)) || !can(regex("SECRET|PASSWORD|TOKEN|KEY|DATABASE|STORE_URI", name))
    ])
    error_message = "A secret goes into `secrets`, not into the plain environment."
  }
}

variable "secrets" {
  description = "Environment variables and the names of the secrets they are filled from."
  type        = map(string)
  default     = {}
}

variable "size" {
  description = "Size of the job and its longest run, seconds."
  type        = object({ cpu = number, memory = string, timeout_s = number })
}

variable "schedule" {
  description = "When it starts: cron, time of Seoul."
  type        = string
}

variable "paused" {
  description = "Whether the schedule rests; the job can still be run by hand."
  type        = bool
  default     = false
}

variable "network" {
  description = "Where it is attached; only calls to private addresses go through it."
  type        = object({ network = string, subnetwork = string })
}
