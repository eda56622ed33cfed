# The Supabase project: Seoul, encrypted connections, confirmed mail addresses. Plan only, as it is protected from destroy.

mock_provider "supabase" {}

variables {
  rate_limits = { mails = 300, sign_ins = 60, codes = 60, refreshes = 600 }
}

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

run "users_get_korean_mails_through_the_own_server" {
  command = plan

  module {
    source = "./modules/supabase"
  }

  variables {
    organization_id   = "org"
    name              = "jangbogi-test"
    region            = "ap-northeast-2"
    instance_size     = "micro"
    site_url          = "https://app.example"
    redirect_urls     = ["jangbogi://callback"]
    smtp              = { host = "smtp.example", port = 587, user = "u", sender = "no-reply@app.example", sender_name = "장보기" }
    captcha           = "turnstile"
    kakao_client_id   = "kakao"
    apple_client_ids  = ["com.example.app", "com.example.web"]
    google_client_ids = ["1-web.apps.googleusercontent.com", "1-ios.apps.googleusercontent.com"]
  }

  assert {
    condition = alltrue([
      for mail in ["confirmation", "recovery", "magic_link", "email_change", "invite", "reauthentication"] :
      strcontains(jsondecode(supabase_settings.this.auth)["mailer_subjects_${mail}"], "장보기") &&
      can(regex("\\{\\{ \\.(ConfirmationURL|Token) \\}\\}", jsondecode(supabase_settings.this.auth)["mailer_templates_${mail}_content"]))
    ])
    error_message = "Every mail needs a Korean subject, and a text with its link or code."
  }

  assert {
    condition = (
      jsondecode(supabase_settings.this.auth).smtp_host == "smtp.example" &&
      jsondecode(supabase_settings.this.auth).rate_limit_email_sent == 300 &&
      jsondecode(supabase_settings.this.auth).security_captcha_provider == "turnstile" &&
      jsondecode(supabase_settings.this.auth).external_kakao_enabled &&
      jsondecode(supabase_settings.this.auth).external_apple_client_id == "com.example.app,com.example.web" &&
      jsondecode(supabase_settings.this.auth).external_google_enabled &&
      startswith(jsondecode(supabase_settings.this.auth).external_google_client_id, "1-web.apps.googleusercontent.com,")
    )
    error_message = "Mail server, CAPTCHA, Kakao, Apple and Google must be configured."
  }

  assert {
    condition     = length([for name in keys(jsondecode(supabase_settings.this.auth)) : name if can(regex("_pass$|_secret$", name))]) == 0
    error_message = "Secrets must not be in the state."
  }
}

run "options_are_off_by_default" {
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
    redirect_urls   = []
  }

  assert {
    condition = (
      !jsondecode(supabase_settings.this.auth).security_captcha_enabled &&
      !jsondecode(supabase_settings.this.auth).external_kakao_enabled &&
      !jsondecode(supabase_settings.this.auth).external_apple_enabled &&
      !jsondecode(supabase_settings.this.auth).external_google_enabled &&
      !contains(keys(jsondecode(supabase_settings.this.auth)), "smtp_host")
    )
    error_message = "CAPTCHA and sign-in with Kakao, Apple or Google are options."
  }

  assert {
    condition = (
      jsondecode(supabase_settings.this.auth).password_hibp_enabled &&
      jsondecode(supabase_settings.this.auth).mailer_otp_exp <= 3600 &&
      jsondecode(supabase_settings.this.auth).rate_limit_otp == 60
    )
    error_message = "Leaked passwords, old codes and floods of sign-ins must be refused."
  }
}
