output "registry" {
  description = "Registry that `make build` pushes images to: HOST/PROJECT/REPOSITORY."
  value       = module.storage.registry
}

output "sources_bucket" {
  description = "Bucket that `make build` uploads the functions' archive to, as functions/SHA256.zip."
  value       = module.storage.buckets["sources"]
}

output "release_uri" {
  description = "Store of model releases (RELEASE_URI)."
  value       = local.release_uri
}

output "secrets" {
  description = "Secrets that need a version before the workloads start."
  value       = sort(keys(module.secrets.ids))
}

output "supabase" {
  description = "Reference and URL of the Supabase project."
  value       = { project_ref = module.supabase.project_ref, url = module.supabase.url }
}

output "function_uris" {
  description = "URLs of the functions. With a webhook, `make deploy-db` stores the URL of receipt-uploaded in the database."
  value       = one(module.functions[*].uris)
}

output "public_functions" {
  description = "Functions open to unauthenticated callers."
  value       = flatten(module.functions[*].public)
}

output "private_services" {
  description = "URL, ingress and invokers of the OCR service, MLflow, Label Studio and the exporter."
  value = {
    for service in concat(module.ocr_service, module.mlflow, module.label_studio, module.exporter) : service.name => {
      uri      = service.uri
      ingress  = service.ingress
      invokers = service.invokers
    }
  }
}

output "people" {
  description = "Pages for people, behind Identity-Aware Proxy: URL, and who may open it."
  value = {
    for service in concat(module.mlflow_people, module.label_studio_people) : service.name => {
      url      = service.url
      people   = service.people
      invokers = service.invokers
    }
  }
}

output "function_secrets" {
  description = "Secrets that each function reads."
  value       = one(module.functions[*].secrets)
}

output "alert_rules" {
  description = "Alert policies generated from infra/monitoring."
  value       = module.monitoring.rules
}

output "delivery" {
  description = "Identity provider and service accounts for the GitHub workflows."
  value = one([for delivery in module.delivery : {
    provider         = delivery.provider
    service_accounts = delivery.service_accounts
  }])
}

output "app_config" {
  description = "Content of the app's config.json."
  value = var.release == null ? null : {
    supabaseUrl         = module.supabase.url
    supabaseKey         = var.supabase.publishable_key
    barcodeLookupUrl    = module.functions[0].uris["barcode-lookup"]
    categoryFeedbackUrl = module.functions[0].uris["category-feedback"]
    reminderMails       = var.jobs.reminder_mails
  }
}
