# What the outside can reach, on the whole root: nothing but the two functions of the app, which check their users themselves.

mock_provider "google" {}
mock_provider "supabase" {}

# The real one refuses to be destroyed, which a test ends with.
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
  }
  release = {
    images = {
      ocr_service  = "asia-northeast3-docker.pkg.dev/p/images/ocr_service@sha256:0000000000000000000000000000000000000000000000000000000000000001"
      model_export = "asia-northeast3-docker.pkg.dev/p/images/model_export@sha256:0000000000000000000000000000000000000000000000000000000000000002"
      mlflow       = "asia-northeast3-docker.pkg.dev/p/images/mlflow@sha256:0000000000000000000000000000000000000000000000000000000000000003"
    }
    functions_source = "functions/0000000000000000000000000000000000000000000000000000000000000004.zip"
  }
  barcode_providers = { keys = ["foodsafety", "haccp"], openfoodfacts_contact = "ops@example.com" }
}

run "without_a_release_nothing_runs" {
  variables {
    release = null
  }

  assert {
    condition     = length(output.public_functions) == 0 && length(output.private_services) == 0 && output.app_config == null
    error_message = "A first run makes registry, buckets and secrets only."
  }

  assert {
    condition     = contains(output.secrets, "SUPABASE_SECRET_KEY") && contains(output.secrets, "HACCP__KEY")
    error_message = "Secrets have to be there before the workloads."
  }
}

run "only_user_facing_functions_are_public" {
  assert {
    condition     = toset(output.public_functions) == toset(["barcode-lookup", "category-feedback"])
    error_message = "Public are the two functions of the app, nothing else."
  }

  assert {
    condition     = !contains(keys(output.function_uris), "receipt-uploaded") && !contains(output.secrets, "RECEIPT_WEBHOOK_SECRET")
    error_message = "Without a webhook there is no function and no secret for it."
  }
}

run "the_webhook_is_a_third_one_where_it_is_asked_for" {
  variables {
    receipts = { webhook = true }
  }

  assert {
    condition     = toset(output.public_functions) == toset(["barcode-lookup", "category-feedback", "receipt-uploaded"])
    error_message = "With a webhook there are three, still nothing else."
  }

  assert {
    condition     = output.function_secrets["receipt-uploaded"] == tolist(["RECEIPT_WEBHOOK_SECRET", "SUPABASE_SECRET_KEY"])
    error_message = "It knows the secret that the database shows."
  }

  assert {
    condition     = contains(keys(output.private_services["ocr-service"].invokers), "receipt-uploaded")
    error_message = "It may call the OCR service."
  }
}

run "a_sweep_with_much_memory_needs_half_a_cpu" {
  command = plan

  variables {
    receipts = { sweep_memory = "1Gi" }
  }
  expect_failures = [var.receipts]
}

run "more_than_a_cpu_is_whole" {
  command = plan

  variables {
    receipts = { sweep_cpu = 1.5 }
  }
  expect_failures = [var.receipts]
}

