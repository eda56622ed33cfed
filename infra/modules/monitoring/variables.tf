variable "project_id" {
  description = "Project to monitor."
  type        = string
}

variable "released" {
  description = "Whether there are workloads. Without them only channels and log metrics exist, so that these are known when the alerts on them come."
  type        = bool
  default     = true
}

variable "settle_s" {
  description = "Seconds from the creation of a log metric to that of its alert. Google says up to ten minutes."
  type        = number
  default     = 600
}

variable "emails" {
  description = "Alert recipients."
  type        = list(string)
}

variable "rule_groups" {
  description = "Groups of Prometheus alerting rules, as in a rules file: name, rules (alert, expr, for, labels, annotations)."
  type        = any

  validation {
    condition     = alltrue(flatten([for group in var.rule_groups : [for rule in group.rules : can(rule.alert)]]))
    error_message = "Recording rules are not supported here; put their expression into the alert."
  }
}

variable "muted" {
  description = "Rules to leave out."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.muted, flatten([
      for group in var.rule_groups : [for rule in group.rules : try(rule.alert, "")]
    ]))) == 0
    error_message = "muted contains an unknown rule."
  }
}

variable "runbook_url" {
  description = "URL of the runbook; alerts link to its sections."
  type        = string
}

variable "uptime" {
  description = "Public functions by name: URL, and the status for a request without a token."
  type        = map(object({ uri = string, status = number }))
}

variable "slo" {
  description = "Objectives: share of calls without a server error; share of receipts processed within a number of seconds."
  type        = object({ api_success = number, receipt_within_s = number, receipt_goal = number })
}

variable "dashboards" {
  description = "Dashboards in Cloud Monitoring's format, by name."
  type        = map(string)
  default     = {}
}
