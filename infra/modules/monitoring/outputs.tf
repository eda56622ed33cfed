output "channels" {
  description = "Notification channels."
  value       = local.channels
}

output "rules" {
  description = "Alert policies generated from the Prometheus rules: query and `for` in seconds."
  value       = var.released ? { for name, rule in local.rules : name => { query = rule.query, duration = rule.duration } } : null
}
