variable "project_id" {
  description = "Project of the functions."
  type        = string
}

variable "region" {
  description = "Region of the functions."
  type        = string
}

variable "source_archive" {
  description = "Source archive. The object is named by its content, so a change of content triggers a new build."
  type        = object({ bucket = string, object = string })
}

variable "repository" {
  description = "Repository for the functions' images: projects/…/repositories/…"
  type        = string
}

variable "build_account" {
  description = "Id of the service account that builds the functions: projects/…/serviceAccounts/…"
  type        = string
}

variable "network" {
  description = "Network attachment, used for calls to private addresses only."
  type        = object({ network = string, subnetwork = string })
}

variable "functions" {
  description = "Functions by name; the entry point is the name with underscores. `secrets` maps environment variables to secrets. `schedules` are cron expressions in Seoul time, one job each. Set `public` only for functions that authenticate their callers."
  type = map(object({
    description   = string
    public        = optional(bool, false)
    schedules     = optional(list(string), [])
    environment   = optional(map(string), {})
    secrets       = optional(map(string), {})
    cpu           = optional(number, 1)
    memory        = optional(string, "512Mi")
    concurrency   = optional(number, 8)
    min_instances = optional(number, 0)
    max_instances = optional(number, 5)
    timeout_s     = optional(number, 60)
  }))

  validation {
    condition = alltrue(flatten([
      for function in values(var.functions) : [
        for name in keys(function.environment) :
        can(regex("PUBLI(C|SHABLE)_KEY$", name)) || !can(regex("SECRET|PASSWORD|TOKEN|KEY|DATABASE|STORE_URI", name))
      ]
    ]))
    error_message = "Put secrets into `secrets`, not into `environment`."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : !(function.public && length(function.schedules) > 0)])
    error_message = "A scheduled function must not be public."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : function.concurrency == 1 || function.cpu >= 1])
    error_message = "A concurrency above 1 needs at least 1 CPU."
  }
}

variable "secret_versions" {
  description = "Secret versions to read, by secret. Default: the latest version at instance start."
  type        = map(string)
  default     = {}
}
