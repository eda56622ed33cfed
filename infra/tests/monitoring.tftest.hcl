# Alert policies come from the Prometheus rules; objectives have burn-rate alerts.

mock_provider "google" {}

variables {
  project_id  = "jangbogi-test"
  emails      = ["ops@example.com"]
  runbook_url = "https://docs.example/runbook.md"
  uptime      = { barcode-lookup = { uri = "https://barcode-lookup.example", status = 401 } }
  slo         = { api_success = 0.995, receipt_within_s = 30, receipt_goal = 0.95 }
  rule_groups = [{
    name = "queue"
    rules = [{
      alert       = "QueueOld"
      expr        = "jangbogi_oldest_seconds > 600\n"
      for         = "10m"
      labels      = { severity = "critical" }
      annotations = { summary = "Waiting for {{ $value }} s", runbook_url = "#queue-old" }
    }]
  }]
}

run "rules" {
  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = (
      google_monitoring_alert_policy.rule["QueueOld"].conditions[0].condition_prometheus_query_language[0].query == "jangbogi_oldest_seconds > 600" &&
      google_monitoring_alert_policy.rule["QueueOld"].conditions[0].condition_prometheus_query_language[0].duration == "600s" &&
      google_monitoring_alert_policy.rule["QueueOld"].severity == "CRITICAL"
    )
    error_message = "A policy must have the query and duration of its rule."
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.rule["QueueOld"].documentation[0].content, "https://docs.example/runbook.md#queue-old")
    error_message = "Every alert must link to the runbook."
  }

  assert {
    condition = alltrue([
      for policy in concat(
        values(google_monitoring_alert_policy.rule), values(google_monitoring_alert_policy.counted),
        values(google_monitoring_alert_policy.burn), values(google_monitoring_alert_policy.uptime),
        [google_monitoring_alert_policy.sweep_missing],
      ) : length(policy.notification_channels) == 1 && length(policy.documentation) == 1
    ])
    error_message = "Every alert must have recipients and documentation."
  }

  assert {
    condition = (
      google_monitoring_slo.api_success.goal == 0.995 && google_monitoring_slo.receipt_latency.goal == 0.95 &&
      google_monitoring_slo.receipt_latency.request_based_sli[0].distribution_cut[0].range[0].max == 30 &&
      length(google_monitoring_alert_policy.burn) == 4
    )
    error_message = "Both objectives must have a fast and a slow burn-rate alert."
  }

  assert {
    condition = (
      strcontains(google_monitoring_slo.receipt_latency.request_based_sli[0].distribution_cut[0].distribution_filter, google_logging_metric.receipt_waits.name) &&
      google_logging_metric.receipt_waits.value_extractor == "EXTRACT(jsonPayload.waited_s)" &&
      slice(google_logging_metric.receipt_waits.bucket_options[0].explicit_buckets[0].bounds, 6, 9) == tolist([21, 30, 34])
    )
    error_message = "The wait is measured from the upload, with a bucket bound at the objective."
  }

  assert {
    condition     = strcontains(google_logging_metric.this["dead_letters"].filter, "NOT jsonPayload.code=(\"no_text\"")
    error_message = "A photo without a receipt must not count as a dead letter."
  }

  assert {
    condition = (
      google_monitoring_alert_policy.counted["sweep_failures"].conditions[0].condition_threshold[0].threshold_value == 2 &&
      google_monitoring_alert_policy.counted["scheduler_failures"].conditions[0].condition_threshold[0].threshold_value == 0
    )
    error_message = "One failed sweep is tolerated; one failed daily call is not."
  }

  assert {
    condition = (
      strcontains(google_logging_metric.this["account_deletions"].filter, "jsonPayload.message=\"account not deleted\"") &&
      strcontains(google_monitoring_alert_policy.counted["account_deletions"].documentation[0].content, "#account-not-deleted")
    )
    error_message = "A failed account deletion must alert at once."
  }
}

run "a_muted_rule_has_no_policy" {
  module {
    source = "./modules/monitoring"
  }

  variables {
    muted = ["QueueOld"]
  }

  assert {
    condition     = length(google_monitoring_alert_policy.rule) == 0
    error_message = "A muted rule must not become an alert policy."
  }
}

run "muting_an_unknown_rule_is_refused" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    muted = ["QueueYoung"]
  }
  expect_failures = [var.muted]
}

run "recording_rules_are_refused" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    rule_groups = [{ name = "rates", rules = [{ record = "job:x:rate5m", expr = "rate(x[5m])" }] }]
  }
  expect_failures = [var.rule_groups]
}
