# The workloads; created once there is a release.

module "ocr_service" {
  source = "./modules/ocr_service"
  count  = local.released

  project_id         = var.project_id
  region             = var.region
  image              = var.release.images.ocr_service
  size               = var.ocr_service
  network            = module.network.attachment
  release_uri        = local.release_uri
  models_bucket      = module.storage.buckets["models"]
  release_public_key = var.ocr_service.release_public_key
  traces             = { for name, value in local.traces : "OCR_${name}" => value }
  metrics_image      = var.ocr_service.metrics ? var.metrics_image : null

  callers = merge(
    {
      for name in concat(["receipt-sweep", "barcode-lookup"], var.receipts.webhook ? ["receipt-uploaded"] : []) : name => module.functions[0].service_accounts[name]
    },
    { reread = module.reread[0].service_account },
  )
}

resource "google_storage_bucket_iam_member" "reads_models" {
  for_each = { for reader in concat(module.exporter, module.annotation) : reader.name => reader.service_account }

  bucket = module.storage.buckets["models"]
  role   = "roles/storage.objectViewer"
  member = each.value
}

locals {
  traces = var.traces == 0 ? {} : {
    TRACES_EXPORTER = "google"
    TRACES_PROJECT  = var.project_id
    TRACES_SAMPLE   = tostring(var.traces)
  }

  function_settings = merge(local.traces, {
    SUPABASE_URL             = module.supabase.url
    SUPABASE_PUBLISHABLE_KEY = var.supabase.publishable_key
    OCR_SERVICE_URL          = try(module.ocr_service[0].uri, null)
    APP_ORIGINS              = join(",", var.functions.app_origins)
  })

  lookup_settings = merge(local.function_settings, {
    OPENFOODFACTS__CONTACT = var.barcode_providers.openfoodfacts_contact
  })

  # Secret names; referring to them waits for their creation.
  secret = module.secrets.ids

  own_key = { SUPABASE_SECRET_KEY = local.secret["SUPABASE_SECRET_KEY"] }

  # Only the product index reads the HACCP key.
  lookup_keys = { for name in local.provider_keys : name => local.secret[name] if name != "HACCP__KEY" }
  index_keys  = { for name in local.provider_keys : name => local.secret[name] if name == "HACCP__KEY" }

  # The optional webhook, which Supabase calls from outside. Without it the sweep polls the queue.
  webhook = {
    receipt-uploaded = {
      description   = "Webhook: processes an uploaded receipt, called by Supabase with a shared secret"
      public        = true
      environment   = local.function_settings
      secrets       = merge(local.own_key, { RECEIPT_WEBHOOK_SECRET = try(local.secret["RECEIPT_WEBHOOK_SECRET"], null) })
      min_instances = var.functions.min_instances
      max_instances = var.functions.max_instances
      # Longer than processing may take (130 s), shorter than the lease of a receipt (180 s): functions/core/settings.py.
      timeout_s = 150
    }
  }

  # Each concurrent receipt takes up to 25 MiB with the largest photo; the function itself takes about 110 MiB, and the
  # photo of a line that is cropped beside them 60, in base64.
  sweep_capacity = floor((lookup({ "256Mi" = 256, "512Mi" = 512, "1Gi" = 1024, "2Gi" = 2048, "4Gi" = 4096 }, var.receipts.sweep_memory) - 170) / 25)

  polling = {
    SWEEP_BUDGET_S = 65 # The next minute's sweep has started by then.
    SWEEP_POLL_S   = var.receipts.poll_s
    SWEEP_WORKERS  = min(100, local.sweep_capacity, coalesce(var.receipts.concurrency, var.ocr_service.max_instances))
  }

  # The link in reminders by mail. It needs no token of a user: the link contains its own.
  unsubscribe = {
    reminder-unsubscribe = merge(local.for_users, {
      description   = "Ends reminders by mail, called by their link"
      environment   = local.function_settings
      secrets       = local.own_key
      min_instances = 0
    })
  }

  reminder_mails = var.jobs.reminder_mails ? {
    SMTP_HOST        = var.supabase.smtp.host
    SMTP_PORT        = tostring(var.supabase.smtp.port)
    SMTP_SECURITY    = var.supabase.smtp.port == 465 ? "tls" : "starttls"
    SMTP_USER        = var.supabase.smtp.user
    SMTP_SENDER      = var.supabase.smtp.sender
    SMTP_SENDER_NAME = var.supabase.smtp.sender_name
    # Functions have this URL, too, and it is known before they exist.
    UNSUBSCRIBE_URL = "https://${var.region}-${var.project_id}.cloudfunctions.net/reminder-unsubscribe"
  } : {}

  # Functions that the app calls.
  for_users = {
    public        = true
    concurrency   = 16
    min_instances = var.functions.min_instances
    max_instances = var.functions.max_instances
    timeout_s     = 30
  }
}

