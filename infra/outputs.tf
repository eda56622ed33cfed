output "registry" {
  description = "Where `make build` pushes images: HOST/PROJECT/REPOSITORY."
  value       = module.storage.registry
}

output "sources_bucket" {
  description = "Where `make build` uploads the functions' archive, as functions/SHA256.zip."
  value       = module.storage.buckets["sources"]
}

output "release_uri" {
  description = "Where released models are published and followed."
  value       = local.release_uri
}

output "secrets" {
  description = "Secrets that need a version before the workloads start."
  value       = sort(keys(module.secrets.ids))
}

output "supabase" {
  description = "Reference and address of the Supabase project."
  value       = { project_ref = module.supabase.project_ref, url = module.supabase.url }
}

output "function_uris" {
  description = "Addresses of the functions; `make deploy-db` tells the database that of receipt-uploaded, where there is a webhook."
  value       = one(module.functions[*].uris)
}

output "public_functions" {
  description = "All that everybody may call."
  value       = flatten(module.functions[*].public)
}

output "private_services" {
  description = "Addresses of OCR service, MLflow and exporter, where calls may come from, and who may call."
  value = {
    for service in concat(module.ocr_service, module.mlflow, module.exporter) : service.name => {
      uri      = service.uri
      ingress  = service.ingress
      invokers = service.invokers
    }
  }
}

output "function_secrets" {
  description = "Which secrets each function reads."
  value       = one(module.functions[*].secrets)
}

output "alert_rules" {
  description = "Alert policies made from infra/monitoring."
  value       = one(module.monitoring[*].rules)
}

output "delivery" {
  description = "What the GitHub workflows need to act here."
  value = one([for delivery in module.delivery : {
    provider         = delivery.provider
    service_accounts = delivery.service_accounts
  }])
}

output "app_config" {
  description = "What the app reads as config.json."
  value = var.release == null ? null : {
    supabaseUrl         = module.supabase.url
    supabaseKey         = var.supabase.publishable_key
    barcodeLookupUrl    = module.functions[0].uris["barcode-lookup"]
    categoryFeedbackUrl = module.functions[0].uris["category-feedback"]
  }
}
