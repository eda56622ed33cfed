# Alerts on logs and platform metrics: dead letters, failed account deletions, scheduler and job failures, uptime.

locals {
  # Error codes caused by the photo. Every other failed receipt is a dead letter, as in private.is_dead_letter.
  photo_codes = ["no_text", "not_a_receipt", "foreign_receipt", "several_receipts", "broken_image", "unsupported_image", "too_large", "photo_missing", "photo_too_large", "photo_type_mismatch"]

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
        NOT jsonPayload.code=(${join(" OR ", [for code in local.photo_codes : "\"${code}\""])})
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
      text   = "Cloud Scheduler could not start the product index, retraining or annotation. Their next run is a day or a week away."
      anchor = "#scheduler"
      filter = <<-EOT
        resource.type="cloud_scheduler_job"
        NOT resource.labels.job_id=~"^receipt-sweep"
        severity>=ERROR
      EOT
    }
    failed_jobs = {
      title  = "A batch job failed"
      text   = "Retraining or annotation ended with an error. The released model stays in use."
      anchor = "#batch-jobs"
      filter = <<-EOT
        resource.type="cloud_run_job"
        log_id("cloudaudit.googleapis.com/system_event")
        severity>=ERROR
      EOT
    }
  }
}

resource "google_logging_metric" "this" {
  for_each = local.counted

  name        = "jangbogi/${each.key}"
  description = each.value.text
  filter      = trimspace(each.value.filter)

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}

resource "google_monitoring_alert_policy" "counted" {
  for_each = local.counted

  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.key == "sweep_failures" ? "CRITICAL" : "WARNING"
  notification_channels = local.channels

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
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}

# A paused scheduler does not report failures, so alert on missing calls.
resource "google_monitoring_alert_policy" "sweep_missing" {
  display_name          = "Sweep is not running"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  documentation {
    subject   = "No sweep has run for ten minutes"
    content   = "Receipts, queued barcodes and account deletions wait. Nothing is lost.\n\n${var.runbook_url}#scheduler"
    mime_type = "text/markdown"
  }

  conditions {
    display_name = "calls of receipt-sweep"

    condition_absent {
      filter   = "metric.type=\"run.googleapis.com/request_count\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"receipt-sweep\""
      duration = "600s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}

resource "google_monitoring_uptime_check_config" "function" {
  for_each = var.uptime

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
  for_each = var.uptime

  display_name          = "${each.key} is not responding"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

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