module "functions" {
  source = "./modules/functions"
  count  = local.released

  project_id     = var.project_id
  region         = var.region
  source_archive = { bucket = module.storage.buckets["sources"], object = var.release.functions_source }
  build_account  = module.functions_build.account
  repository     = module.storage.repositories["functions"]
  network        = module.network.attachment

  secret_versions = var.secret_versions

  functions = merge({
    for name, function in merge(local.webhook, local.unsubscribe) : name => function
    if name == "reminder-unsubscribe" ? var.jobs.reminder_mails : var.receipts.webhook
    }, {
    receipt-sweep = {
      description = "Sweep, every minute: processes receipts, retries unknown barcodes, deletes accounts and old photos"
      schedules   = var.jobs.sweep
      environment = merge(local.lookup_settings, var.receipts.webhook ? {} : local.polling)
      secrets     = merge(local.own_key, local.lookup_keys)
      cpu         = var.receipts.sweep_cpu
      memory      = var.receipts.sweep_memory
      concurrency = 1
      # A run overlaps the next one, or the one after that while a slow photo is being read.
      max_instances = 2 * length(var.jobs.sweep)
      # 65 s of claiming and 130 s for the last receipt; barcodes and deletions run alongside.
      timeout_s = 240
    }
    barcode-lookup = merge(local.for_users, {
      description = "Looks up the product of a barcode"
      # A lookup mostly waits for providers, and must not wait for a thread. As in functions/barcode/lookup.py.
      concurrency = 64
      environment = local.lookup_settings
      secrets     = merge(local.own_key, local.lookup_keys)
    })
    category-feedback = merge(local.for_users, {
      description = "Stores a user's category correction"
      environment = local.function_settings
      secrets     = local.own_key
    })
    canary = {
      description   = "Every 15 minutes: uploads a receipt as a user of its own and checks what was read"
      schedules     = [var.jobs.canary]
      environment   = local.function_settings
      secrets       = local.own_key
      concurrency   = 1
      max_instances = 1
      cpu           = 0.167
      memory        = "256Mi"
      # It waits up to two minutes for its receipt, and up to one for the rest.
      timeout_s = 240
    }
    reminders = {
      description = "Every five minutes: sends reminders of use-by dates through Expo's push service and by mail"
      schedules   = [var.jobs.reminders]
      environment = merge(local.function_settings, local.reminder_mails)
      secrets = merge(
        local.own_key,
        var.jobs.expo_access_token ? { EXPO_ACCESS_TOKEN = local.secret["EXPO_ACCESS_TOKEN"] } : {},
        var.jobs.reminder_mails ? { SMTP_PASSWORD = local.secret["SMTP_PASSWORD"] } : {},
      )
      concurrency   = 1
      max_instances = 1
      cpu           = 0.167
      memory        = "256Mi"
      # 180 s of claiming, and the last calls of Expo and of the database.
      timeout_s = 240
    }
    product-index = {
      description   = "Daily: reloads the HACCP product index once it is a week old"
      schedules     = [var.jobs.product_index]
      environment   = local.function_settings
      secrets       = merge(local.own_key, local.index_keys)
      concurrency   = 1
      max_instances = 1
      timeout_s     = 300
    }
  })
}

module "mlflow" {
  source = "./modules/private_service"
  count  = local.released

  project_id  = var.project_id
  region      = var.region
  name        = "mlflow"
  description = "Tracks training runs and registers models"
  image       = var.release.images.mlflow
  size        = { cpu = 1, memory = "2Gi", max_instances = 1 }
  probes      = { alive = "/health", ready = "/health" }
  timeout_s   = 600
  secrets     = { MLFLOW_BACKEND_STORE_URI = local.secret["MLFLOW_BACKEND_STORE_URI"] }

  secret_versions = var.secret_versions

  # Its database is at Supabase, outside this network.
  network = merge(module.network.attachment, { sealed = false })

