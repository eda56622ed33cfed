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
  description = "Image, by digest. It listens on port 8080."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Pin the image by digest."
  }
}

variable "command" {
  description = "Command that replaces the image's own."
  type        = list(string)
  default     = null
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

variable "secret_versions" {
  description = "Secret versions to read, by secret. Default: the latest version at instance start."
  type        = map(string)
  default     = {}
}

variable "size" {
  description = "Size and number of instances. `always_on` allocates CPU between requests."
  type = object({
    cpu           = optional(number, 1)
    memory        = optional(string, "512Mi")
    concurrency   = optional(number, 20)
    min_instances = optional(number, 0)
    max_instances = optional(number, 1)
    cpu_boost     = optional(bool, true)
    always_on     = optional(bool, false)
  })
  default = {}
}

variable "probes" {
  description = "Probe paths (empty: no probe) and startup limit in seconds. Without `ready`, startup ends when the port is open."
  type = object({
    alive          = optional(string, "/healthz")
    ready          = optional(string, "/readyz")
    start_within_s = optional(number, 120)
  })
  default = {}
}

variable "timeout_s" {
  description = "Request timeout in seconds."
  type        = number
  default     = 60
}

variable "network" {
  description = "Network attachment. With `sealed` the service reaches only Google's APIs."
  type = object({
    network    = string
    subnetwork = string
    sealed     = optional(bool, true)
  })
}

variable "invokers" {
  description = "Invokers: IAM members, keyed by a name of your choice."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(values(var.invokers), ["allUsers", "allAuthenticatedUsers"])) == 0
    error_message = "A private service must not allow allUsers or allAuthenticatedUsers."
  }
}

variable "metrics_image" {
  description = "Image of the Managed Prometheus sidecar. null disables it."
  type        = string
  default     = null
}

variable "protect" {
  description = "Whether the service is protected against deletion."
  type        = bool
  default     = true
}
