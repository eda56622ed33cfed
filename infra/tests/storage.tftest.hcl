# Every bucket is private and versioned; old images are deleted.

mock_provider "google" {}

run "buckets" {
  module {
    source = "./modules/storage"
  }

  variables {
    project_id = "jangbogi-test"
    region     = "asia-northeast3"
    buckets    = { sources = {}, models = { keep_days = 365, keep_versions = 50 }, mlflow = {} }
  }

  assert {
    condition = alltrue([
      for bucket in google_storage_bucket.this :
      bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced"
    ])
    error_message = "Every bucket must be private, with access set on the bucket only."
  }

  assert {
    condition     = length(google_storage_bucket.this) == 3 && alltrue([for bucket in google_storage_bucket.this : bucket.versioning[0].enabled])
    error_message = "Every bucket must be versioned."
  }

  assert {
    condition     = alltrue([for bucket in google_storage_bucket.this : bucket.location == "asia-northeast3" && !bucket.force_destroy])
    error_message = "Buckets must be in the region and must not be deleted with content."
  }

  assert {
    condition = alltrue([
      for repository in google_artifact_registry_repository.this :
      toset([for policy in repository.cleanup_policies : policy.action]) == toset(["KEEP", "DELETE"])
    ])
    error_message = "Old images must be deleted, recent ones kept."
  }
}
