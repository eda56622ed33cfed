output "uris" {
  description = "URLs of the functions, by name."
  value       = { for name, function in google_cloudfunctions2_function.this : name => function.service_config[0].uri }
}

output "service_accounts" {
  description = "IAM members that the functions run as."
  value       = { for name, account in google_service_account.function : name => account.member }
}

output "public" {
  description = "Functions open to unauthenticated callers."
  value       = keys(google_cloud_run_v2_service_iam_member.public)
}

output "secrets" {
  description = "Secrets that each function reads."
  value = {
    for name in keys(var.functions) : name => sort([
      for key, grant in google_secret_manager_secret_iam_member.reads : grant.secret_id if split("/", key)[0] == name
    ])
  }
}
