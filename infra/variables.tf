variable "project_id" {
  description = "Google Cloud project of this environment. One project holds one environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "environment" {
  description = "Name of the environment. Every resource is labelled with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.environment))
    error_message = "An environment is a short lower-case name such as staging."
  }
}

variable "region" {
  description = "Google Cloud region of all resources."
  type        = string
  default     = "asia-northeast3"
}

variable "release" {
  description = "The build to deploy, as written by `make build`: images by digest, functions by the hash of their archive. null creates everything except the workloads, as a first run needs before images can be pushed."
  type = object({
    images = object({
      ocr_service  = string
      model_export = string
      mlflow       = string
      label_studio = string
      # Releases built before there was one have none.
      retrain_reading = optional(string)
    })
    functions_source = string
  })
  default = null

  validation {
    condition = var.release == null ? true : alltrue([
      for image in values(var.release.images) : image == null || can(regex("@sha256:[0-9a-f]{64}$", image))
    ])
    error_message = "Pin images by digest: …/ocr_service@sha256:…"
  }

  validation {
    condition     = var.release == null || var.supabase.publishable_key != null
    error_message = "The workloads need supabase.publishable_key. Copy it from the Supabase project (docs/deploy.md)."
  }

  validation {
    condition     = var.release == null ? true : can(regex("^functions/[0-9a-f]{64}\\.zip$", var.release.functions_source))
    error_message = "functions_source must be an object in the sources bucket, named by the SHA-256 of its content: functions/….zip"
  }
}

variable "supabase" {
  description = "The Supabase project. `publishable_key` is the app's key, available once the project exists. `redirect_urls` are the app's deep links. `smtp` is the mail server that Auth sends through; without one only members of the organisation get mails. `captcha` (turnstile or hcaptcha), `kakao_client_id`, `apple_client_ids` and `google_client_ids` turn these on. Set their secrets with `python -m tools.auth_secrets` first. `rate_limits`: mails per hour; per client address and five minutes sign-ins, checked codes and refreshed sessions."
  type = object({
    organization_id = string
    name            = optional(string, "jangbogi")
    region          = optional(string, "ap-northeast-2")
    instance_size   = optional(string, "micro")
    site_url        = string
    redirect_urls   = optional(list(string), [])
    publishable_key = optional(string)
    smtp = optional(object({
      host        = string
      port        = optional(number, 587)
      user        = string
      sender      = string
      sender_name = optional(string, "장보기")
    }))
    captcha           = optional(string)
    kakao_client_id   = optional(string)
    apple_client_ids  = optional(list(string), [])
    google_client_ids = optional(list(string), [])
    rate_limits = optional(object({
      mails     = optional(number, 300)
      sign_ins  = optional(number, 60)
      codes     = optional(number, 60)
      refreshes = optional(number, 600)
    }), {})
  })

  validation {
    condition     = var.supabase.publishable_key == null ? true : startswith(var.supabase.publishable_key, "sb_publishable_")
    error_message = "publishable_key must start with sb_publishable_. Never put a secret key into a variable."
  }

  validation {
    condition     = startswith(var.supabase.site_url, "https://")
    error_message = "site_url must be an https:// URL."
  }

  validation {
    condition     = alltrue([for url in var.supabase.redirect_urls : can(regex("^[a-z][a-z0-9+.-]*://[^*]", url))])
    error_message = "A redirect URL needs a scheme, and its host must not be a wildcard: another site could receive a user's session."
  }

  validation {
    condition     = var.supabase.captcha == null ? true : contains(["turnstile", "hcaptcha"], var.supabase.captcha)
    error_message = "captcha must be turnstile or hcaptcha."
  }

  validation {
    condition     = var.supabase.smtp == null ? true : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.supabase.smtp.sender))
    error_message = "smtp.sender must be a mail address."
  }
}

variable "ocr_service" {
  description = "Size of the OCR service. One photo keeps both CPUs busy for about a second; the process needs up to 0.8 GiB, and up to 0.4 GiB more while it decodes (docs/quality.md). The second concurrent request of an instance is for name lookups, which take half a millisecond. `always_on` allocates CPU between requests; without it an idle instance is late to follow model releases and to report metrics."
  type = object({
    cpu                = optional(number, 2)
    memory             = optional(string, "2Gi")
    concurrency        = optional(number, 2)
    min_instances      = optional(number, 1)
    max_instances      = optional(number, 10)
    cpu_boost          = optional(bool, true)
    always_on          = optional(bool, true)
    release_public_key = optional(string, "")
    metrics            = optional(bool, true)
  })
  default = {}

  validation {
    condition     = contains([1, 2, 4, 8], var.ocr_service.cpu)
    error_message = "Cloud Run supports 1, 2, 4 or 8 CPUs."
  }

  validation {
    condition     = can(regex("^[2-9]Gi$|^[1-3][0-9]Gi$", var.ocr_service.memory))
    error_message = "The OCR service needs at least 2Gi."
  }

  validation {
    condition     = var.ocr_service.concurrency >= 1 && var.ocr_service.concurrency <= 8
    error_message = "An instance reads one photo at a time, so more than 8 concurrent requests would only queue."
  }

  validation {
    condition     = var.ocr_service.min_instances <= var.ocr_service.max_instances
    error_message = "min_instances must not exceed max_instances."
  }
}

