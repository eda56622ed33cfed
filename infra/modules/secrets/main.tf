# Secrets are created empty. Values are added outside Terraform, so no state or plan holds one.

resource "google_secret_manager_secret" "this" {
  for_each = var.names

  secret_id           = each.key
  version_destroy_ttl = "604800s"
  deletion_protection = !contains(var.optional, each.key)

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}
