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
  description = "What it is for."
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
  description = "Command instead of the image's own."
  type        = list(string)
  default     = null
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

variable "secret_versions" {
  description = "Versions of secrets to read, by secret; the latest at the time of an instance's start where none is given."
  type        = map(string)
  default     = {}
}

variable "size" {
  description = "Size of one instance and how many there may be. `always_on` keeps the CPU between requests."
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
  description = "Paths of the probes, empty where there is none, and how long a start may take, seconds. Without `ready` a start is over when the port is open."
  type = object({
    alive          = optional(string, "/healthz")
    ready          = optional(string, "/readyz")
    start_within_s = optional(number, 120)
  })
  default = {}
}

variable "timeout_s" {
  description = "Longest request, seconds."
  type        = number
  default     = 60
}

variable "network" {
  description = "Where it is attached. `sealed`: it reaches Google's APIs and nothing else."
  type = object({
    network    = string
    subnetwork = string
    sealed     = optional(bool, true)
  })
}

variable "invokers" {
  description = "Who may call it: IAM members by a name of your choice."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(values(var.invokers), ["allUsers", "allAuthenticatedUsers"])) == 0
    error_message = "A private service is never open to everybody."
  }
}

variable "metrics_image" {
  description = "Image of the Managed Prometheus sidecar. Null runs none."
  type        = string
  default     = null
}

variable "protect" {
  description = "Whether deleting it is refused."
  type        = bool
  default     = true
}
