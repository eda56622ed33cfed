# Buckets and the image registry. User photos are not here: they live in Supabase Storage.

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:Writes are in the audit log (google_project_iam_audit_config in the root).
  for_each = var.buckets

  name                        = "${var.project_id}-${each.key}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = each.value.keep_days
      num_newer_versions         = each.value.keep_versions
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }
}

# Images are deployed by digest, so tags may move: a commit can be rebuilt, and a tag does not keep an old image.
resource "google_artifact_registry_repository" "this" {
  #checkov:skip=CKV_GCP_84:Images hold no personal data; Google's own encryption is enough.
  for_each = toset(["images", "functions"])

  repository_id = each.key
  location      = var.region
  format        = "DOCKER"
  description   = "Container images of Jangbogi."

  # KEEP takes precedence over DELETE, so the versions that a rollback needs stay.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = var.keep_images
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "2592000s"
    }
  }
}
