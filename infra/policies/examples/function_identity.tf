resource "google_cloudfunctions2_function" "bad_default_account" {
  name     = "x"
  location = "asia-northeast3"
  service_config {
    available_memory = "512Mi"
  }
}

resource "google_cloudfunctions2_function" "good" {
  name     = "x"
  location = "asia-northeast3"
  service_config {
    service_account_email = "x@project.iam.gserviceaccount.com"
  }
}
