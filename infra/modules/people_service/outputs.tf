output "url" {
  description = "URL that people open."
  value       = "https://${local.host}"
}

output "name" {
  description = "Name of the service."
  value       = google_cloud_run_v2_service.this.name
}

output "service_account" {
  description = "IAM member it runs as."
  value       = google_service_account.this.member
}

output "people" {
  description = "IAM members that may open it."
  value       = [for grant in google_project_iam_member.people : grant.member]
}

output "invokers" {
  description = "IAM members that may call it: IAP alone."
  value       = [google_cloud_run_v2_service_iam_member.proxy.member]
}
