output "uri" {
  description = "Address, and audience of ID tokens for it."
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
  description = "Where calls may come from."
  value       = module.service.ingress
}
