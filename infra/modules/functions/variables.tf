variable "project_id" {
  description = "Project of the functions."
  type        = string
}

variable "region" {
  description = "Region of the functions."
  type        = string
}

variable "source_archive" {
  description = "Where the source is. The object is named by its content, so that another content is another object."
  type        = object({ bucket = string, object = string })
}

variable "repository" {
  description = "Repository that the build puts its images in: projects/…/repositories/…"
  type        = string
}

variable "network" {
  description = "Where they are attached; only calls to private addresses go through it."
  type        = object({ network = string, subnetwork = string })
}

variable "functions" {
  description = "Functions by name; the entry point is the name with underscores. `secrets` maps environment variables to secrets. `schedules` are cron, time of Seoul, a job each. `public` is for those that check their callers themselves."
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
    error_message = "A secret goes into `secrets`, not into the plain environment."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : !(function.public && length(function.schedules) > 0)])
    error_message = "What the scheduler calls is not public."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : function.concurrency == 1 || function.cpu >= 1])
    error_message = "More than one request at a time needs a whole CPU."
  }
}

variable "secret_versions" {
  description = "Versions of secrets to read, by secret; the latest at the time of an instance's start where none is given."
  type        = map(string)
  default     = {}
}
