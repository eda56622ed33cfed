variable "region" {
  description = "Region of the job."
  type        = string
}

variable "name" {
  description = "Name of the job and of its service account."
  type        = string
}

variable "description" {
  description = "Purpose of the job."
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
  description = "Command that the container runs."
  type        = list(string)
}

variable "environment" {
  description = "Environment variables that are not secret."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name in keys(var.environment) :
      can(regex("PUBLI(C|SHABLE)_KEY$", name)) || !can(regex("SECRET|PASSWORD|TOKEN|KEY|DATABASE|STORE_URI", name))
    ])
    error_message = "Put secrets into `secrets`, not into `environment`."
  }
}

variable "secrets" {
  description = "Secrets, by the environment variable that receives them."
  type        = map(string)
  default     = {}
}

variable "size" {
  description = "Size of the job, and its timeout in seconds."
  type        = object({ cpu = number, memory = string, timeout_s = number })
}

variable "schedule" {
  description = "Schedule: cron, Seoul time. Null: the job is started by hand."
  type        = string
  default     = null
}

variable "retries" {
  description = "How often a task that failed is started again."
  type        = number
  default     = 1
}

variable "paused" {
  description = "Whether the schedule is paused. The job can still be started by hand."
  type        = bool
  default     = false
}

variable "network" {
  description = "Network attachment, used for calls to private addresses only."
  type        = object({ network = string, subnetwork = string })
}
