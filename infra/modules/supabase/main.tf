# The Supabase project and its settings. Tables, policies and Vault secrets come with the migrations.

resource "supabase_project" "this" {
  organization_id = var.organization_id
  name            = var.name
  region          = var.region
  instance_size   = var.instance_size

  # The provider has no write-only argument for the password. The first one is random, and nothing prints it; it is
  # replaced outside Terraform right after creation, so the one in the state is useless. `uuid` gives another value at
  # every plan, which is ignored below.
  database_password = "${uuid()}${uuid()}"

  lifecycle {
    ignore_changes  = [database_password]
    prevent_destroy = true
  }
}

resource "supabase_settings" "this" {
  project_ref     = supabase_project.this.id
  ssl_enforcement = true

  api = jsonencode({
    db_schema            = "public"
    db_extra_search_path = "public"
    max_rows             = 1000
  })

  auth = jsonencode({
    site_url                                          = var.site_url
    uri_allow_list                                    = join(",", var.redirect_urls)
    jwt_exp                                           = 3600
    disable_signup                                    = false
    mailer_autoconfirm                                = false
    password_min_length                               = 8
    refresh_token_rotation_enabled                    = true
    security_refresh_token_reuse_interval             = 10
    external_anonymous_users_enabled                  = false
    security_update_password_require_reauthentication = true
  })

  storage = jsonencode({
    fileSizeLimit = 10 * 1024 * 1024
  })
}
