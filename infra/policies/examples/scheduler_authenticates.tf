resource "google_cloud_scheduler_job" "bad_anonymous" {
  name = "x"
  http_target {
    uri = "https://example.com"
  }
}

resource "google_cloud_scheduler_job" "good_function" {
  name = "x"
  http_target {
    uri = "https://example.com"
    oidc_token {
      service_account_email = "x@project.iam.gserviceaccount.com"
    }
  }
}

resource "google_cloud_scheduler_job" "good_job" {
  name = "x"
  http_target {
    uri = "https://run.googleapis.com/v2/x:run"
    oauth_token {
      service_account_email = "x@project.iam.gserviceaccount.com"
    }
  }
}
