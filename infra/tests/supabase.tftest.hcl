# The Supabase project: Seoul, encrypted connections, confirmed mail addresses. Plan only, as it is protected from destroy.

mock_provider "supabase" {}

run "project" {
  command = plan

  module {
    source = "./modules/supabase"
  }

  variables {
    organization_id = "org"
    name            = "jangbogi-test"
    region          = "ap-northeast-2"
    instance_size   = "micro"
    site_url        = "https://app.example"
    redirect_urls   = ["jangbogi://callback"]
  }

  assert {
    condition     = supabase_settings.this.ssl_enforcement
    error_message = "Database connections must be encrypted."
  }

  assert {
    condition     = !jsondecode(supabase_settings.this.auth).mailer_autoconfirm && jsondecode(supabase_settings.this.auth).uri_allow_list == "jangbogi://callback"
    error_message = "Mail addresses must be confirmed, and sign-in may redirect only to our app."
  }

  assert {
    condition     = jsondecode(supabase_settings.this.api).db_schema == "public"
    error_message = "The Data API may expose only the public schema."
  }
}
