output "account" {
  description = "Id of the service account, once it has its grants: projects/…/serviceAccounts/…"
  value       = google_service_account.this.id

  depends_on = [
    google_artifact_registry_repository_iam_member.writes_images,
    google_project_iam_member.logs,
    google_project_iam_member.reads_source,
  ]
}
