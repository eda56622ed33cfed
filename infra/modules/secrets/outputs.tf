output "ids" {
  description = "Secret names by name; depending on them waits for the secrets."
  value       = { for name, secret in google_secret_manager_secret.this : name => secret.secret_id }
}
