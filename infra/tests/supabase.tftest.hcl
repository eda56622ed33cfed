# The database project: in Seoul, encrypted connections, mails confirmed. Planned only, as it refuses to be destroyed.

mock_provider "supabase" {}

run "project" {
  command = plan

  module {
    source = "./modules/supabase"
  }

  variables {
    organization_id  = "org"
    name             = "jangbogi-test"
    region           = "ap-northeast-2"
    instance_size    = "micro"
    initial_password = "replaced-after-creation"
    site_url         = "https://app.example"
    redirect_urls    = ["jangbogi://callback"]
  }

  assert {
    condition     = supabase_settings.this.ssl_enforcement
    error_message = "Connections to the database are encrypted."
  }

  assert {
    condition     = !jsondecode(supabase_settings.this.auth).mailer_autoconfirm && jsondecode(supabase_settings.this.auth).uri_allow_list == "jangbogi://callback"
    error_message = "An address has to be confirmed, and only our app is returned to."
  }

  assert {
    condition     = jsondecode(supabase_settings.this.api).db_schema == "public"
    error_message = "The Data API shows the public schema only."
  }
}
