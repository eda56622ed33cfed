output "name" {
  description = "Name of the job."
  value       = google_cloud_run_v2_job.this.name
}

output "service_account" {
  description = "IAM member it runs as."
  value       = google_service_account.this.member
}
