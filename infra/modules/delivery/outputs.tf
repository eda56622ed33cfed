output "provider" {
  description = "Workload identity provider for google-github-actions/auth."
  value       = google_iam_workload_identity_pool_provider.github.name
}

output "service_accounts" {
  description = "Service accounts to impersonate, by name."
  value       = { for name, account in google_service_account.this : name => account.email }
}

output "trusted" {
  description = "Principals that may impersonate a service account, by account and purpose."
  value       = { for name, grant in google_service_account_iam_member.github : name => grant.member }
}

output "condition" {
  description = "Condition that every token must meet."
  value       = google_iam_workload_identity_pool_provider.github.attribute_condition
}
