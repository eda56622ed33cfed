output "buckets" {
  description = "Bucket names by purpose."
  value       = { for purpose, bucket in google_storage_bucket.this : purpose => bucket.name }
}

output "repositories" {
  description = "Image repositories by purpose: projects/…/repositories/…"
  value       = { for purpose, repository in google_artifact_registry_repository.this : purpose => repository.id }
}

output "registry" {
  description = "Registry to push images to: HOST/PROJECT/REPOSITORY."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.this["images"].repository_id}"
}
