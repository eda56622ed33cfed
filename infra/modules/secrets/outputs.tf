output "ids" {
  description = "Secret names, keyed by name; referring to them waits for their creation."
  value       = { for name, secret in google_secret_manager_secret.this : name => secret.secret_id }
}