  environment = {
    MLFLOW_ARTIFACTS_DESTINATION = "gs://${module.storage.buckets["mlflow"]}"
    MLFLOW_SERVER_ALLOWED_HOSTS  = "*.run.app,localhost:*,127.0.0.1:*"
  }

  invokers = { for job in concat(module.retrain, module.retrain_reading) : job.name => job.service_account }
}

# The same server for people. It shares database and bucket with the one above, which only the job can reach.
module "mlflow_people" {
  source = "./modules/people_service"
  count  = length(var.people.mlflow) == 0 ? 0 : local.released

  project_id  = var.project_id
  region      = var.region
  name        = "mlflow-people"
  description = "Shows training runs and models to people"
  image       = var.release.images.mlflow
  people      = var.people.mlflow
  network     = module.network.attachment
  secrets     = { MLFLOW_BACKEND_STORE_URI = local.secret["MLFLOW_BACKEND_STORE_URI"] }

  secret_versions = var.secret_versions

  environment = {
    MLFLOW_ARTIFACTS_DESTINATION       = "gs://${module.storage.buckets["mlflow"]}"
    MLFLOW_SERVER_ALLOWED_HOSTS        = "*.run.app,localhost:*,127.0.0.1:*"
    MLFLOW_SERVER_CORS_ALLOWED_ORIGINS = "{url}"
  }
}

resource "google_storage_bucket_iam_member" "mlflow_keeps_artifacts" {
  for_each = { for server in concat(module.mlflow, module.mlflow_people) : server.name => server.service_account }

  bucket = module.storage.buckets["mlflow"]
  role   = "roles/storage.objectUser"
  member = each.value
}

locals {
  retraining_environment = {
    MLFLOW_TRACKING_URI = try(module.mlflow[0].uri, "")
    RELEASE_URI         = local.release_uri
    RETRAIN_MODE        = var.jobs.promotion
  }
  retraining_secrets = merge(
    { DATABASE_URL = local.secret["RETRAINING_DATABASE_URL"] },
    var.jobs.signed_releases ? { RELEASE_SIGNING_KEY = local.secret["RELEASE_SIGNING_KEY"] } : {},
  )
}

module "retrain" {
  source = "./modules/jobs"
  count  = local.released

  region      = var.region
  name        = "retrain"
  description = "Weekly: trains on corrections and releases a better category model"
  image       = var.release.images.model_export
  command     = ["python3", "-m", "model_export.retrain"]
  schedule    = var.jobs.retrain
  paused      = !var.jobs.retraining_enabled
  network     = module.network.attachment
  size        = { cpu = var.jobs.retrain_cpu, memory = var.jobs.retrain_memory, timeout_s = var.jobs.retrain_timeout_s }

  environment = local.retraining_environment
  secrets     = local.retraining_secrets
}

# Has an image of its own, because training the recogniser needs torch and fonts. It learns from annotators' transcriptions.
module "retrain_reading" {
  source = "./modules/jobs"
  count  = local.annotates && try(var.release.images.retrain_reading, null) != null ? 1 : 0

  region      = var.region
  name        = "retrain-reading"
  description = "Monthly: trains on crops that users agreed to, and releases a better recogniser"
  image       = var.release.images.retrain_reading
  command     = ["python3", "-m", "model_export.retrain", "--model", "recogniser", "--threads", tostring(var.jobs.reading_cpu)]
  schedule    = var.jobs.reading
  paused      = !var.jobs.retraining_enabled
  network     = module.network.attachment
  size        = { cpu = var.jobs.reading_cpu, memory = var.jobs.reading_memory, timeout_s = var.jobs.reading_timeout_s }

  environment = local.retraining_environment
  secrets     = local.retraining_secrets
}

resource "google_storage_bucket_iam_member" "retrain_releases" {
  for_each = { for job in concat(module.retrain, module.retrain_reading) : job.name => job.service_account }

  bucket = module.storage.buckets["models"]
  role   = "roles/storage.objectUser"
  member = each.value
}

