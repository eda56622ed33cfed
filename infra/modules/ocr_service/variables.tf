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
  description = "Size of one instance and how many there may be. Each reads one photo at a time on all its CPUs, and has `concurrency` - 1 more waiting."
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
  description = "Where it is attached."
  type        = object({ network = string, subnetwork = string })
}

variable "callers" {
  description = "Who may call it: IAM members by a name of your choice."
  type        = map(string)
}

variable "release_uri" {
  description = "Where released models are followed: gs://BUCKET/FOLDER."
  type        = string
}

variable "models_bucket" {
  description = "The bucket of that, which it may read."
  type        = string
}

variable "release_public_key" {
  description = "Ed25519 public keys, PEM. Empty: releases need no signature."
  type        = string
  default     = ""
}

variable "metrics_image" {
  description = "Image of the Managed Prometheus sidecar. Null runs none."
  type        = string
  default     = null
}
