# Notification channels, and alert policies generated from the Prometheus rules of infra/monitoring.

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.emails)

  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
}

locals {
  channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  seconds  = { s = 1, m = 60, h = 3600, d = 86400 }

  rules = merge([
    for group in var.rule_groups : {
      for rule in group.rules : rule.alert => {
        group    = group.name
        query    = trimspace(rule.expr)
        labels   = try(rule.labels, {})
        duration = try(tonumber(regex("^\\d+", rule.for)) * local.seconds[regex("[smhd]$", rule.for)], 0)
        # Cloud Monitoring does not fill Prometheus templates; it shows the value beside the text.
        summary = replace(try(rule.annotations.summary, rule.alert), "/{{[^}]*}}/", "…")
        detail  = replace(try(rule.annotations.description, ""), "/{{[^}]*}}/", "…")
        runbook = try(rule.annotations.runbook_url, rule.annotations.runbook, "")
      } if can(rule.alert) && !contains(var.muted, try(rule.alert, ""))
    }
  ]...)
}

resource "google_monitoring_alert_policy" "rule" {
  for_each = var.released ? local.rules : {}

  display_name          = each.key
  combiner              = "OR"
  severity              = try(each.value.labels.severity, "") == "critical" ? "CRITICAL" : "WARNING"
  notification_channels = local.channels

  alert_strategy {
    auto_close           = local.auto_close
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    subject   = each.value.summary
    content   = join("\n\n", compact([each.value.summary, each.value.detail, each.value.runbook == "" ? "" : "${var.runbook_url}${each.value.runbook}"]))
    mime_type = "text/markdown"
  }

  conditions {
    display_name = each.value.summary

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = "${each.value.duration}s"
      evaluation_interval = "60s"
      rule_group          = each.value.group
      alert_rule          = each.key
      labels              = each.value.labels

      # A metric exists only after its first sample, and the policy must be created before.
      disable_metric_validation = true
    }
  }
}
