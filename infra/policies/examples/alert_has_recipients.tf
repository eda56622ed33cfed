resource "google_monitoring_alert_policy" "bad_no_recipients" {
  display_name = "x"
  combiner     = "OR"
  documentation {
    content = "Look here."
  }
}

resource "google_monitoring_alert_policy" "bad_no_documentation" {
  display_name          = "x"
  combiner              = "OR"
  notification_channels = ["channel"]
}

resource "google_monitoring_alert_policy" "good" {
  display_name          = "x"
  combiner              = "OR"
  notification_channels = ["channel"]
  documentation {
    content = "Look here."
  }
}
