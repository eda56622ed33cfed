resource "google_cloud_run_v2_job" "bad_default_account" {
  name     = "x"
  location = "asia-northeast3"
  template {
    template {
      timeout = "60s"
    }
  }
}

resource "google_cloud_run_v2_job" "good" {
  name     = "x"
  location = "asia-northeast3"
  template {
    template {
      service_account = "x@project.iam.gserviceaccount.com"
    }
  }
}
