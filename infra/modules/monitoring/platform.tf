# Alerts on logs and platform metrics: outages, dead letters, failed account deletions, scheduler and job failures,
# uptime. None of them needs the exporter. The log metrics exist from the first step on, without a release: a metric
# takes up to ten minutes to be known to the alerts that use it.

locals {
  # Error codes caused by the photo. Every other failed receipt is a dead letter, as in private.is_dead_letter.
  photo_codes  = ["no_text", "not_a_receipt", "foreign_receipt", "several_receipts", "broken_image", "unsupported_image", "too_large", "photo_missing", "photo_too_large", "photo_type_mismatch"]
  photo_causes = join(" OR ", [for code in local.photo_codes : "\"${code}\""])

  counted = {
    # Also a Prometheus rule, DeadLetters, which needs the optional exporter.
    dead_letters = {
      title  = "Dead letter: a receipt failed permanently"
      text   = "A receipt failed for a reason other than its photo. The photo is kept; the user sees the failure and can retry. The log has the error code."
      anchor = "#dead-letters"
      filter = <<-EOT
        resource.type="cloud_run_revision"
        resource.labels.service_name=("receipt-uploaded" OR "receipt-sweep")
        jsonPayload.message="receipt not read"
        jsonPayload.outcome="failed"
        NOT jsonPayload.code=(${local.photo_causes})
      EOT
    }
    canary = {
      title  = "The canary receipt failed"
      text   = "A receipt that the canary uploaded was not read, or not right, or not in time. Users' receipts probably fare the same. The log has the failed step."
      anchor = "#canary"
      filter = <<-EOT
        resource.type="cloud_run_revision"
        resource.labels.service_name="canary"
        jsonPayload.message="canary failed"
      EOT
    }
    unqueued_photos = {
      title  = "Photos without a receipt"
      text   = "The upload trigger could not queue a receipt for some photos. They are recorded, and the sweep queues them as soon as possible; until then their users wait."
      anchor = "#photos-without-a-receipt"
      filter = <<-EOT
        resource.type="cloud_run_revision"
        resource.labels.service_name="receipt-sweep"
        jsonPayload.message="photos without a receipt"
      EOT
    }
    account_deletions = {
      title  = "An account was not deleted"
      text   = "A step of an account deletion failed. The sweep retries it, after six hours at most. The log has the error code."
      anchor = "#account-not-deleted"
      filter = <<-EOT
        resource.type="cloud_run_revision"
        resource.labels.service_name="receipt-sweep"
        jsonPayload.message="account not deleted"
      EOT
    }
    sweep_failures = {
      title  = "Sweeps are failing"
      text   = "Several scheduled sweeps failed. Receipts wait until a sweep succeeds."
      anchor = "#scheduler"
      filter = <<-EOT
        resource.type="cloud_scheduler_job"
        resource.labels.job_id=~"^receipt-sweep"
        severity>=ERROR
      EOT
    }
    scheduler_failures = {
      title  = "A scheduled call failed"
      text   = "Cloud Scheduler could not start the product index, the canary, the reminders, retraining, annotation or the copy of the photos. The log names the job."
      anchor = "#scheduler"
      filter = <<-EOT
        resource.type="cloud_scheduler_job"
        NOT resource.labels.job_id=~"^receipt-sweep"
        severity>=ERROR
      EOT
    }
    failed_jobs = {
      title  = "A batch job failed"
      text   = "Retraining, annotation or the copy of the photos ended with an error. The released model stays in use; photos since the last copy have none."
      anchor = "#batch-jobs"
      filter = <<-EOT
        resource.type="cloud_run_job"
        log_id("cloudaudit.googleapis.com/system_event")
        severity>=ERROR
      EOT
    }
  }
}

locals {
  metrics = merge(
    { for name, counted in local.counted : name => { text = counted.text, filter = counted.filter } },
    local.service_levels,
    {
      receipts_waiting = {
        text   = "Sweeps that found a receipt which has waited for more than a minute."
        filter = <<-EOT
          ${local.receipts_log}
          jsonPayload.message="receipts are waiting"
        EOT
      }
      receipts_ended = {
        text   = "Receipts that were read, or failed for good."
        filter = <<-EOT
          ${local.receipts_log}
          jsonPayload.message=("receipt processed" OR "receipt not read")
          jsonPayload.outcome=("done" OR "failed")
        EOT
      }
    },
  )

  as_promql = {
    for name in keys(local.metrics) :
    name => "logging_googleapis_com:user_jangbogi_${name}{monitored_resource=\"cloud_run_revision\"}"
  }

  # The shortest time that Cloud Monitoring accepts.
  auto_close = "1800s"

  receipts_log = "resource.type=\"cloud_run_revision\" resource.labels.service_name=(\"receipt-uploaded\" OR \"receipt-sweep\")"
  alerts_on    = var.released ? local.counted : {}
}

