# A batch job, on a schedule or started by hand. The scheduler calls the Jobs API, which takes an OAuth token, not an ID
# token.

locals {
  scheduled = var.schedule == null ? 0 : 1
}

resource "google_service_account" "this" {
  account_id   = var.name
  display_name = var.description
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = var.secrets

  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.this.member
}

resource "google_cloud_run_v2_job" "this" {
  name                = var.name
  location            = var.region
  deletion_protection = false

  template {
    task_count = 1

    template {
      service_account       = google_service_account.this.email
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      timeout               = "${var.size.timeout_s}s"
      max_retries           = var.retries

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = var.network.network
          subnetwork = var.network.subnetwork
          tags       = ["jobs"]
        }
      }

      containers {
        image   = var.image
        command = var.command

        resources {
          limits = { cpu = tostring(var.size.cpu), memory = var.size.memory }
        }

        dynamic "env" {
          for_each = var.environment
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = var.secrets
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value
                version = "latest"
              }
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reads]
}

resource "google_service_account" "scheduler" {
  count = local.scheduled

  account_id   = "${var.name}-scheduler"
  display_name = "Starts ${var.name}"
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  count = local.scheduled

  name     = google_cloud_run_v2_job.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler[0].member

  # A replaced job loses its grants. Its id changes only then, so an update leaves them alone.
  lifecycle {
    replace_triggered_by = [google_cloud_run_v2_job.this.id]
  }
}

resource "google_cloud_scheduler_job" "this" {
  count = local.scheduled

  name        = var.name
  description = var.description
  region      = var.region
  schedule    = var.schedule
  time_zone   = "Asia/Seoul"
  paused      = var.paused

  retry_config {
    retry_count = 2
  }

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.this.id}:run"

    oauth_token {
      service_account_email = google_service_account.scheduler[0].email
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.scheduler]
}
