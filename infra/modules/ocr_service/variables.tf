variable "project_id" {
  description = "Project of the service."
  type        = string
}

variable "region" {
  description = "Region of the service."
  type        = string
}

variable "image" {
  description = "Image, by digest."
  type        = string
}

variable "size" {
  description = "Size and number of instances. Each reads one photo at a time on all its CPUs and queues `concurrency` - 1 more."
  type = object({
    cpu           = number
    memory        = string
    concurrency   = number
    min_instances = number
    max_instances = number
    cpu_boost     = bool
    always_on     = bool
  })
}

variable "network" {
  description = "Network attachment."
  type        = object({ network = string, subnetwork = string })
}

variable "callers" {
  description = "Invokers: IAM members, keyed by a name of your choice."
  type        = map(string)
}

variable "release_uri" {
  description = "Store of model releases: gs://BUCKET/FOLDER."
  type        = string
}

variable "models_bucket" {
  description = "Bucket of that store; the service gets read access."
  type        = string
}

variable "release_public_key" {
  description = "Ed25519 public keys, PEM. Empty: unsigned releases are accepted."
  type        = string
  default     = ""
}

variable "metrics_image" {
  description = "Image of the Managed Prometheus sidecar. null disables it."
  type        = string
  default     = null
}

variable "traces" {
  description = "Environment variables of tracing."
  type        = map(string)
  default     = {}
}