run "all_else_is_called_from_inside_by_named_accounts" {
  assert {
    condition = (
      toset(keys(output.private_services)) == toset(["ocr-service", "mlflow", "exporter"]) &&
      alltrue([for service in output.private_services : service.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"])
    )
    error_message = "No service takes calls from outside."
  }

  assert {
    condition = output.private_services["ocr-service"].invokers == {
      for name in ["receipt-sweep", "barcode-lookup"] : name => module.functions[0].service_accounts[name]
    }
    error_message = "Only the functions that read receipts or ask for categories may call the OCR service."
  }

  assert {
    condition     = output.private_services["mlflow"].invokers == { retrain = module.retrain[0].service_account }
    error_message = "Only the retraining job may call MLflow."
  }

  assert {
    condition     = length(output.private_services["exporter"].invokers) == 0
    error_message = "The exporter is read from inside its own instance."
  }

  assert {
    condition     = alltrue([for service in output.private_services : !contains(values(service.invokers), "allUsers")])
    error_message = "None is open to everybody."
  }
}

run "models_are_read_by_those_who_follow_releases" {
  assert {
    condition     = toset(keys(google_storage_bucket_iam_member.reads_models)) == toset(["exporter"])
    error_message = "Besides the OCR service, the exporter needs to know what the released model was made for."
  }
}

run "annotation_runs_where_there_is_a_label_studio" {
  variables {
    jobs = { label_studio_url = "https://label.example" }
  }

  assert {
    condition = (
      length(module.annotation) == 1 && contains(output.secrets, "LABEL_STUDIO_TOKEN") &&
      contains(keys(google_storage_bucket_iam_member.reads_models), "annotation")
    )
    error_message = "It needs a token, and the released model for its guesses."
  }
}

run "without_a_label_studio_nobody_is_asked" {
  assert {
    condition     = length(module.annotation) == 0 && !contains(output.secrets, "LABEL_STUDIO_TOKEN")
    error_message = "Nothing waits for a token that nobody has."
  }
}

run "label_studio_is_called_encrypted" {
  command = plan

  variables {
    jobs = { label_studio_url = "http://label.example" }
  }
  expect_failures = [var.jobs]
}

run "each_function_reads_its_own_secrets" {
  assert {
    condition = output.function_secrets == {
      receipt-sweep     = tolist(["FOODSAFETY__KEY", "SUPABASE_SECRET_KEY"])
      barcode-lookup    = tolist(["FOODSAFETY__KEY", "SUPABASE_SECRET_KEY"])
      category-feedback = tolist(["SUPABASE_SECRET_KEY"])
      product-index     = tolist(["HACCP__KEY", "SUPABASE_SECRET_KEY"])
    }
    error_message = "A function reads no secret that it does not use."
  }
}

run "images_are_pinned" {
  command = plan

  variables {
    release = {
      images           = { ocr_service = "ocr:latest", model_export = "x:1", mlflow = "y:1" }
      functions_source = "functions/0000000000000000000000000000000000000000000000000000000000000004.zip"
    }
  }
  expect_failures = [var.release]
}

run "functions_are_named_by_content" {
  command = plan

  variables {
    release = {
      images = {
        ocr_service  = "o@sha256:0000000000000000000000000000000000000000000000000000000000000001"
        model_export = "m@sha256:0000000000000000000000000000000000000000000000000000000000000002"
        mlflow       = "f@sha256:0000000000000000000000000000000000000000000000000000000000000003"
      }
      functions_source = "functions/latest.zip"
    }
  }
  expect_failures = [var.release]
}

run "a_secret_key_is_no_publishable_key" {
  command = plan

  variables {
    supabase = { organization_id = "org", site_url = "https://app.example", publishable_key = "sb_secret_oops" }
  }
  expect_failures = [var.supabase]
}

run "a_version_of_a_secret_that_is_not_there_is_refused" {
  command = plan

  variables {
    secret_versions = { SUPABASE_SERVICE_KEY = "2" }
  }
  expect_failures = [var.secret_versions]
}

run "the_reader_has_room" {
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
    error_message = "The alert policies are the rules of infra/monitoring, one for one."
  }
}

run "without_the_exporter_no_rule_asks_for_its_metrics" {
  variables {
    alerts = { emails = ["ops@example.com"], exporter = false }
  }

  assert {
    condition = (
      length(module.exporter) == 0 && !contains(output.secrets, "EXPORTER_DATABASE_URL") &&
      contains(keys(output.alert_rules), "OcrSlow") &&
      alltrue([for rule in output.alert_rules : !strcontains(rule.query, "jangbogi_")])
    )
    error_message = "What is not measured is not alerted on."
  }
}

run "the_budget_and_the_trust_are_optional" {
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
    error_message = "The budget is the amount given."
  }

  assert {
    condition     = module.delivery[0].condition == "assertion.repository_id == \"123456\""
    error_message = "Only tokens of this repository count."
  }

  assert {
    condition = alltrue([
      endswith(module.delivery[0].trusted["ci-deploy"], "/attribute.purpose/environment/staging"),
      endswith(module.delivery[0].trusted["ci-build"], "/attribute.purpose/main"),
      endswith(module.delivery[0].trusted["ci-plan"], "/attribute.purpose/pull_request"),
    ])
    error_message = "Pull requests plan, main builds, the reviewed environment deploys."
  }
}
