# Service level objectives, with alerts on the burn rate of their error budgets. They count calls and receipts of users:
# not the uptime checks, not calls without a token, not the canary.

locals {
  functions_log = "resource.type=\"cloud_run_revision\" resource.labels.service_name=(${join(" OR ", [for name in sort(keys(var.uptime)) : "\"${name}\""])})"

  calls = <<-EOT
    ${local.functions_log}
    log_id("run.googleapis.com/requests")
    NOT httpRequest.requestMethod="OPTIONS"
    NOT httpRequest.status=(401 OR 403 OR 404 OR 405)
    NOT httpRequest.userAgent=~"GoogleStackdriverMonitoring"
  EOT

  # The function that ends a receipt logs how long its user has waited since the upload or their own retry, all attempts
  # included (functions/receipts/process.py). A failure that the photo did not cause is a bad event, and so is every
  # minute in which users' receipts wait.
  service_levels = {
    calls_good = { text = "Users' calls without a server error.", filter = "${local.calls}httpRequest.status<500" }
    calls_bad  = { text = "Users' calls with a server error.", filter = "${local.calls}httpRequest.status>=500" }
    receipts_good = {
      text   = "Users' receipts that were read in time."
      filter = <<-EOT
        ${local.receipts_log}
        NOT jsonPayload.canary=true
        jsonPayload.message="receipt processed"
        jsonPayload.outcome="done"
        jsonPayload.waited_s<=${var.slo.receipt_within_s}
      EOT
    }
    receipts_bad = {
      text   = "Users' receipts that were read late, that failed for another reason than their photo, and minutes in which some are stuck."
      filter = <<-EOT
        ${local.receipts_log}
        NOT jsonPayload.canary=true
        (
          (jsonPayload.message="receipt processed" jsonPayload.outcome="done" jsonPayload.waited_s>${var.slo.receipt_within_s}) OR
          (jsonPayload.message="receipt not read" jsonPayload.outcome="failed" NOT jsonPayload.code=(${local.photo_causes})) OR
          (jsonPayload.message="receipts are waiting" jsonPayload.of_users>0)
        )
      EOT
    }
  }

  slos = var.released ? {
    api-success     = google_monitoring_slo.api_success[0].name
    receipt-latency = google_monitoring_slo.receipt_latency[0].name
  } : {}

  # Google's SRE workbook, chapter 5: 2 % of a month's error budget in one hour, 5 % in six. The short window ends the
  # alert soon after the trouble.
  burning = merge([
    for slo, name in local.slos : {
      "${slo} in an hour"   = { slo = name, windows = ["3600s", "300s"], factor = 14.4, severity = "CRITICAL" }
      "${slo} in six hours" = { slo = name, windows = ["21600s", "1800s"], factor = 6, severity = "WARNING" }
    }
  ]...)

  slo_filter = {
    for name in keys(local.service_levels) :
    name => "resource.type=\"cloud_run_revision\" metric.type=\"logging.googleapis.com/user/jangbogi/${name}\""
  }
}

resource "google_monitoring_custom_service" "this" {
  service_id   = "jangbogi"
  display_name = "Jangbogi"
}

resource "google_monitoring_slo" "api_success" {
  count = var.released ? 1 : 0

  service             = google_monitoring_custom_service.this.service_id
  slo_id              = "api-success"
  display_name        = "Users' calls without a server error"
  goal                = var.slo.api_success
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      good_service_filter = local.slo_filter["calls_good"]
      bad_service_filter  = local.slo_filter["calls_bad"]
    }
  }

  depends_on = [terraform_data.metric_settled]
}

resource "google_monitoring_slo" "receipt_latency" {
  count = var.released ? 1 : 0

  service             = google_monitoring_custom_service.this.service_id
  slo_id              = "receipt-latency"
  display_name        = "Users' receipts processed within ${var.slo.receipt_within_s} s of their upload"
  goal                = var.slo.receipt_goal
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      good_service_filter = local.slo_filter["receipts_good"]
      bad_service_filter  = local.slo_filter["receipts_bad"]
    }
  }

  depends_on = [terraform_data.metric_settled]
}

# How long receipts take, for dashboards: from upload to items.
resource "google_logging_metric" "receipt_waits" {
  name        = "jangbogi/receipt_waits"
  description = "Seconds from upload to items of users' processed receipts"

  filter = trimspace(<<-EOT
    ${local.receipts_log}
    NOT jsonPayload.canary=true
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
      bounds = [1, 2, 3, 5, 8, 13, 21, 30, 60, 120, 300, 600, 3600, 86400]
    }
  }
}

resource "google_monitoring_alert_policy" "burn" {
  for_each = local.burning

  display_name          = "Error budget: ${each.key}"
  combiner              = "AND"
  severity              = each.value.severity
  notification_channels = local.channels

  alert_strategy {
    auto_close           = local.auto_close
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    subject   = "Error budget burns ${each.value.factor} times too fast"
    content   = "At this rate the month's error budget is used up early.\n\n${var.runbook_url}#error-budget"
    mime_type = "text/markdown"
  }

  dynamic "conditions" {
    for_each = each.value.windows
    content {
      display_name = "burn rate of ${each.key} over ${conditions.value}"

      condition_threshold {
        filter          = "select_slo_burn_rate(\"${each.value.slo}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = each.value.factor
        duration        = "0s"
      }
    }
  }
}
