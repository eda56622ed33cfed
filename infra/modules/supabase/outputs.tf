output "project_ref" {
  description = "Reference of the project."
  value       = supabase_project.this.id
}

output "url" {
  description = "URL of its APIs."
  value       = "https://${supabase_project.this.id}.supabase.co"
}
