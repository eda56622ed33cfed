output "provider" {
  description = "Workload identity provider, for google-github-actions/auth."
  value       = google_iam_workload_identity_pool_provider.github.name
}

output "service_accounts" {
  description = "Accounts to act as, by purpose."
  value       = { for name, account in google_service_account.this : name => account.email }
}

output "trusted" {
  description = "Whose tokens may act as which account."
  value       = { for name, grant in google_service_account_iam_member.github : name => grant.member }
}

output "condition" {
  description = "What every token has to fulfil."
  value       = google_iam_workload_identity_pool_provider.github.attribute_condition
}
