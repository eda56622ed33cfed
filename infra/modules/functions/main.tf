# HTTP functions from one source archive, each with its own service account.

resource "google_service_account" "function" {
  for_each = var.functions

  account_id   = "fn-${each.key}"
  display_name = each.value.description
}

locals {
  secret_reads = merge([
    for name, function in var.functions : {
      for variable, secret in function.secrets : "${name}/${variable}" => { function = name, secret = secret }
    }
  ]...)
  public    = { for name, function in var.functions : name => function if function.public }
  scheduled = { for name, function in var.functions : name => function if length(function.schedules) > 0 }

  # One job per schedule, numbered where a function has several.
  jobs = merge([
    for name, function in local.scheduled : {
      for index, schedule in function.schedules :
      length(function.schedules) == 1 ? name : "${name}-${index + 1}" => { function = name, schedule = schedule }
    }
  ]...)
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = local.secret_reads

  secret_id = each.value.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}

resource "google_cloudfunctions2_function" "this" {
  #checkov:skip=CKV_GCP_124:Only functions declared public are open; tests/public.tftest.hcl lists them.
  for_each = var.functions

  name        = each.key
  location    = var.region
  description = each.value.description

  build_config {
    runtime           = "python313"
    entry_point       = replace(each.key, "-", "_")
    service_account   = var.build_account
    docker_repository = var.repository

    source {
      storage_source {
        bucket = var.source_archive.bucket
        object = var.source_archive.object
      }
    }
  }

  service_config {
    available_cpu                    = tostring(each.value.cpu)
    available_memory                 = each.value.memory
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = each.value.min_instances
    max_instance_count               = each.value.max_instances
    timeout_seconds                  = each.value.timeout_s
    service_account_email            = google_service_account.function[each.key].email

    # Scheduler calls of the same project count as internal.
    ingress_settings               = each.value.public ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    direct_vpc_egress = "VPC_EGRESS_PRIVATE_RANGES_ONLY"
    direct_vpc_network_interface {
      network    = var.network.network
      subnetwork = var.network.subnetwork
      tags       = ["functions"]
    }

    # A thread per request: the functions framework starts 4 per CPU by default, and further requests would wait. Its
    # server with threads needs more than one.
    environment_variables = merge({ THREADS = tostring(max(4, each.value.concurrency)) }, each.value.environment)

    dynamic "secret_environment_variables" {
      for_each = each.value.secrets
      content {
        key        = secret_environment_variables.key
        project_id = var.project_id
        secret     = secret_environment_variables.value
        version    = lookup(var.secret_versions, secret_environment_variables.value, "latest")
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reads]
}

# Public functions authenticate their callers themselves: by the user's token, or the webhook secret.
resource "google_cloud_run_v2_service_iam_member" "public" {
  #checkov:skip=CKV2_JANGBOGI_5:Functions that authenticate their callers; tests/public.tftest.hcl lists them.
  for_each = local.public

  name     = google_cloudfunctions2_function.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"

  # A replaced function loses its grants. Its id changes only then, so an update leaves them alone.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.this[each.key].id]
  }
}

resource "google_service_account" "scheduler" {
  account_id   = "functions-scheduler"
  display_name = "Calls the scheduled functions"
}

resource "google_cloud_run_v2_service_iam_member" "scheduler" {
  for_each = local.scheduled

  name     = google_cloudfunctions2_function.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member

  # A replaced function loses its grants. Its id changes only then, so an update leaves them alone.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.this[each.key].id]
  }
}

resource "google_cloud_scheduler_job" "this" {
  for_each = local.jobs

  name             = each.key
  description      = var.functions[each.value.function].description
  region           = var.region
  schedule         = each.value.schedule
  time_zone        = "Asia/Seoul"
  attempt_deadline = "${var.functions[each.value.function].timeout_s}s"

  # The next run is the retry.
  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.this[each.value.function].service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.this[each.value.function].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler]
}
