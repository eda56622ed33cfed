variable "project_id" {
  description = "Project that is watched."
  type        = string
}

variable "emails" {
  description = "Who is told."
  type        = list(string)
}

variable "rule_groups" {
  description = "Groups of Prometheus alerting rules, as in a rules file: name, rules (alert, expr, for, labels, annotations)."
  type        = any

  validation {
    condition     = alltrue(flatten([for group in var.rule_groups : [for rule in group.rules : can(rule.alert)]]))
    error_message = "Managed Prometheus evaluates no recording rules here; write their expression into the alert."
  }
}

variable "muted" {
  description = "Rules that are no alert policy here."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.muted, flatten([
      for group in var.rule_groups : [for rule in group.rules : try(rule.alert, "")]
    ]))) == 0
    error_message = "There is no such rule to mute."
  }
}

variable "runbook_url" {
  description = "Where the runbook is published; alerts link into it."
  type        = string
}

variable "uptime" {
  description = "Public functions by name: address, and the status that a caller without a token gets."
  type        = map(object({ uri = string, status = number }))
}

variable "slo" {
  description = "Goals: share of calls without a server error; share of receipts read within so many seconds."
  type        = object({ api_success = number, receipt_within_s = number, receipt_goal = number })
}
