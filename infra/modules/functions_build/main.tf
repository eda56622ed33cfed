# The account that builds the functions. It belongs to the first step, without a release: a grant takes minutes to take
# effect, and a build that starts before fails and leaves its function tainted.

resource "google_service_account" "this" {
  account_id   = "functions-build"
  display_name = "Builds the functions"
}

# Builds read the archive from the platform's own bucket, which is created with the first function.
resource "google_project_iam_member" "reads_source" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.this.member

  condition {
    title      = "only-sources-of-functions"
    expression = join(" || ", [for bucket in ["${var.sources_bucket}/", "gcf-v2-sources-"] : "resource.name.startsWith('projects/_/buckets/${bucket}')"])
  }
}

resource "google_artifact_registry_repository_iam_member" "writes_images" {
  repository = var.repository
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.this.member
}

resource "google_project_iam_member" "logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.this.member
}
