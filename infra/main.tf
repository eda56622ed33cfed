locals {
  # Without a release there is nothing to run: registry, buckets, secrets and the Supabase project come first.
  released = var.release == null ? 0 : 1

  apis = toset([
    "artifactregistry", "billingbudgets", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "cloudscheduler",
    "compute", "dns", "iam", "iamcredentials", "iap", "logging", "monitoring", "run", "secretmanager", "storage", "sts",
    "telemetry",
  ])

  provider_keys = toset([for name in var.barcode_providers.keys : "${upper(name)}__KEY"])

  # A secret has the name of the environment variable that reads it, prefixed by its reader where names clash.
  secret_names = setunion(["SUPABASE_SECRET_KEY", "RETRAINING_DATABASE_URL", "MLFLOW_BACKEND_STORE_URI"], local.optional_secrets)

  optional_secrets = setunion(
    var.receipts.webhook ? ["RECEIPT_WEBHOOK_SECRET"] : [],
    local.provider_keys,
    var.alerts.exporter ? ["EXPORTER_DATABASE_URL"] : [],
    var.jobs.signed_releases ? ["RELEASE_SIGNING_KEY"] : [],
    var.jobs.expo_access_token ? ["EXPO_ACCESS_TOKEN"] : [],
    var.jobs.reminder_mails ? ["SMTP_PASSWORD"] : [],
    local.annotates ? ["ANNOTATION_DATABASE_URL", "LABEL_STUDIO_TOKEN"] : [],
    var.label_studio == null ? [] : ["LABEL_STUDIO_DATABASE_URL", "LABEL_STUDIO_SECRET_KEY", "LABEL_STUDIO_PASSWORD"],
    var.backups.photos == null ? [] : ["PHOTOS_S3_KEY_ID", "PHOTOS_S3_SECRET"],
  )

  # With our own Label Studio or another one.
  annotates = var.label_studio != null || var.jobs.label_studio_url != ""

  release_uri = "gs://${module.storage.buckets["models"]}/releases"
}

resource "google_project_service" "this" {
  for_each = local.apis

  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false
}

# Audit secret access and writes to buckets. Reads of buckets are left out: every OCR instance polls for releases.
resource "google_project_iam_audit_config" "this" {
  for_each = {
    "secretmanager.googleapis.com" = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"]
    "storage.googleapis.com"       = ["DATA_WRITE"]
  }

  project = var.project_id
  service = each.key

  dynamic "audit_log_config" {
    for_each = each.value
    content {
      log_type = audit_log_config.value
    }
  }

  depends_on = [google_project_service.this]
}

module "network" {
  source = "./modules/network"

  region = var.region
  cidr   = var.subnet_cidr

  depends_on = [google_project_service.this]
}

module "storage" {
  source = "./modules/storage"

  project_id = var.project_id
  region     = var.region
  buckets = merge(
    { sources = {}, models = { keep_days = 365, keep_versions = 50 }, mlflow = { keep_days = 30, keep_versions = 3 } },
    # A photo that its user deleted stays for as long as in the database's backups. No version is kept for longer.
    var.backups.photos == null ? {} : { photo-copy = { keep_days = 7, keep_versions = 0 } },
    # Uploads and exports; tasks and answers are in the database.
    var.label_studio == null ? {} : { label-studio = { keep_days = 30, keep_versions = 3 } },
  )

  depends_on = [google_project_service.this]
}

module "functions_build" {
  source = "./modules/functions_build"

  project_id     = var.project_id
  sources_bucket = module.storage.buckets["sources"]
  repository     = module.storage.repositories["functions"]

  depends_on = [google_project_service.this]
}

module "secrets" {
  source = "./modules/secrets"

  names    = local.secret_names
  optional = local.optional_secrets
  region   = var.region

  depends_on = [google_project_service.this]
}

module "supabase" {
  source = "./modules/supabase"

  organization_id   = var.supabase.organization_id
  name              = "${var.supabase.name}-${var.environment}"
  region            = var.supabase.region
  instance_size     = var.supabase.instance_size
  site_url          = var.supabase.site_url
  redirect_urls     = var.supabase.redirect_urls
  smtp              = var.supabase.smtp
  rate_limits       = var.supabase.rate_limits
  captcha           = var.supabase.captcha
  kakao_client_id   = var.supabase.kakao_client_id
  apple_client_ids  = var.supabase.apple_client_ids
  google_client_ids = var.supabase.google_client_ids
}

check "users_get_mails" {
  assert {
    condition     = var.supabase.smtp != null
    error_message = "Without supabase.smtp, Supabase mails only members of your organisation, so that no user can confirm an address (docs/deploy.md)."
  }
}

module "delivery" {
  source = "./modules/delivery"
  count  = var.delivery == null ? 0 : 1

  project_id           = var.project_id
  repository_id        = var.delivery.repository_id
  deploy_environment   = var.delivery.deploy_environment
  state_bucket         = var.delivery.state_bucket
  sources_bucket       = module.storage.buckets["sources"]
  repository_of_images = module.storage.repositories["images"]
  promoters            = var.delivery.promoters

  depends_on = [google_project_service.this]
}
