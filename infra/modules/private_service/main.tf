# A Cloud Run service that only named callers can reach, and only from the project's network.

locals {
  # Optional sidecar that scrapes /metrics of the first container into Managed Prometheus.
  metrics = compact([var.metrics_image])

  alive = compact([var.probes.alive])
  ready = compact([var.probes.ready])
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

resource "google_project_iam_member" "metrics" {
  for_each = toset(length(local.metrics) == 0 ? [] : ["roles/logging.logWriter", "roles/monitoring.metricWriter"])

  project = var.project_id
  role    = each.value
  member  = google_service_account.this.member
}

resource "google_cloud_run_v2_service" "this" {
  name        = var.name
  description = var.description
  location    = var.region

  ingress              = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  invoker_iam_disabled = false
  deletion_protection  = var.protect

  template {
    service_account                  = google_service_account.this.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.size.concurrency
    timeout                          = "${var.timeout_s}s"

    scaling {
      min_instance_count = var.size.min_instances
      max_instance_count = var.size.max_instances
    }

    vpc_access {
      egress = var.network.sealed ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = var.network.network
        subnetwork = var.network.subnetwork
        tags       = var.network.sealed ? ["sealed"] : []
      }
    }

    containers {
      name    = var.name
      image   = var.image
      command = var.command

      ports {
        container_port = 8080
      }

      resources {
        limits            = { cpu = tostring(var.size.cpu), memory = var.size.memory }
        cpu_idle          = !var.size.always_on
        startup_cpu_boost = var.size.cpu_boost
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
              version = lookup(var.secret_versions, env.value, "latest")
            }
          }
        }
      }

      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = ceil(var.probes.start_within_s / 2)

        dynamic "http_get" {
          for_each = local.ready
          content {
            path = http_get.value
            port = 8080
          }
        }

        dynamic "tcp_socket" {
          for_each = length(local.ready) == 0 ? [8080] : []
          content {
            port = tcp_socket.value
          }
        }
      }

      dynamic "liveness_probe" {
        for_each = local.alive
        content {
          period_seconds    = 15
          timeout_seconds   = 5
          failure_threshold = 4
          http_get {
            path = liveness_probe.value
            port = 8080
          }
        }
      }

      dynamic "readiness_probe" {
        for_each = local.ready
        content {
          period_seconds    = 5
          timeout_seconds   = 3
          failure_threshold = 2
          success_threshold = 1
          http_get {
            path = readiness_probe.value
            port = 8080
          }
        }
      }
    }

    dynamic "containers" {
      for_each = local.metrics
      content {
        name       = "metrics"
        image      = containers.value
        depends_on = [var.name]

        # Cloud Run's minimum for this environment and concurrency (1 CPU, 512Mi) is that of the instance, so of the sum.
        resources {
          limits   = { cpu = "0.25", memory = "256Mi" }
          cpu_idle = !var.size.always_on
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reads]
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  name     = google_cloud_run_v2_service.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value

  # A replaced service loses its grants. Its id changes only then, so an update leaves them alone.
  lifecycle {
    replace_triggered_by = [google_cloud_run_v2_service.this.id]
  }
}