variable "receipts" {
  description = "How uploads are picked up. The sweep, which only the scheduler may call, polls the queue every `poll_s` seconds. It processes `concurrency` receipts at a time (default: `ocr_service.max_instances`), limited by `sweep_memory` (13 in 512Mi, 75 in 2Gi). With `webhook` the database calls receipt-uploaded, a third public function, and the sweep only picks up leftovers."
  type = object({
    webhook      = optional(bool, false)
    poll_s       = optional(number, 0.5)
    concurrency  = optional(number)
    sweep_cpu    = optional(number, 0.167)
    sweep_memory = optional(string, "512Mi")
  })
  default = {}

  validation {
    condition     = var.receipts.poll_s >= 0.1 && var.receipts.poll_s <= 30
    error_message = "poll_s must be between 0.1 and 30 seconds."
  }

  validation {
    condition     = var.receipts.concurrency == null ? true : contains(range(1, 101), var.receipts.concurrency)
    error_message = "concurrency must be between 1 and 100."
  }

  validation {
    condition = (
      contains([1, 2, 4], var.receipts.sweep_cpu) ||
      (var.receipts.sweep_cpu >= 0.08 && var.receipts.sweep_cpu < 1 && tonumber(format("%.3f", var.receipts.sweep_cpu)) == var.receipts.sweep_cpu)
    )
    error_message = "Cloud Run supports 0.08 to 1 CPU in steps of 0.001, then 2 or 4."
  }

  validation {
    condition     = contains(["256Mi", "512Mi", "1Gi", "2Gi", "4Gi"], var.receipts.sweep_memory)
    error_message = "sweep_memory must be 256Mi, 512Mi, 1Gi, 2Gi or 4Gi."
  }

  validation {
    condition     = var.receipts.sweep_cpu >= lookup({ "1Gi" = 0.5, "2Gi" = 1, "4Gi" = 1 }, var.receipts.sweep_memory, 0)
    error_message = "More than 512Mi needs at least 0.5 CPU, more than 1Gi needs 1 CPU."
  }
}

variable "functions" {
  description = "Size of the functions that the app calls, and of the webhook. `app_origins` are the origins allowed by CORS, such as https://app.example; native apps do not need one."
  type = object({
    min_instances = optional(number, 0)
    max_instances = optional(number, 20)
    app_origins   = optional(list(string), [])
  })
  default = {}

  validation {
    condition     = var.functions.min_instances <= var.functions.max_instances
    error_message = "min_instances must not exceed max_instances."
  }
}

variable "barcode_providers" {
  description = "Barcode providers. `keys` lists the providers with an API key in Secret Manager. Open Food Facts needs a contact (mail address or URL) instead."
  type = object({
    keys                  = optional(set(string), [])
    openfoodfacts_contact = optional(string, "")
  })
  default = {}

  validation {
    condition     = length(setsubtract(var.barcode_providers.keys, ["foodqr", "foodqr_data", "foodsafety", "haccp"])) == 0
    error_message = "keys may contain foodqr, foodqr_data, foodsafety and haccp."
  }
}

variable "jobs" {
  description = "Schedules (cron, Seoul time) and the size of retraining. Two jobs alternate to run the sweep every minute, because a job does not start while its previous run is active. An alert expects a sweep at least every five minutes. `expo_access_token` is for Expo projects that accept notifications with an access token alone. `reminder_mails` also sends reminders by mail, through `supabase.smtp`. With `label_studio_url`, or with `label_studio`, a nightly job exchanges item names and answers with Label Studio. With a Label Studio, in which annotators transcribe lines, a monthly job retrains the recogniser. `promotion`: with `approve` a better model waits for a person's command, with `auto` it is released at once."
  type = object({
    sweep              = optional(list(string), ["*/2 * * * *", "1-59/2 * * * *"])
    product_index      = optional(string, "40 4 * * *")
    canary             = optional(string, "*/15 * * * *")
    reminders          = optional(string, "*/5 * * * *")
    expo_access_token  = optional(bool, false)
    reminder_mails     = optional(bool, false)
    annotation         = optional(string, "0 2 * * *")
    label_studio_url   = optional(string, "")
    retrain            = optional(string, "0 3 * * 1")
    retrain_cpu        = optional(number, 4)
    retrain_memory     = optional(string, "8Gi")
    retrain_timeout_s  = optional(number, 7200)
    reading            = optional(string, "0 4 1 * *")
    reading_cpu        = optional(number, 8)
    reading_memory     = optional(string, "16Gi")
    reading_timeout_s  = optional(number, 28800)
    signed_releases    = optional(bool, false)
    retraining_enabled = optional(bool, true)
    promotion          = optional(string, "approve")
  })
  default = {}

  validation {
    condition     = contains(["approve", "auto"], var.jobs.promotion)
    error_message = "promotion must be approve (a person confirms a better model) or auto."
  }

  validation {
    condition     = !var.jobs.reminder_mails || var.supabase.smtp != null
    error_message = "reminder_mails needs supabase.smtp."
  }

  validation {
    condition     = length(var.jobs.sweep) > 0
    error_message = "sweep needs at least one schedule: it reads receipts and deletes accounts."
  }

  validation {
    condition     = can(regex("^(https://[^/].*)?$", var.jobs.label_studio_url))
    error_message = "label_studio_url must be an https:// URL."
  }
}

