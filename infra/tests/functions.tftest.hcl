# Functions: one service account each, scheduler calls with an ID token, secrets only from Secret Manager.

mock_provider "google" {}

variables {
  project_id     = "jangbogi-test"
  region         = "asia-northeast3"
  source_archive = { bucket = "sources", object = "functions/abc.zip" }
  repository     = "projects/p/locations/l/repositories/functions"
  build_account  = "projects/p/serviceAccounts/functions-build@p.iam.gserviceaccount.com"
  network        = { network = "n", subnetwork = "s" }
  functions = {
    open  = { description = "For users", public = true, concurrency = 16, secrets = { API_KEY = "API_KEY" } }
    timed = { description = "For the scheduler", schedules = ["0 4 * * *"] }
    turns = { description = "Twice as often", schedules = ["*/2 * * * *", "1-59/2 * * * *"] }
  }
}

run "functions" {
  module {
    source = "./modules/functions"
  }

  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.public) == ["open"]
    error_message = "Only functions declared public may be public."
  }

  assert {
    condition     = google_cloudfunctions2_function.this["timed"].service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "Scheduled functions must not be reachable from outside."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.this :
      function.service_config[0].service_account_email == google_service_account.function[name].email
    ])
    error_message = "Each function must have its own service account."
  }

  assert {
    condition = alltrue([
      for function in google_cloudfunctions2_function.this :
      function.service_config[0].direct_vpc_egress == "VPC_EGRESS_PRIVATE_RANGES_ONLY"
    ])
    error_message = "Calls to the OCR service go through the network, all others directly."
  }

  assert {
    condition = alltrue([
      for function in google_cloudfunctions2_function.this :
      tonumber(function.service_config[0].environment_variables["THREADS"]) >= function.service_config[0].max_instance_request_concurrency
    ])
    error_message = "A function needs a thread for each request that its instance gets at a time."
  }

  assert {
    condition     = google_cloudfunctions2_function.this["open"].service_config[0].environment_variables["THREADS"] == "16"
    error_message = "The number of threads must follow the concurrency."
  }

  assert {
    condition     = length(google_cloudfunctions2_function.this["open"].service_config[0].secret_environment_variables) == 1
    error_message = "Secrets must come from Secret Manager."
  }

  assert {
    condition = (
      { for name, job in google_cloud_scheduler_job.this : name => job.schedule } == {
        timed   = "0 4 * * *"
        turns-1 = "*/2 * * * *"
        turns-2 = "1-59/2 * * * *"
      } &&
      google_cloud_scheduler_job.this["turns-2"].http_target[0].uri == google_cloudfunctions2_function.this["turns"].service_config[0].uri &&
      google_cloud_scheduler_job.this["timed"].http_target[0].oidc_token[0].audience == google_cloudfunctions2_function.this["timed"].service_config[0].uri &&
      google_cloud_run_v2_service_iam_member.scheduler["timed"].member == google_service_account.scheduler.member
    )
    error_message = "The scheduler must send an ID token."
  }

  assert {
    condition     = google_cloudfunctions2_function.this["open"].build_config[0].source[0].storage_source[0].object == "functions/abc.zip"
    error_message = "The archive must be named by its content, so that a change triggers a build."
  }
}

run "a_new_secret_version_makes_a_new_revision" {
  module {
    source = "./modules/functions"
  }

  variables {
    secret_versions = { API_KEY = "2" }
  }

  assert {
    condition     = google_cloudfunctions2_function.this["open"].service_config[0].secret_environment_variables[0].version == "2"
    error_message = "A changed secret version must change the function's settings."
  }
}

run "builds_read_only_their_sources" {
  module {
    source = "./modules/functions_build"
  }

  variables {
    sources_bucket = "sources"
  }

  assert {
    condition = (
      google_project_iam_member.reads_source.role == "roles/storage.objectViewer" &&
      google_project_iam_member.reads_source.condition[0].expression == "resource.name.startsWith('projects/_/buckets/sources/') || resource.name.startsWith('projects/_/buckets/gcf-v2-sources-')"
    )
    error_message = "A build may read only the archive and the platform's copy of it."
  }
}

run "a_secret_in_the_environment_is_refused" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    functions = { leaky = { description = "Leaks", environment = { SUPABASE_SECRET_KEY = "sb_secret_x" } } }
  }
  expect_failures = [var.functions]
}

run "public_and_scheduled_is_refused" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    functions = { both = { description = "Both", public = true, schedules = ["* * * * *"] } }
  }
  expect_failures = [var.functions]
}
