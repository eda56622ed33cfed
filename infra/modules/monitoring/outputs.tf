output "channels" {
  description = "Notification channels."
  value       = local.channels
}

output "rules" {
  description = "Alert policies made from the Prometheus rules: their queries and how long they have to hold, seconds."
  value       = { for name, rule in local.rules : name => { query = rule.query, duration = rule.duration } }
}