variable "secret_versions" {
  description = "Secret versions that running instances read, by secret: { SUPABASE_SECRET_KEY = \"2\" }. Changing a version restarts the workloads that read it; adding a version in Secret Manager does not."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for version in values(var.secret_versions) : can(regex("^[1-9][0-9]*$", version))])
    error_message = "A version must be a number: gcloud secrets versions list NAME"
  }

  validation {
    condition     = length(setsubtract(keys(var.secret_versions), local.secret_names)) == 0
    error_message = "Unknown secret; `terraform output secrets` lists the known ones."
  }
}

variable "metrics_image" {
  description = "Google's sidecar that scrapes /metrics into Managed Prometheus. Use a digest to pin it."
  type        = string
  default     = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.2.0"
}

variable "people" {
  description = "Who may open MLflow in a browser, signed in by Identity-Aware Proxy: IAM members, such as group:models@example.com. Without any, no page is created."
  type = object({
    mlflow = optional(set(string), [])
  })
  default  = {}
  nullable = false
}

variable "label_studio" {
  description = "Label Studio for annotators: `annotators` are the IAM members whom Identity-Aware Proxy lets in, `administrator` the mail address of its first account. null: Label Studio does not run here, see `jobs.label_studio_url`."
  type = object({
    annotators    = set(string)
    administrator = string
  })
  default = null

  validation {
    condition     = var.label_studio == null || var.jobs.label_studio_url == ""
    error_message = "Set either label_studio or jobs.label_studio_url."
  }

  validation {
    condition     = var.label_studio == null ? true : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.label_studio.administrator))
    error_message = "administrator must be a mail address."
  }
}

variable "subnet_cidr" {
  description = "Address range of the workloads. Each running instance takes up to two addresses."
  type        = string
  default     = "10.20.0.0/22"

  validation {
    condition     = can(cidrhost(var.subnet_cidr, 0)) && try(tonumber(split("/", var.subnet_cidr)[1]) <= 26, false)
    error_message = "Direct VPC egress needs a /26 or larger."
  }
}

variable "alerts" {
  description = "Alert recipients, service level objectives, and whether the exporter of business metrics runs (one always-on instance). `muted` lists rules to leave out, such as OcrMissing where the service may scale to zero."
  type = object({
    emails           = list(string)
    exporter         = optional(bool, true)
    muted            = optional(set(string), [])
    runbook_url      = optional(string, "")
    api_success      = optional(number, 0.99)
    receipt_within_s = optional(number, 30)
    receipt_goal     = optional(number, 0.95)
  })

  validation {
    condition     = length(var.alerts.emails) > 0 && length(var.alerts.emails) <= 5
    error_message = "emails needs one to five recipients; a budget notifies five at most."
  }

  validation {
    condition     = alltrue([for goal in [var.alerts.api_success, var.alerts.receipt_goal] : goal > 0 && goal < 1])
    error_message = "An objective must be a share between 0 and 1."
  }
}

variable "budget" {
  description = "Monthly budget with alerts, in the currency of the billing account (won for a Korean one). null disables it. Google refuses a `currency` other than the account's, so leave it out unless you want a mismatch to be an error."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string)
  })
  default = null
}

variable "traces" {
  description = "Share of the receipts and calls whose traces go to Cloud Trace, from 0 (off) to 1."
  type        = number
  default     = 0

  validation {
    condition     = var.traces >= 0 && var.traces <= 1
    error_message = "traces must be a share between 0 and 1."
  }
}

variable "backups" {
  description = "Copy of the photos' bucket in Google Cloud: rclone's image, mirrored into your registry and pinned by digest, and its schedule. Without `photos` nothing is copied (docs/backups.md)."
  type = object({
    photos = optional(object({
      image    = string
      schedule = optional(string, "20 */6 * * *")
    }))
  })
  default  = {}
  nullable = false
}

variable "delivery" {
  description = "GitHub repository that may deploy here without keys, by its numeric id, which survives a rename and is never reused. `promoters` are members of other environments that copy releases from here, such as production's ci-build account. null disables the GitHub trust."
  type = object({
    repository_id      = string
    deploy_environment = string
    state_bucket       = string
    promoters          = optional(map(string), {})
  })
  default = null

  validation {
    condition     = var.delivery == null ? true : can(regex("^[0-9]+$", var.delivery.repository_id))
    error_message = "repository_id must be a number: gh api repos/OWNER/NAME --jq .id"
  }
}
