# Service level objectives, with alerts on the burn rate of their error budgets.

locals {
  requests = "resource.type=\"cloud_run_revision\" metric.type=\"run.googleapis.com/request_count\" resource.labels.service_name=one_of(${join(",", [for name in sort(keys(var.uptime)) : "\"${name}\""])})"

  slos = {
    api-success     = google_monitoring_slo.api_success.name
    receipt-latency = google_monitoring_slo.receipt_latency.name
  }

  # Google's SRE workbook, chapter 5: 2 % of a month's error budget in one hour, 5 % in six.
  burning = merge([
    for slo, name in local.slos : {
      "${slo} in an hour"   = { slo = name, window = "3600s", factor = 14.4, severity = "CRITICAL" }
      "${slo} in six hours" = { slo = name, window = "21600s", factor = 6, severity = "WARNING" }
    }
  ]...)
}

resource "google_monitoring_custom_service" "this" {
  service_id   = "jangbogi"
  display_name = "Jangbogi"
}

resource "google_monitoring_slo" "api_success" {
  service             = google_monitoring_custom_service.this.service_id
  slo_id              = "api-success"
  display_name        = "App calls without a server error"
  goal                = var.slo.api_success
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      good_service_filter  = "${local.requests} metric.labels.response_code_class!=\"5xx\""
      total_service_filter = local.requests
    }
  }
}

# The function that completes a receipt logs how long its user has waited since the upload or their own retry,
# all attempts included (functions/receipts/process.py).
# One bucket bound equals the objective, so that the share within it is exact.
resource "google_logging_metric" "receipt_waits" {
  name        = "jangbogi/receipt_waits"
  description = "Seconds from upload to items of processed receipts"

  filter = trimspace(<<-EOT
    resource.type="cloud_run_revision"
    resource.labels.service_name=("receipt-uploaded" OR "receipt-sweep")
    jsonPayload.message="receipt processed"
    jsonPayload.outcome="done"
  EOT
  )
  value_extractor = "EXTRACT(jsonPayload.waited_s)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "s"
  }

  bucket_options {
    explicit_buckets {
      bounds = [
        for bound in sort([
          for bound in distinct([1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 300, 600, 3600, 86400, var.slo.receipt_within_s]) : format("%08.2f", bound)
        ]) : tonumber(bound)
      ]
    }
  }
}

resource "google_monitoring_slo" "receipt_latency" {
  service             = google_monitoring_custom_service.this.service_id
  slo_id              = "receipt-latency"
  display_name        = "Receipts processed within ${var.slo.receipt_within_s} s of their upload"
  goal                = var.slo.receipt_goal
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = "resource.type=\"cloud_run_revision\" metric.type=\"logging.googleapis.com/user/${google_logging_metric.receipt_waits.name}\""
      range {
        min = 0
        max = var.slo.receipt_within_s
      }
    }
  }
}

resource "google_monitoring_alert_policy" "burn" {
  for_each = local.burning

  display_name          = "Error budget: ${each.key}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  documentation {
    subject   = "Error budget burns ${each.value.factor} times too fast"
    content   = "At this rate the month's error budget is used up early.\n\n${var.runbook_url}#error-budget"
    mime_type = "text/markdown"
  }

  conditions {
    display_name = "burn rate of ${each.key}"

    condition_threshold {
      filter          = "select_slo_burn_rate(\"${each.value.slo}\", \"${each.value.window}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.factor
      duration        = "0s"
    }
  }
}
