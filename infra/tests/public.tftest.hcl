# What is public in the whole root: only the app's two functions, which verify the user's token.

mock_provider "google" {}
mock_provider "supabase" {}

# A test ends with destroy, which the real module refuses.
override_module {
  target  = module.supabase
  outputs = { project_ref = "abcdefghijklmnopqrst", url = "https://abcdefghijklmnopqrst.supabase.co" }
}

variables {
  project_id  = "jangbogi-test"
  environment = "test"
  alerts      = { emails = ["ops@example.com"], runbook_url = "https://docs.example/runbook.md" }
  supabase = {
    organization_id = "org"
    site_url        = "https://app.example"
    publishable_key = "sb_publishable_test"
    smtp            = { host = "smtp.example", user = "u", sender = "no-reply@app.example" }
  }
  release = {
    images = {
      ocr_service  = "asia-northeast3-docker.pkg.dev/p/images/ocr_service@sha256:0000000000000000000000000000000000000000000000000000000000000001"
      model_export = "asia-northeast3-docker.pkg.dev/p/images/model_export@sha256:0000000000000000000000000000000000000000000000000000000000000002"
      mlflow       = "asia-northeast3-docker.pkg.dev/p/images/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000003"
      label_studio = "asia-northeast3-docker.pkg.dev/p/images/label_studio@sha256:0000000000000000000000000000000000000000000000000000000000000006"

      retrain_reading = "asia-northeast3-docker.pkg.dev/p/images/retrain_reading@sha256:0000000000000000000000000000000000000000000000000000000000000007"
    }
    functions_source = "functions/0000000000000000000000000000000000000000000000000000000000000004.zip"
  }
  barcode_providers = { keys = ["foodsafety", "haccp"], openfoodfacts_contact = "ops@example.com" }
}

run "without_a_release_there_are_no_workloads" {
  variables {
    release = null
  }

  assert {
    condition     = length(output.public_functions) == 0 && length(output.private_services) == 0 && output.app_config == null
    error_message = "A first run creates only registry, buckets, secrets and the Supabase project."
  }

  assert {
    condition     = contains(output.secrets, "SUPABASE_SECRET_KEY") && contains(output.secrets, "HACCP__KEY")
    error_message = "Secrets must exist before the workloads."
  }
}

run "reminders_by_mail_have_a_public_link_that_ends_them" {
  variables {
    jobs = { reminder_mails = true }
  }

  assert {
    condition     = toset(output.public_functions) == toset(["barcode-lookup", "category-feedback", "reminder-unsubscribe"])
    error_message = "The link in the mails must be reachable."
  }

  assert {
    condition     = contains(output.secrets, "SMTP_PASSWORD") && output.app_config.reminderMails
    error_message = "The mails need the password of the mail server, and the app must offer them."
  }
}

run "only_the_apps_functions_are_public" {
  assert {
    condition     = toset(output.public_functions) == toset(["barcode-lookup", "category-feedback"])
    error_message = "Only the app's two functions may be public."
  }

  assert {
    condition     = !contains(keys(output.function_uris), "receipt-uploaded") && !contains(output.secrets, "RECEIPT_WEBHOOK_SECRET")
    error_message = "Without a webhook its function and its secret must not exist."
  }
}

run "the_optional_webhook_is_a_third_public_function" {
  variables {
    receipts = { webhook = true }
  }

  assert {
    condition     = toset(output.public_functions) == toset(["barcode-lookup", "category-feedback", "receipt-uploaded"])
    error_message = "With a webhook exactly three functions are public."
  }

  assert {
    condition     = output.function_secrets["receipt-uploaded"] == tolist(["RECEIPT_WEBHOOK_SECRET", "SUPABASE_SECRET_KEY"])
    error_message = "The webhook must read its shared secret."
  }

  assert {
    condition     = contains(keys(output.private_services["ocr-service"].invokers), "receipt-uploaded")
    error_message = "The webhook may call the OCR service."
  }
}

