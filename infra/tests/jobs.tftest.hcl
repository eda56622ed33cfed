# The schedule calls the Jobs API with an access token of an account that has no other right.

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
  secrets     = { DATABASE_URL = "RETRAINING_DATABASE_URL" }
}

run "job" {
  module {
    source = "./modules/jobs"
  }

  assert {
    condition = (
      google_cloud_scheduler_job.this[0].http_target[0].uri == "https://run.googleapis.com/v2/${google_cloud_run_v2_job.this.id}:run" &&
      google_cloud_scheduler_job.this[0].http_target[0].oauth_token[0].service_account_email == google_service_account.scheduler[0].email &&
      google_cloud_run_v2_job_iam_member.scheduler[0].role == "roles/run.invoker"
    )
    error_message = "The scheduler may start this job and nothing else."
  }

  assert {
    condition     = google_cloud_run_v2_job.this.template[0].template[0].service_account == google_service_account.this.email
    error_message = "The job must have its own service account."
  }
}

run "a_job_without_a_schedule" {
  module {
    source = "./modules/jobs"
  }

  variables {
    schedule = null
  }

  assert {
    condition = (
      length(google_cloud_scheduler_job.this) == 0 &&
      length(google_cloud_run_v2_job_iam_member.scheduler) == 0
    )
    error_message = "Only people start a job without a schedule."
  }
}

run "a_secret_in_the_environment_is_refused" {
  command = plan

  module {
    source = "./modules/jobs"
  }

  variables {
    environment = { DATABASE_URL = "postgresql://user:password@host" }
  }
  expect_failures = [var.environment]
}
