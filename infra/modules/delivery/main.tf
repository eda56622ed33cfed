# Deployment from GitHub Actions without keys: tokens of one repository are exchanged for short-lived credentials.
# A person applies changes to this file: the deployer must not be able to extend its own roles.

locals {
  # Service accounts, each with the purposes of which a token must have one to impersonate it.
  accounts = {
    ci-plan   = { description = "Plans pull requests and deployments, changes nothing", purposes = ["pull_request", "main"] }
    ci-build  = { description = "Pushes images and sources from main", purposes = ["main"] }
    ci-deploy = { description = "Applies to this environment", purposes = ["environment/${var.deploy_environment}"] }
  }

  trusts = merge([
    for name, account in local.accounts : { for purpose in account.purposes : "${name} ${purpose}" => { account = name, purpose = purpose } }
  ]...)

  # Built from separate claims, because `sub` has had two forms since July 2026. Only main is trusted with an
  # environment: a user who may push another branch could name the environment in a workflow there.
  on_main = "assertion.event_name in ['push', 'workflow_dispatch'] && assertion.ref == 'refs/heads/main'"
  purpose = join(" : ", [
    "${local.on_main} && has(assertion.environment) ? 'environment/' + assertion.environment",
    "${local.on_main} ? 'main'",
    "assertion.event_name == 'pull_request' ? 'pull_request'",
    "'nothing'",
  ])

  project_roles = {
    # A plan reads the identity pool below, which is not in roles/viewer.
    ci-plan = [
      "roles/iam.securityReviewer",
      "roles/iam.workloadIdentityPoolViewer",
      "roles/serviceusage.serviceUsageConsumer",
      "roles/viewer",
    ]
    ci-deploy = [
      "roles/artifactregistry.admin",
      "roles/cloudfunctions.admin",
      "roles/cloudscheduler.admin",
      "roles/compute.networkAdmin",
      "roles/compute.securityAdmin",
      "roles/dns.admin",
      "roles/iam.securityReviewer",
      "roles/iam.serviceAccountAdmin",
      "roles/iam.serviceAccountUser",
      "roles/iam.workloadIdentityPoolViewer",
      "roles/logging.configWriter",
      "roles/monitoring.admin",
      "roles/run.admin",
      "roles/serviceusage.serviceUsageAdmin",
      "roles/storage.admin",
      "roles/viewer",
    ]
  }

  grants = merge([
    for account, roles in local.project_roles : { for role in roles : "${account} ${role}" => { account = account, role = role } }
  ]...)
}

resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = "github"
  display_name              = "GitHub Actions"
}

resource "google_iam_workload_identity_pool_provider" "github" {
  #checkov:skip=CKV_GCP_125:The condition is on the repository's id, and each account below is bound to a purpose.
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  # The id stays with the repository; its name could be registered by another owner.
  attribute_condition = "assertion.repository_id == \"${var.repository_id}\""
  attribute_mapping = {
    "google.subject"          = "assertion.sub"
    "attribute.repository_id" = "assertion.repository_id"
    "attribute.purpose"       = local.purpose
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account" "this" {
  for_each = local.accounts

  account_id   = each.key
  display_name = each.value.description
}

resource "google_service_account_iam_member" "github" {
  for_each = local.trusts

  service_account_id = google_service_account.this[each.value.account].id
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/attribute.purpose/${each.value.purpose}"
}

resource "google_project_iam_member" "this" {
  for_each = local.grants

  project = var.project_id
  role    = each.value.role
  member  = google_service_account.this[each.value.account].member
}

# Creates and grants secrets without being able to read them, unlike Secret Manager's predefined roles.
resource "google_project_iam_custom_role" "secrets" {
  role_id     = "secretManagerWithoutAccess"
  title       = "Secret manager without access"
  description = "Manages secrets without reading their values."
  permissions = [
    "secretmanager.secrets.create",
    "secretmanager.secrets.delete",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "secretmanager.secrets.list",
    "secretmanager.secrets.setIamPolicy",
    "secretmanager.secrets.update",
  ]
}

resource "google_project_iam_member" "deploy_secrets" {
  project = var.project_id
  role    = google_project_iam_custom_role.secrets.id
  member  = google_service_account.this["ci-deploy"].member
}

# May grant project roles, but only those that the workloads use.
resource "google_project_iam_member" "deploy_grants" {
  project = var.project_id
  role    = "roles/resourcemanager.projectIamAdmin"
  member  = google_service_account.this["ci-deploy"].member

  condition {
    title      = "only-workload-roles"
    expression = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/logging.logWriter', 'roles/monitoring.metricWriter', 'roles/storage.objectViewer', 'roles/telemetry.tracesWriter'])"
  }
}

resource "google_storage_bucket_iam_member" "state" {
  for_each = { ci-plan = "roles/storage.objectViewer", ci-deploy = "roles/storage.objectUser" }

  bucket = var.state_bucket
  role   = each.value
  member = google_service_account.this[each.key].member
}

# A plan may lock the state but not change it.
resource "google_storage_bucket_iam_member" "plan_locks" {
  bucket = var.state_bucket
  role   = "roles/storage.objectUser"
  member = google_service_account.this["ci-plan"].member

  condition {
    title      = "only-the-lock"
    expression = "resource.name.endsWith('.tflock')"
  }
}

# Archives are added, never replaced: the name is the content hash. The deployment history is in the same bucket.
resource "google_storage_bucket_iam_member" "sources" {
  for_each = {
    "ci-plan reads"  = "roles/storage.objectViewer"
    "ci-build reads" = "roles/storage.objectViewer"
    "ci-build adds"  = "roles/storage.objectCreator"
  }

  bucket = var.sources_bucket
  role   = each.value
  member = google_service_account.this[split(" ", each.key)[0]].member
}

resource "google_artifact_registry_repository_iam_member" "build_images" {
  repository = var.repository_of_images
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.this["ci-build"].member
}

# Another environment promotes from this one: it copies images and archives, and reads which of them were verified.
resource "google_artifact_registry_repository_iam_member" "promoter_images" {
  for_each = var.promoters

  repository = var.repository_of_images
  role       = "roles/artifactregistry.reader"
  member     = each.value
}

resource "google_storage_bucket_iam_member" "promoter_sources" {
  for_each = var.promoters

  bucket = var.sources_bucket
  role   = "roles/storage.objectViewer"
  member = each.value
}
