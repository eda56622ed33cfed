output "uri" {
  description = "URL, also the audience of ID tokens."
  value       = module.service.uri
}

output "name" {
  description = "Name of the service."
  value       = module.service.name
}

output "invokers" {
  description = "IAM members that may call it."
  value       = module.service.invokers
}

output "ingress" {
  description = "Ingress setting."
  value       = module.service.ingress
}

output "service_account" {
  description = "IAM member that it runs as."
  value       = module.service.service_account
}
