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

  # Fields that are left out keep their value, among them the secrets that `python -m tools.auth_secrets` sets.
  auth = jsonencode(merge(local.auth, local.smtp, local.captcha, local.kakao, local.apple, local.google, local.mails))

  storage = jsonencode({
    fileSizeLimit = 10 * 1024 * 1024
  })
}

locals {
  auth = {
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
    security_manual_linking_enabled                   = false
    external_email_enabled                            = true
    external_phone_enabled                            = false
    mailer_secure_email_change_enabled                = true

    # Links and codes in mails: an hour, six digits. A guess costs one of `rate_limit_verify`.
    mailer_otp_exp    = 3600
    mailer_otp_length = 6

    # Refuses passwords known from leaks, by the first characters of their hash. Needs the Pro plan.
    password_hibp_enabled = true

    # Per address of the client: sign-ins and sign-ups, checked codes, refreshed sessions in five minutes each. Mobile
    # carriers in Korea put many subscribers behind one address, so these are above Supabase's defaults (30, 30, 150).
    rate_limit_otp           = var.rate_limits.sign_ins
    rate_limit_verify        = var.rate_limits.codes
    rate_limit_token_refresh = var.rate_limits.refreshes
  }

  # Without its own SMTP server Supabase mails only members of the organisation, twice an hour.
  smtp = {
    for name, value in {
      smtp_host             = try(var.smtp.host, null)
      smtp_port             = try(tostring(var.smtp.port), null)
      smtp_user             = try(var.smtp.user, null)
      smtp_admin_email      = try(var.smtp.sender, null)
      smtp_sender_name      = try(var.smtp.sender_name, null)
      smtp_max_frequency    = var.smtp == null ? null : 60
      rate_limit_email_sent = var.smtp == null ? null : var.rate_limits.mails
    } : name => value if value != null
  }

  captcha = {
    for name, value in {
      security_captcha_enabled  = var.captcha != null
      security_captcha_provider = var.captcha
    } : name => value if value != null
  }

  kakao = {
    for name, value in {
      external_kakao_enabled   = var.kakao_client_id != null
      external_kakao_client_id = var.kakao_client_id
    } : name => value if value != null
  }

  apple = {
    for name, value in {
      external_apple_enabled   = length(var.apple_client_ids) > 0
      external_apple_client_id = length(var.apple_client_ids) > 0 ? join(",", var.apple_client_ids) : null
    } : name => value if value != null
  }

  google = {
    for name, value in {
      external_google_enabled   = length(var.google_client_ids) > 0
      external_google_client_id = length(var.google_client_ids) > 0 ? join(",", var.google_client_ids) : null
    } : name => value if value != null
  }

  # Every mail that Auth sends, with its subject. The texts are in mails/.
  subjects = {
    confirmation     = "[장보기] 메일 주소를 확인해 주세요"
    recovery         = "[장보기] 비밀번호 다시 설정"
    magic_link       = "[장보기] 로그인 링크"
    email_change     = "[장보기] 메일 주소 변경 확인"
    invite           = "[장보기] 초대 메일"
    reauthentication = "[장보기] 본인 확인 번호"
  }
  mails = merge(
    { for mail, subject in local.subjects : "mailer_subjects_${mail}" => subject },
    { for mail in keys(local.subjects) : "mailer_templates_${mail}_content" => file("${path.module}/mails/${mail}.html") },
  )
}