locals {
  label_studio_settings = {
    DISABLE_SIGNUP_WITHOUT_LINK = "true"
    LABEL_STUDIO_USERNAME       = try(var.label_studio.administrator, "")
    STORAGE_TYPE                = "gcs"
    STORAGE_GCS_PROJECT_ID      = var.project_id
    STORAGE_GCS_BUCKET_NAME     = try(module.storage.buckets["label-studio"], "")
  }

  label_studio_secrets = var.label_studio == null ? {} : {
    DATABASE_URL          = local.secret["LABEL_STUDIO_DATABASE_URL"]
    SECRET_KEY            = local.secret["LABEL_STUDIO_SECRET_KEY"]
    LABEL_STUDIO_PASSWORD = local.secret["LABEL_STUDIO_PASSWORD"]
  }
}

# Annotators' Label Studio: behind IAP for people, internal for the job. Both share database, bucket and secrets.
module "label_studio_people" {
  source = "./modules/people_service"
  count  = var.label_studio == null ? 0 : local.released

  project_id  = var.project_id
  region      = var.region
  name        = "label-studio-people"
  description = "Label Studio for annotators"
  image       = var.release.images.label_studio
  people      = var.label_studio.annotators
  network     = module.network.attachment
  secrets     = local.label_studio_secrets

  secret_versions = var.secret_versions

  environment = merge(local.label_studio_settings, {
    LABEL_STUDIO_HOST     = "{url}"
    CSRF_TRUSTED_ORIGINS  = "{url}"
    SESSION_COOKIE_SECURE = "1"
  })
}

module "label_studio" {
  source = "./modules/private_service"
  count  = var.label_studio == null ? 0 : local.released

  project_id  = var.project_id
  region      = var.region
  name        = "label-studio"
  description = "Label Studio's API for the annotation job"
  image       = var.release.images.label_studio
  protect     = false # Its data is in a database and a bucket.
  size        = { cpu = 1, memory = "2Gi", max_instances = 1 }
  probes      = { alive = "/health", ready = "/health", start_within_s = 240 }
  timeout_s   = 300
  environment = local.label_studio_settings
  secrets     = local.label_studio_secrets
  invokers    = { annotation = module.annotation[0].service_account }

  secret_versions = var.secret_versions

  # Its database is at Supabase, outside this network.
  network = merge(module.network.attachment, { sealed = false })
}

resource "google_storage_bucket_iam_member" "label_studio_files" {
  for_each = { for server in concat(module.label_studio, module.label_studio_people) : server.name => server.service_account }

  bucket = module.storage.buckets["label-studio"]
  role   = "roles/storage.objectUser"
  member = each.value
}

# Runs before retraining, which uses the annotators' agreed answers.
module "annotation" {
  source = "./modules/jobs"
  count  = local.annotates ? local.released : 0

  region      = var.region
  name        = "annotation"
  description = "Daily: pulls annotators' answers and pushes new names to Label Studio"
  image       = var.release.images.model_export
  command     = ["python3", "-m", "model_export.annotation", "exchange"]
  schedule    = var.jobs.annotation
  network     = module.network.attachment
  size        = { cpu = 1, memory = "1Gi", timeout_s = 1800 }

  environment = {
    LABEL_STUDIO_URL = var.label_studio == null ? var.jobs.label_studio_url : module.label_studio[0].uri
    RELEASE_URI      = local.release_uri
  }

  secrets = {
    DATABASE_URL       = local.secret["ANNOTATION_DATABASE_URL"]
    LABEL_STUDIO_TOKEN = local.secret["LABEL_STUDIO_TOKEN"]
  }
}

# Started by hand, with as many tasks as are needed: docs/rereading.md. It downloads photos, which only the secret key may.
module "reread" {
  source = "./modules/jobs"
  count  = local.released

  region      = var.region
  name        = "reread"
  description = "By hand: reads old photos again with newer models"
  image       = var.release.images.model_export
  command     = ["python3", "-m", "functions.rereading"]
  network     = module.network.attachment
  size        = { cpu = 1, memory = "512Mi", timeout_s = 86400 }
  retries     = 3

  environment = {
    SUPABASE_URL             = module.supabase.url
    SUPABASE_PUBLISHABLE_KEY = var.supabase.publishable_key
    OCR_SERVICE_URL          = try(module.ocr_service[0].uri, null)
  }

  secrets = local.own_key
}

# Copies the photos from Supabase Storage, whose contents are not in Supabase's backups. What is deleted there is deleted
# here as well.
module "photo_backup" {
  source = "./modules/jobs"
  count  = var.backups.photos == null ? 0 : local.released

