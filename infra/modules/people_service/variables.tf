variable "project_id" {
  description = "Project of the service."
  type        = string
}

variable "region" {
  description = "Region of the service."
  type        = string
}

variable "name" {
  description = "Name of the service and of its service account."
  type        = string
}

variable "description" {
  description = "Purpose of the service."
  type        = string
}

variable "image" {
  description = "Image, by digest. It listens on port 8080 and answers /health."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Pin the image by digest."
  }
}

variable "people" {
  description = "Who may open it: IAM members, such as user:ann@example.com or group:models@example.com."
  type        = set(string)

  validation {
    condition     = length(var.people) > 0
    error_message = "Name at least one person or group."
  }

  validation {
    condition     = alltrue([for member in var.people : can(regex("^(user|group|domain|principal|principalSet):", member))])
    error_message = "Only people may pass: user:, group:, domain:, principal: or principalSet:. Never allUsers or allAuthenticatedUsers."
  }
}

variable "environment" {
  description = "Environment variables that are not secret. {url} is replaced by the service's own URL."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : !can(regex("SECRET|PASSWORD|TOKEN|KEY|DATABASE|STORE_URI", name))])
    error_message = "Put secrets into `secrets`, not into `environment`."
  }
}

variable "secrets" {
  description = "Secrets, by the environment variable that receives them."
  type        = map(string)
  default     = {}
}

variable "secret_versions" {
  description = "Secret versions to read, by secret. Default: the latest version at instance start."
  type        = map(string)
  default     = {}
}

variable "memory" {
  description = "Memory of the instance, of which there is at most one."
  type        = string
  default     = "2Gi"
}

variable "network" {
  description = "Network attachment, used for calls to private addresses only."
  type        = object({ network = string, subnetwork = string })
}