resource "google_logging_metric" "this" {
  for_each = local.metrics

  name        = "jangbogi/${each.key}"
  description = each.value.text
  filter      = trimspace(each.value.filter)

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}

# A metric that a later release adds has to settle before its alert. Those of the first step have had time.
resource "terraform_data" "metric_settled" {
  for_each = local.metrics

  triggers_replace = [google_logging_metric.this[each.key].id]

  provisioner "local-exec" {
    command = var.released ? "sleep ${var.settle_s}" : "true"
  }
}

resource "google_monitoring_alert_policy" "counted" {
  for_each = local.alerts_on

  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.key == "sweep_failures" ? "CRITICAL" : "WARNING"
  notification_channels = local.channels

  alert_strategy {
    auto_close           = local.auto_close
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    subject   = each.value.title
    content   = "${each.value.text}\n\n${var.runbook_url}${each.value.anchor}"
    mime_type = "text/markdown"
  }

  # Tolerate a single failure of a call that repeats every minute.
  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.this[each.key].name}\" AND resource.type=\"${regex("resource.type=\"([a-z_]+)\"", each.value.filter)[0]}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.key == "sweep_failures" ? 2 : 0
      duration        = "60s"

      # No log line means that nothing happened, so the incident ends and the next event opens another.
      evaluation_missing_data = "EVALUATION_MISSING_DATA_INACTIVE"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  depends_on = [terraform_data.metric_settled]
}

# The OCR service is down, or every receipt is refused: users' photos wait, and nothing comes out. Heard within five
# minutes of the first photo, from logs alone.
resource "google_monitoring_alert_policy" "nothing_read" {
  count = var.released ? 1 : 0

  display_name          = "No receipts are read while photos wait"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  alert_strategy {
    auto_close           = local.auto_close
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    subject   = "No receipts are read while photos wait"
    content   = "Photos have waited for minutes, and no receipt was read. The OCR service, Storage or their settings are the likely cause. Nothing is lost; receipts are read once it is over.\n\n${var.runbook_url}#no-receipts-read"
    mime_type = "text/markdown"
  }

  conditions {
    display_name = "photos wait and no receipt ends"

    condition_prometheus_query_language {
      query               = "sum(increase(${local.as_promql["receipts_waiting"]}[3m])) >= 1.5 unless sum(increase(${local.as_promql["receipts_ended"]}[3m])) > 0"
      duration            = "0s"
      evaluation_interval = "60s"

      # A metric exists only after its first sample, and the policy must be created before.
      disable_metric_validation = true
    }
  }
}

# A paused scheduler does not report failures, so alert on missing calls.
resource "google_monitoring_alert_policy" "sweep_missing" {
  count = var.released ? 1 : 0

  display_name          = "Sweep is not running"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  alert_strategy {
    auto_close           = local.auto_close
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    subject   = "No sweep has run for five minutes"
    content   = "Receipts, queued barcodes and account deletions wait. Nothing is lost.\n\n${var.runbook_url}#scheduler"
    mime_type = "text/markdown"
  }

  conditions {
    display_name = "calls of receipt-sweep"

    condition_absent {
      filter   = "metric.type=\"run.googleapis.com/request_count\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"receipt-sweep\""
      duration = "300s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}

resource "google_monitoring_uptime_check_config" "function" {
  for_each = var.released ? var.uptime : {}

  display_name = each.key
  timeout      = "10s"
  period       = "300s"

  http_check {
    path         = "/"
    use_ssl      = true
    validate_ssl = true

    # The expected refusal shows that the function runs and authenticates its callers.
    accepted_response_status_codes {
      status_value = each.value.status
    }
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = trimprefix(each.value.uri, "https://") }
  }
}

resource "google_monitoring_alert_policy" "uptime" {
  for_each = var.released ? var.uptime : {}

  display_name          = "${each.key} is not responding"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  alert_strategy {
    auto_close           = local.auto_close
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    subject   = "${each.key} is not responding"
    content   = "${each.key} is unreachable from more than one region.\n\n${var.runbook_url}#uptime"
    mime_type = "text/markdown"
  }

  conditions {
    display_name = "uptime of ${each.key}"

    condition_threshold {
      filter          = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.function[each.key].uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "300s"

      aggregations {
        alignment_period     = "1200s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
    }
  }
}

# The same panels as in Grafana, from the same source (infra/monitoring/dashboards).
resource "google_monitoring_dashboard" "this" {
  for_each = var.released ? var.dashboards : {}

  dashboard_json = each.value
}
