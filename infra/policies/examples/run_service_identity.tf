resource "google_cloud_run_v2_service" "bad_default_account" {
  name     = "x"
  location = "asia-northeast3"
  template {
    timeout = "60s"
  }
}

resource "google_cloud_run_v2_service" "good" {
  name     = "x"
  location = "asia-northeast3"
  template {
    service_account = "x@project.iam.gserviceaccount.com"
  }
}
