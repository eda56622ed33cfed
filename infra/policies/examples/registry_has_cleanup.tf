resource "google_artifact_registry_repository" "bad_grows_forever" {
  repository_id = "x"
  format        = "DOCKER"
}

resource "google_artifact_registry_repository" "good" {
  repository_id = "x"
  format        = "DOCKER"
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }
}