run "a_sweep_with_1_gib_needs_half_a_cpu" {
  command = plan

  variables {
    receipts = { sweep_memory = "1Gi" }
  }
  expect_failures = [var.receipts]
}

run "more_than_one_cpu_must_be_whole" {
  command = plan

  variables {
    receipts = { sweep_cpu = 1.5 }
  }
  expect_failures = [var.receipts]
}

run "every_other_service_is_internal_with_named_callers" {
  assert {
    condition = (
      toset(keys(output.private_services)) == toset(["ocr-service", "mlflow", "exporter"]) &&
      alltrue([for service in output.private_services : service.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"])
    )
    error_message = "No private service may accept external calls."
  }

  assert {
    condition = output.private_services["ocr-service"].invokers == {
      receipt-sweep  = module.functions[0].service_accounts["receipt-sweep"]
      barcode-lookup = module.functions[0].service_accounts["barcode-lookup"]
      reread         = module.reread[0].service_account
    }
    error_message = "Only functions and jobs that read receipts or look up categories may call the OCR service."
  }

  assert {
    condition     = output.private_services["mlflow"].invokers == { retrain = module.retrain[0].service_account }
    error_message = "Only the retraining job may call MLflow."
  }

  assert {
    condition     = length(output.private_services["exporter"].invokers) == 0
    error_message = "The exporter is scraped from inside its instance and has no callers."
  }

  assert {
    condition     = alltrue([for service in output.private_services : !contains(values(service.invokers), "allUsers")])
    error_message = "No private service may be public."
  }
}

run "model_releases_are_read_by_their_followers" {
  assert {
    condition     = toset(keys(google_storage_bucket_iam_member.reads_models)) == toset(["exporter"])
    error_message = "Besides the OCR service, only the exporter reads model releases, for the training distribution."
  }
}

run "annotation_runs_with_a_label_studio" {
  variables {
    jobs = { label_studio_url = "https://label.example" }
  }

  assert {
    condition = (
      length(module.annotation) == 1 && contains(output.secrets, "LABEL_STUDIO_TOKEN") &&
      contains(output.secrets, "ANNOTATION_DATABASE_URL") &&
      contains(keys(google_storage_bucket_iam_member.reads_models), "annotation")
    )
    error_message = "Annotation needs a Label Studio token, and the released model for pre-annotations."
  }
}

run "without_a_label_studio_there_is_no_annotation_job" {
  assert {
    condition     = length(module.annotation) == 0 && !contains(output.secrets, "LABEL_STUDIO_TOKEN")
    error_message = "Without Label Studio its token must not be required."
  }
}

run "photos_are_copied_on_request" {
  variables {
    backups = { photos = { image = "asia-northeast3-docker.pkg.dev/p/images/rclone@sha256:0000000000000000000000000000000000000000000000000000000000000005" } }
  }

  assert {
    condition     = contains(output.secrets, "PHOTOS_S3_SECRET") && length(google_storage_bucket_iam_member.photo_backup_writes) == 1
    error_message = "The copy needs its keys and its bucket."
  }
}

run "traces_are_written_by_functions_and_ocr_service" {
  variables {
    traces = 0.1
  }

  assert {
    condition     = contains(keys(google_project_iam_member.writes_traces), "receipt-sweep") && contains(keys(google_project_iam_member.writes_traces), "ocr-service")
    error_message = "Traced workloads must be able to write traces."
  }
}

run "the_recogniser_is_retrained_with_an_image_of_its_own" {
  variables {
    jobs = { label_studio_url = "https://label.example" }
  }

  assert {
    condition = (
      output.private_services["mlflow"].invokers == {
        retrain         = module.retrain[0].service_account
        retrain-reading = module.retrain_reading[0].service_account
      } &&
      toset(keys(google_storage_bucket_iam_member.retrain_releases)) == toset(["retrain", "retrain-reading"])
    )
    error_message = "Both retrainings write releases and call MLflow, each as its own account."
  }
}

run "without_annotators_nothing_teaches_the_recogniser" {
  assert {
    condition     = length(module.retrain_reading) == 0
    error_message = "Its job needs transcribed lines."
  }
}

run "a_release_from_before_the_image_can_be_rolled_back_to" {
  variables {
    jobs = { label_studio_url = "https://label.example" }
    release = {
      images = {
        ocr_service  = "o@sha256:0000000000000000000000000000000000000000000000000000000000000001"
        model_export = "m@sha256:0000000000000000000000000000000000000000000000000000000000000002"
        mlflow       = "f@sha256:0000000000000000000000000000000000000000000000000000000000000003"
        label_studio = "l@sha256:0000000000000000000000000000000000000000000000000000000000000006"
      }
      functions_source = "functions/0000000000000000000000000000000000000000000000000000000000000004.zip"
    }
  }

  assert {
    condition     = length(module.retrain_reading) == 0 && length(module.retrain) == 1
    error_message = "What such a release lacks is not deployed."
  }
}

run "without_people_there_is_no_page" {
  assert {
    condition     = output.people == {} && length(module.label_studio) == 0 && !contains(output.secrets, "LABEL_STUDIO_SECRET_KEY")
    error_message = "Pages for people are created for named people only."
  }
}

run "people_open_mlflow_and_label_studio_through_the_proxy" {
  variables {
    people       = { mlflow = ["group:models@example.com"] }
    label_studio = { annotators = ["group:annotators@example.com"], administrator = "lead@example.com" }
  }

  assert {
    condition = (
      { for name, page in output.people : name => tolist(page.people) } ==
      { mlflow-people = tolist(["group:models@example.com"]), label-studio-people = tolist(["group:annotators@example.com"]) } &&
      alltrue([for page in output.people : alltrue([for member in page.invokers : endswith(member, "@gcp-sa-iap.iam.gserviceaccount.com")])])
    )
    error_message = "Each page lets in its own people, and only the proxy calls it."
  }

  assert {
    condition = (
      toset(keys(output.private_services)) == toset(["ocr-service", "mlflow", "label-studio", "exporter"]) &&
      alltrue([for service in output.private_services : service.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"]) &&
      output.private_services["label-studio"].invokers == { annotation = module.annotation[0].service_account } &&
      output.private_services["mlflow"].invokers == {
        retrain         = module.retrain[0].service_account
        retrain-reading = module.retrain_reading[0].service_account
      }
    )
    error_message = "Jobs use the internal services, and each only its own."
  }

  assert {
    condition = (
      toset(keys(google_storage_bucket_iam_member.mlflow_keeps_artifacts)) == toset(["mlflow", "mlflow-people"]) &&
      toset(keys(google_storage_bucket_iam_member.label_studio_files)) == toset(["label-studio", "label-studio-people"])
    )
    error_message = "Both servers of a tool share its bucket."
  }

  assert {
    condition = length(setsubtract(
      ["LABEL_STUDIO_DATABASE_URL", "LABEL_STUDIO_SECRET_KEY", "LABEL_STUDIO_PASSWORD", "LABEL_STUDIO_TOKEN", "ANNOTATION_DATABASE_URL"],
      output.secrets,
    )) == 0
    error_message = "Label Studio and the annotation job need their secrets."
  }
}

run "one_label_studio_is_enough" {
  command = plan

  variables {
    jobs         = { label_studio_url = "https://label.example" }
    label_studio = { annotators = ["group:annotators@example.com"], administrator = "lead@example.com" }
  }
  expect_failures = [var.label_studio]
}

run "label_studio_needs_https" {
  command = plan

  variables {
    jobs = { label_studio_url = "http://label.example" }
  }
  expect_failures = [var.jobs]
}

run "each_function_reads_only_its_own_secrets" {
  assert {
    condition = output.function_secrets == {
      receipt-sweep     = tolist(["FOODSAFETY__KEY", "SUPABASE_SECRET_KEY"])
      barcode-lookup    = tolist(["FOODSAFETY__KEY", "SUPABASE_SECRET_KEY"])
      category-feedback = tolist(["SUPABASE_SECRET_KEY"])
      canary            = tolist(["SUPABASE_SECRET_KEY"])
      product-index     = tolist(["HACCP__KEY", "SUPABASE_SECRET_KEY"])
      reminders         = tolist(["SUPABASE_SECRET_KEY"])
    }
    error_message = "A function may read only the secrets that it uses."
  }
}

run "images_must_be_pinned" {
  command = plan

  variables {
    release = {
      images           = { ocr_service = "ocr:latest", model_export = "x:1", mlflow = "y:1", label_studio = "z:1" }
      functions_source = "functions/0000000000000000000000000000000000000000000000000000000000000004.zip"
    }
  }
  expect_failures = [var.release]
}

run "the_functions_archive_must_be_named_by_its_content" {
  command = plan

  variables {
    release = {
      images = {
        ocr_service  = "o@sha256:0000000000000000000000000000000000000000000000000000000000000001"
        model_export = "m@sha256:0000000000000000000000000000000000000000000000000000000000000002"
        mlflow       = "f@sha256:0000000000000000000000000000000000000000000000000000000000000003"
        label_studio = "l@sha256:0000000000000000000000000000000000000000000000000000000000000006"
      }
      functions_source = "functions/latest.zip"
    }
  }
  expect_failures = [var.release]
}

run "a_secret_key_as_publishable_key_is_refused" {
  command = plan

  variables {
    supabase = { organization_id = "org", site_url = "https://app.example", publishable_key = "sb_secret_oops" }
  }
  expect_failures = [var.supabase]
}

run "a_version_of_an_unknown_secret_is_refused" {
  command = plan

  variables {
    secret_versions = { SUPABASE_SERVICE_KEY = "2" }
  }
  expect_failures = [var.secret_versions]
}

run "the_ocr_service_needs_2_gib" {
  command = plan

  variables {
    ocr_service = { memory = "512Mi" }
  }
  expect_failures = [var.ocr_service]
}

run "every_rule_has_its_alert_policy" {
  assert {
    condition = toset(keys(output.alert_rules)) == toset(flatten([
      for file in fileset("monitoring", "rules/*.yml") : [
        for group in yamldecode(file("monitoring/${file}")).groups : [for rule in group.rules : rule.alert]
      ]
    ]))
    error_message = "Every rule of infra/monitoring must have exactly one alert policy."
  }
}

run "without_the_exporter_its_rules_are_left_out" {
  variables {
    alerts = { emails = ["ops@example.com"], exporter = false }
  }

  assert {
    condition = (
      length(module.exporter) == 0 && !contains(output.secrets, "EXPORTER_DATABASE_URL") &&
      contains(keys(output.alert_rules), "OcrSlow") &&
      alltrue([for rule in output.alert_rules : !strcontains(rule.query, "jangbogi_")])
    )
    error_message = "Rules on metrics that are not collected must be left out."
  }
}

run "the_budget_and_the_github_trust_are_optional" {
  variables {
    budget = { billing_account = "000000-000000-000000", amount = 300 }
    delivery = {
      repository_id      = "123456"
      deploy_environment = "staging"
      state_bucket       = "jangbogi-test-state"
    }
  }

  assert {
    condition     = google_billing_budget.this[0].amount[0].specified_amount[0].units == "300"
    error_message = "The budget must have the configured amount."
  }

  # Google refuses another currency than the billing account's, and a Korean account is in won.
  assert {
    condition     = var.budget.currency == null
    error_message = "The budget must be in the currency of the billing account unless one is named."
  }

  assert {
    condition     = module.delivery[0].condition == "assertion.repository_id == \"123456\""
    error_message = "Only tokens of this repository may be accepted."
  }

  assert {
    condition = alltrue([
      endswith(module.delivery[0].trusted["ci-deploy environment/staging"], "/attribute.purpose/environment/staging"),
      endswith(module.delivery[0].trusted["ci-build main"], "/attribute.purpose/main"),
      endswith(module.delivery[0].trusted["ci-plan pull_request"], "/attribute.purpose/pull_request"),
    ])
    error_message = "Pull requests may plan, main may build, the reviewed environment may deploy."
  }
}