  region      = var.region
  name        = "photo-backup"
  description = "Copies the photos' bucket"
  image       = var.backups.photos.image
  command     = ["rclone", "sync", "--checksum", "--transfers=8", "--stats-one-line", "photos:ocr", "copy:${module.storage.buckets["photo-copy"]}"]
  schedule    = var.backups.photos.schedule
  network     = module.network.attachment
  size        = { cpu = 1, memory = "1Gi", timeout_s = 18000 }

  environment = {
    RCLONE_CONFIG_PHOTOS_TYPE             = "s3"
    RCLONE_CONFIG_PHOTOS_PROVIDER         = "Other"
    RCLONE_CONFIG_PHOTOS_ENDPOINT         = "${module.supabase.url}/storage/v1/s3"
    RCLONE_CONFIG_PHOTOS_REGION           = var.supabase.region
    RCLONE_CONFIG_COPY_TYPE               = "google cloud storage"
    RCLONE_CONFIG_COPY_ENV_AUTH           = "true"
    RCLONE_CONFIG_COPY_BUCKET_POLICY_ONLY = "true"
  }

  secrets = {
    RCLONE_CONFIG_PHOTOS_ACCESS_KEY_ID     = local.secret["PHOTOS_S3_KEY_ID"]
    RCLONE_CONFIG_PHOTOS_SECRET_ACCESS_KEY = local.secret["PHOTOS_S3_SECRET"]
  }
}

resource "google_storage_bucket_iam_member" "photo_backup_writes" {
  count = var.backups.photos == null ? 0 : local.released

  bucket = module.storage.buckets["photo-copy"]
  role   = "roles/storage.objectUser"
  member = module.photo_backup[0].service_account
}

module "exporter" {
  source = "./modules/private_service"
  count  = var.alerts.exporter ? local.released : 0

  project_id  = var.project_id
  region      = var.region
  name        = "exporter"
  description = "Publishes queue, quality and drift as metrics"
  image       = var.release.images.model_export
  command     = ["python3", "-m", "infra.monitoring", "serve", "--host", "0.0.0.0", "--port", "8080"]
  protect     = false # It is stateless and optional.
  size        = { cpu = 1, memory = "1Gi", min_instances = 1, max_instances = 1, always_on = true }
  network     = merge(module.network.attachment, { sealed = false })

  # Every path queries the database, so probe the port instead.
  probes = { alive = "", ready = "" }

  # Drift is measured against the training distribution of the released model.
  environment = { RELEASE_URI = local.release_uri }

  secrets         = { DATABASE_URL = local.secret["EXPORTER_DATABASE_URL"] }
  secret_versions = var.secret_versions
  metrics_image   = var.metrics_image
}

module "monitoring" {
  source = "./modules/monitoring"

  released    = var.release != null
  project_id  = var.project_id
  emails      = var.alerts.emails
  runbook_url = var.alerts.runbook_url
  slo         = var.alerts

  muted = var.alerts.muted

  # Leave out rules on metrics that are not collected here: they would only fire for missing data.
  rule_groups = [
    for group in flatten([
      for file in fileset("${path.module}/monitoring", "rules/*.yml") : yamldecode(file("${path.module}/monitoring/${file}")).groups
      ]) : merge(group, {
      rules = [
        for rule in group.rules : rule
        if(var.alerts.exporter || !strcontains(rule.expr, "jangbogi_")) && (var.ocr_service.metrics || !strcontains(rule.expr, "ocr_"))
      ]
    })
  ]

  # Without the exporter only the pipeline's dashboard has data: that of the OCR service.
  dashboards = {
    for file in fileset("${path.module}/monitoring/dashboards", "*.cloud.json") :
    trimsuffix(file, ".cloud.json") => file("${path.module}/monitoring/dashboards/${file}")
    if var.alerts.exporter || file == "pipeline.cloud.json"
  }

  uptime = {
    barcode-lookup    = { uri = try(module.functions[0].uris["barcode-lookup"], ""), status = 401 }
    category-feedback = { uri = try(module.functions[0].uris["category-feedback"], ""), status = 405 }
  }

  depends_on = [google_project_service.this]
}

# Who may write traces: the functions and the OCR service.
resource "google_project_iam_member" "writes_traces" {
  for_each = var.traces == 0 || var.release == null ? {} : merge(
    module.functions[0].service_accounts,
    { ocr-service = module.ocr_service[0].service_account },
  )

  project = var.project_id
  role    = "roles/telemetry.tracesWriter"
  member  = each.value
}
