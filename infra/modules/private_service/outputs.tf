output "uri" {
  description = "URL, also the audience of ID tokens."
  value       = google_cloud_run_v2_service.this.uri
}

output "name" {
  description = "Name of the service."
  value       = google_cloud_run_v2_service.this.name
}

output "service_account" {
  description = "IAM member it runs as."
  value       = google_service_account.this.member
}

output "invokers" {
  description = "IAM members that may call it."
  value       = { for name, grant in google_cloud_run_v2_service_iam_member.invoker : name => grant.member }
}

output "ingress" {
  description = "Ingress setting."
  value       = google_cloud_run_v2_service.this.ingress
}
