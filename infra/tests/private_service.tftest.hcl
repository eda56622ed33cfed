# A private service is internal, checked by IAM, probed, and reads secrets only from Secret Manager.

mock_provider "google" {}

variables {
  project_id    = "jangbogi-test"
  region        = "asia-northeast3"
  name          = "ocr-service"
  description   = "Reads receipts"
  image         = "images/ocr_service@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  network       = { network = "n", subnetwork = "s" }
  metrics_image = "metrics:1"
  size          = { cpu = 2, memory = "2Gi", concurrency = 2, min_instances = 1, max_instances = 10 }
  invokers      = { caller = "serviceAccount:caller@jangbogi-test.iam.gserviceaccount.com" }
  environment   = { OCR_RELEASE_PUBLIC_KEY = "public" }
  secrets       = { DATABASE_URL = "RETRAINING_DATABASE_URL" }
}

run "service" {
  module {
    source = "./modules/private_service"
  }

  assert {
    condition = (
      google_cloud_run_v2_service.this.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" &&
      google_cloud_run_v2_service.this.invoker_iam_disabled == false
    )
    error_message = "The service must be internal, and IAM must check its callers."
  }

  assert {
    condition = (
      google_cloud_run_v2_service.this.template[0].containers[0].startup_probe[0].http_get[0].path == "/readyz" &&
      google_cloud_run_v2_service.this.template[0].containers[0].readiness_probe[0].http_get[0].path == "/readyz" &&
      google_cloud_run_v2_service.this.template[0].containers[0].liveness_probe[0].http_get[0].path == "/healthz"
    )
    error_message = "The startup probe asks for readiness, the liveness probe for the process."
  }

  assert {
    condition = (
      google_cloud_run_v2_service.this.template[0].max_instance_request_concurrency == 2 &&
      google_cloud_run_v2_service.this.template[0].containers[0].resources[0].limits == tomap({ cpu = "2", memory = "2Gi" }) &&
      google_cloud_run_v2_service.this.template[0].containers[0].resources[0].startup_cpu_boost &&
      google_cloud_run_v2_service.this.template[0].scaling[0].min_instance_count == 1
    )
    error_message = "The size must be the configured one."
  }

  assert {
    condition = one([
      for env in google_cloud_run_v2_service.this.template[0].containers[0].env : env if env.name == "DATABASE_URL"
    ]).value_source[0].secret_key_ref[0].secret == "RETRAINING_DATABASE_URL"
    error_message = "Secrets must come from Secret Manager."
  }

  assert {
    condition = (
      google_cloud_run_v2_service.this.template[0].vpc_access[0].egress == "ALL_TRAFFIC" &&
      tolist(google_cloud_run_v2_service.this.template[0].vpc_access[0].network_interfaces[0].tags) == tolist(["sealed"])
    )
    error_message = "A sealed service must not reach the internet."
  }

  assert {
    condition     = google_cloud_run_v2_service.this.template[0].service_account == google_service_account.this.email
    error_message = "It must run as its own service account."
  }
}

run "public_access_is_refused" {
  command = plan

  module {
    source = "./modules/private_service"
  }

  variables {
    invokers = { public = "allUsers" }
  }
  expect_failures = [var.invokers]
}

run "a_secret_in_the_environment_is_refused" {
  command = plan

  module {
    source = "./modules/private_service"
  }

  variables {
    environment = { DATABASE_URL = "postgresql://user:password@host" }
  }
  expect_failures = [var.environment]
}

run "an_image_by_tag_is_refused" {
  command = plan

  module {
    source = "./modules/private_service"
  }

  variables {
    image = "images/ocr_service:latest"
  }
  expect_failures = [var.image]
}

run "a_service_without_probe_paths_is_probed_by_its_port" {
  module {
    source = "./modules/private_service"
  }

  variables {
    probes        = { alive = "", ready = "" }
    network       = { network = "n", subnetwork = "s", sealed = false }
    metrics_image = null
  }

  assert {
    condition = (
      google_cloud_run_v2_service.this.template[0].containers[0].startup_probe[0].tcp_socket[0].port == 8080 &&
      length(google_cloud_run_v2_service.this.template[0].containers[0].liveness_probe) == 0 &&
      length(google_cloud_run_v2_service.this.template[0].containers) == 1 &&
      length(google_project_iam_member.metrics) == 0
    )
    error_message = "Without paths there are no HTTP probes; without metrics there is no right to write them."
  }

  assert {
    condition     = google_cloud_run_v2_service.this.template[0].vpc_access[0].egress == "PRIVATE_RANGES_ONLY"
    error_message = "An unsealed service reaches Supabase directly."
  }
}
