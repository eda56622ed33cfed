# What only the platform sees: dead letters and accounts that stay in logs, a scheduler that fails, a job that fails, an address that is gone.

locals {
  # Failures that the photo is to blame for. Everything else that ends in `failed` is ours: a dead letter.
  photo_codes = ["no_text", "not_a_receipt", "several_receipts", "broken_image", "unsupported_image", "too_large", "photo_missing", "photo_too_large"]

  counted = {
    dead_letters = {
      title  = "A receipt was given up"
      text   = "All attempts at a receipt failed and the photo is not to blame. The photo is kept; the user sees the failure and may retry. The log has its code."
      anchor = "#dead-letters"
      filter = <<-EOT
        resource.type="cloud_run_revision"
        resource.labels.service_name=("receipt-uploaded" OR "receipt-sweep")
        jsonPayload.message="receipt not read"
        jsonPayload.outcome="failed"
        NOT jsonPayload.code=(${join(" OR ", [for code in local.photo_codes : "\"${code}\""])})
      EOT
    }
    missed_photos = {
      title  = "Photos have no receipt"
      text   = "Photos were stored and no receipt could be queued for them. They are noted, and the sweep queues them as soon as it can; until then their users wait."
      anchor = "#photos-without-a-receipt"
      filter = <<-EOT
        resource.type="cloud_run_revision"
        resource.labels.service_name="receipt-sweep"
        jsonPayload.message="photos without a receipt"
      EOT
    }
    account_deletions = {
      title  = "An account was not deleted"
      text   = "A step of deleting an account failed. Its user is signed out and waits; the sweep tries again, after six hours at most. The log has the code."
      anchor = "#account-not-deleted"
      filter = <<-EOT
        resource.type="cloud_run_revision"
        resource.labels.service_name="receipt-sweep"
        jsonPayload.message="account not deleted"
      EOT
    }
    sweep_failures = {
      title  = "Sweeps fail"
      text   = "Several calls of the sweep failed. Receipts wait until one works."
      anchor = "#scheduler"
      filter = <<-EOT
        resource.type="cloud_scheduler_job"
        resource.labels.job_id=~"^receipt-sweep"
        severity>=ERROR
      EOT
    }
    scheduler_failures = {
      title  = "A scheduled call failed"
      text   = "Cloud Scheduler could not start the product index, retraining or annotation, whose next time is a day or a week away."
      anchor = "#scheduler"
      filter = <<-EOT
        resource.type="cloud_scheduler_job"
        NOT resource.labels.job_id=~"^receipt-sweep"
        severity>=ERROR
      EOT
    }
    failed_jobs = {
      title  = "A batch job failed"
      text   = "Retraining or annotation ended with an error; the released model stays as it is."
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
  severity              = contains(["dead_letters", "sweep_failures"], each.key) ? "CRITICAL" : "WARNING"
  notification_channels = local.channels

  documentation {
    subject   = each.value.title
    content   = "${each.value.text}\n\n${var.runbook_url}${each.value.anchor}"
    mime_type = "text/markdown"
  }

  # A single failure of a call that comes back every minute is none.
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

# A scheduler that is paused fails at nothing.
resource "google_monitoring_alert_policy" "sweep_missing" {
  display_name          = "No sweep runs"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  documentation {
    subject   = "No sweep has run for ten minutes"
    content   = "Nobody reads receipts, looks up barcodes or deletes accounts. Nothing is lost; it all waits.\n\n${var.runbook_url}#scheduler"
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

    # Answering a stranger with the right refusal shows that the function runs and checks its callers.
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

  display_name          = "${each.key} does not answer"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels

  documentation {
    subject   = "${each.key} does not answer"
    content   = "More than one region of the world cannot reach ${each.key}.\n\n${var.runbook_url}#uptime"
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
