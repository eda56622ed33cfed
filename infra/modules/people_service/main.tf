# A web page for named people: a Cloud Run service behind Google's Identity-Aware Proxy (IAP), which signs them in with
# their Google account. Programs use the private service of the same image; IAP lets none of them in.

data "google_project" "this" {
  project_id = var.project_id
}

locals {
  # Google adds a second URL with a hash; this one is known beforehand.
  host = "${var.name}-${data.google_project.this.number}.${var.region}.run.app"
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

resource "google_cloud_run_v2_service" "this" {
  name        = var.name
  description = var.description
  location    = var.region

  # IAP checks every request before IAM does, on every URL of the service.
  ingress              = "INGRESS_TRAFFIC_ALL"
  iap_enabled          = true
  invoker_iam_disabled = false
  deletion_protection  = false # Its data is in a database and a bucket.

  template {
    service_account                  = google_service_account.this.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = 40
    timeout                          = "300s"

    scaling {
      min_instance_count = 0
      max_instance_count = 1
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = var.network.network
        subnetwork = var.network.subnetwork
      }
    }

    containers {
      name  = var.name
      image = var.image

      ports {
        container_port = 8080
      }

      resources {
        limits            = { cpu = "1", memory = var.memory }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = var.environment
        content {
          name  = env.key
          value = replace(env.value, "{url}", "https://${local.host}")
        }
      }

      dynamic "env" {
        for_each = var.secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = lookup(var.secret_versions, env.value, "latest")
            }
          }
        }
      }

      startup_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 24 # The longest that Cloud Run allows, 240 s: a new version may change its tables first.

        http_get {
          path = "/health"
          port = 8080
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reads]
}

# IAP's own account calls the service on behalf of those whom it has let in. No other account may.
resource "google_cloud_run_v2_service_iam_member" "proxy" {
  name     = google_cloud_run_v2_service.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-iap.iam.gserviceaccount.com"

  # A replaced service loses its grants. Its id changes only then, so an update leaves them alone.
  lifecycle {
    replace_triggered_by = [google_cloud_run_v2_service.this.id]
  }
}

# A grant in the project, limited to the host name of this service.
resource "google_project_iam_member" "people" {
  for_each = var.people

  project = var.project_id
  role    = "roles/iap.httpsResourceAccessor"
  member  = each.value

  condition {
    title      = var.name
    expression = "request.host == \"${local.host}\""
  }
}
