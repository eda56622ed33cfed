# Alert policies come from the Prometheus rules; objectives have burn-rate alerts.

mock_provider "google" {}

variables {
  project_id  = "jangbogi-test"
  emails      = ["ops@example.com"]
  runbook_url = "https://docs.example/runbook.md"
  uptime      = { barcode-lookup = { uri = "https://barcode-lookup.example", status = 401 } }
  slo         = { api_success = 0.99, receipt_within_s = 30, receipt_goal = 0.95 }
  settle_s    = 0
  dashboards  = { pipeline = jsonencode({ displayName = "Pipeline" }) }
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
        google_monitoring_alert_policy.sweep_missing, google_monitoring_alert_policy.nothing_read,
      ) : length(policy.notification_channels) == 1 && length(policy.documentation) == 1 && policy.alert_strategy[0].auto_close == "1800s"
    ])
    error_message = "Every alert must have recipients and documentation, and close by itself."
  }

  assert {
    condition = (
      google_monitoring_slo.api_success[0].goal == 0.99 && google_monitoring_slo.receipt_latency[0].goal == 0.95 &&
      length(google_monitoring_alert_policy.burn) == 4 &&
      alltrue([for policy in google_monitoring_alert_policy.burn : policy.combiner == "AND" && length(policy.conditions) == 2])
    )
    error_message = "Both objectives must have a fast and a slow burn-rate alert, each over a long and a short window."
  }

  assert {
    condition = (
      strcontains(google_logging_metric.this["receipts_good"].filter, "jsonPayload.waited_s<=30") &&
      strcontains(google_logging_metric.this["receipts_bad"].filter, "jsonPayload.waited_s>30") &&
      strcontains(google_logging_metric.this["receipts_bad"].filter, "jsonPayload.outcome=\"failed\"") &&
      strcontains(google_logging_metric.this["receipts_bad"].filter, "jsonPayload.message=\"receipts are waiting\"") &&
      alltrue([for name in ["receipts_good", "receipts_bad"] : strcontains(google_logging_metric.this[name].filter, "NOT jsonPayload.canary=true")])
    )
    error_message = "The wait is measured from the upload; failed and stuck receipts use up the budget, the canary does not."
  }

  assert {
    condition     = jsondecode(google_monitoring_dashboard.this["pipeline"].dashboard_json).displayName == "Pipeline"
    error_message = "Dashboards must exist in the cloud."
  }

  assert {
    condition = alltrue([
      for name in ["calls_good", "calls_bad"] :
      strcontains(google_logging_metric.this[name].filter, "NOT httpRequest.status=(401 OR 403 OR 404 OR 405)") &&
      strcontains(google_logging_metric.this[name].filter, "NOT httpRequest.userAgent=~\"GoogleStackdriverMonitoring\"")
    ])
    error_message = "Only calls of users count."
  }

  assert {
    condition = alltrue([
      for policy in google_monitoring_alert_policy.counted :
      policy.conditions[0].condition_threshold[0].evaluation_missing_data == "EVALUATION_MISSING_DATA_INACTIVE"
    ])
    error_message = "Silence must end an incident, or the next event would be part of it."
  }

  assert {
    condition = (
      google_monitoring_alert_policy.nothing_read[0].conditions[0].condition_prometheus_query_language[0].query ==
      "sum(increase(logging_googleapis_com:user_jangbogi_receipts_waiting{monitored_resource=\"cloud_run_revision\"}[3m])) >= 1.5 unless sum(increase(logging_googleapis_com:user_jangbogi_receipts_ended{monitored_resource=\"cloud_run_revision\"}[3m])) > 0"
    )
    error_message = "An outage must be noticed without the exporter."
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

run "without_a_release_metrics_settle" {
  module {
    source = "./modules/monitoring"
  }

  variables {
    released = false
    settle_s = 600
  }

  assert {
    condition = (
      length(google_logging_metric.this) >= 12 && length(google_monitoring_notification_channel.email) == 1 &&
      length(google_monitoring_alert_policy.counted) + length(google_monitoring_alert_policy.rule) + length(google_monitoring_alert_policy.burn) == 0 &&
      length(google_monitoring_slo.api_success) == 0
    )
    error_message = "Log metrics come a step before the alerts on them."
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
