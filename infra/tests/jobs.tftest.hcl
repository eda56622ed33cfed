# The job's schedule calls the Jobs API with an access token; the account that does may do nothing else.

mock_provider "google" {}

variables {
  region      = "asia-northeast3"
  name        = "retrain"
  description = "Trains"
  image       = "images/model_export@sha256:0000000000000000000000000000000000000000000000000000000000000002"
  command     = ["python3", "-m", "model_export.retrain"]
  schedule    = "0 3 * * 1"
  size        = { cpu = 4, memory = "8Gi", timeout_s = 7200 }
  network     = { network = "n", subnetwork = "s" }
  secrets     = { DATABASE_URL = "JOBS_DATABASE_URL" }
}

run "job" {
  module {
    source = "./modules/jobs"
  }

  assert {
    condition = (
      google_cloud_scheduler_job.this.http_target[0].uri == "https://run.googleapis.com/v2/${google_cloud_run_v2_job.this.id}:run" &&
      google_cloud_scheduler_job.this.http_target[0].oauth_token[0].service_account_email == google_service_account.scheduler.email &&
      google_cloud_run_v2_job_iam_member.scheduler.role == "roles/run.invoker"
    )
    error_message = "The scheduler starts this job and has no other right."
  }

  assert {
    condition     = google_cloud_run_v2_job.this.template[0].template[0].service_account == google_service_account.this.email
    error_message = "The job has an account of its own."
  }
}

run "a_plain_secret_is_refused" {
  command = plan

  module {
    source = "./modules/jobs"
  }

  variables {
    environment = { DATABASE_URL = "postgresql://somebody:something@somewhere" }
  }
  expect_failures = [var.environment]
}
