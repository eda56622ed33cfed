# A page for people: every request passes Identity-Aware Proxy, and only named people do.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }
}

variables {
  project_id  = "jangbogi-test"
  region      = "asia-northeast3"
  name        = "mlflow-people"
  description = "Shows runs"
  image       = "images/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000003"
  people      = ["group:models@example.com", "user:ann@example.com"]
  network     = { network = "n", subnetwork = "s" }
  environment = { MLFLOW_SERVER_CORS_ALLOWED_ORIGINS = "{url}" }
  secrets     = { MLFLOW_BACKEND_STORE_URI = "MLFLOW_BACKEND_STORE_URI" }
}

run "service" {
  module {
    source = "./modules/people_service"
  }

  assert {
    condition = (
      google_cloud_run_v2_service.this.iap_enabled &&
      google_cloud_run_v2_service.this.invoker_iam_disabled == false &&
      google_cloud_run_v2_service_iam_member.proxy.member == "serviceAccount:service-123456789@gcp-sa-iap.iam.gserviceaccount.com"
    )
    error_message = "Only Identity-Aware Proxy may call the service."
  }

  assert {
    condition = (
      toset([for grant in google_project_iam_member.people : grant.member]) == toset(var.people) &&
      alltrue([
        for grant in google_project_iam_member.people : grant.role == "roles/iap.httpsResourceAccessor" &&
        grant.condition[0].expression == "request.host == \"mlflow-people-123456789.asia-northeast3.run.app\""
      ])
    )
    error_message = "Exactly the named people may pass, and only to this service."
  }

  assert {
    condition = one([
      for env in google_cloud_run_v2_service.this.template[0].containers[0].env : env.value if env.name == "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"
    ]) == output.url
    error_message = "The service must know its own URL."
  }

  assert {
    condition = one([
      for env in google_cloud_run_v2_service.this.template[0].containers[0].env : env if env.name == "MLFLOW_BACKEND_STORE_URI"
    ]).value_source[0].secret_key_ref[0].secret == "MLFLOW_BACKEND_STORE_URI"
    error_message = "Secrets must come from Secret Manager."
  }
}

run "everyone_is_refused" {
  command = plan

  module {
    source = "./modules/people_service"
  }

  variables {
    people = ["user:ann@example.com", "allAuthenticatedUsers"]
  }
  expect_failures = [var.people]
}

run "programs_are_refused" {
  command = plan

  module {
    source = "./modules/people_service"
  }

  variables {
    people = ["serviceAccount:job@jangbogi-test.iam.gserviceaccount.com"]
  }
  expect_failures = [var.people]
}

run "an_empty_list_is_refused" {
  command = plan

  module {
    source = "./modules/people_service"
  }

  variables {
    people = []
  }
  expect_failures = [var.people]
}

run "a_secret_in_the_environment_is_refused" {
  command = plan

  module {
    source = "./modules/people_service"
  }

  variables {
    environment = { SECRET_KEY = "k" }
  }
  expect_failures = [var.environment]
}
