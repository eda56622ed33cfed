variable "project_id" {
  description = "Google Cloud project of this environment; one project holds one environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "environment" {
  description = "Name of the environment; labels every resource."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.environment))
    error_message = "An environment is a short lower-case name such as staging."
  }
}

variable "region" {
  description = "Google Cloud region of everything."
  type        = string
  default     = "asia-northeast3"
}

variable "release" {
  description = "What `make build` made: images by digest, functions by the hash of their archive. Null makes all but the workloads, which a first run needs before anything can be pushed."
  type = object({
    images = object({
      ocr_service  = string
      model_export = string
      mlflow       = string
    })
    functions_source = string
  })
  default = null

  validation {
    condition = var.release == null ? true : alltrue([
      for image in values(var.release.images) : can(regex("@sha256:[0-9a-f]{64}$", image))
    ])
    error_message = "Images are pinned by digest: …/ocr_service@sha256:…"
  }

  validation {
    condition     = var.release == null || var.supabase.publishable_key != null
    error_message = "The workloads need supabase.publishable_key; the project has one by now (docs/deploy.md)."
  }

  validation {
    condition     = var.release == null ? true : can(regex("^functions/[0-9a-f]{64}\\.zip$", var.release.functions_source))
    error_message = "functions_source is the object in the sources bucket, named by the SHA-256 of its content: functions/….zip"
  }
}

variable "supabase" {
  description = "The Supabase project. `publishable_key` is the app's key, known once the project exists; `redirect_urls` are the app's deep links."
  type = object({
    organization_id = string
    name            = optional(string, "jangbogi")
    region          = optional(string, "ap-northeast-2")
    instance_size   = optional(string, "micro")
    site_url        = string
    redirect_urls   = optional(list(string), [])
    publishable_key = optional(string)
  })

  validation {
    condition     = var.supabase.publishable_key == null ? true : startswith(var.supabase.publishable_key, "sb_publishable_")
    error_message = "publishable_key begins with sb_publishable_. A secret key never goes into a variable."
  }

  validation {
    condition     = startswith(var.supabase.site_url, "https://")
    error_message = "site_url is an https:// address."
  }
}

variable "supabase_initial_password" {
  description = "Database password the Supabase project is made with. It ends up in the state, so it is replaced right afterwards, outside Terraform (docs/deploy.md); later values are ignored."
  type        = string
  sensitive   = true
  default     = "replaced-after-creation"
}

variable "ocr_service" {
  description = "Size of the OCR service. One photo keeps both CPUs busy for about 2.3 s and the process at 1.1 GiB (docs/quality.md); the second place of an instance is for name lookups, which take half a millisecond. `always_on` keeps the CPU between requests, without which an idle instance neither follows releases nor hands in metrics on time."
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
    error_message = "Cloud Run has 1, 2, 4 or 8 CPUs."
  }

  validation {
    condition     = can(regex("^[2-9]Gi$|^[1-3][0-9]Gi$", var.ocr_service.memory))
    error_message = "The reader needs 2Gi at least."
  }

  validation {
    condition     = var.ocr_service.concurrency >= 1 && var.ocr_service.concurrency <= 8
    error_message = "An instance reads one photo at a time; more than 8 requests at once would only wait."
  }

  validation {
    condition     = var.ocr_service.min_instances <= var.ocr_service.max_instances
    error_message = "min_instances is at most max_instances."
  }
}

variable "receipts" {
  description = "How uploads are noticed. The sweep, which only the scheduler may call, watches the queue and looks every `poll_s` seconds; it reads `together` receipts at a time, as many as there are readers where none is given, and no more than fit into `sweep_memory` (16 into 512Mi, 77 into 2Gi). With `webhook` the database calls receipt-uploaded instead, a third public function, and the sweep only finishes what is left over."
  type = object({
    webhook      = optional(bool, false)
    poll_s       = optional(number, 0.5)
    together     = optional(number)
    sweep_cpu    = optional(number, 0.167)
    sweep_memory = optional(string, "512Mi")
  })
  default = {}

  validation {
    condition     = var.receipts.poll_s >= 0.1 && var.receipts.poll_s <= 30
    error_message = "The queue is looked at every 0.1 to 30 seconds."
  }

  validation {
    condition     = var.receipts.together == null ? true : contains(range(1, 101), var.receipts.together)
    error_message = "A sweep reads 1 to 100 receipts at a time."
  }

  validation {
    condition = (
      contains([1, 2, 4], var.receipts.sweep_cpu) ||
      (var.receipts.sweep_cpu >= 0.08 && var.receipts.sweep_cpu < 1 && tonumber(format("%.3f", var.receipts.sweep_cpu)) == var.receipts.sweep_cpu)
    )
    error_message = "Cloud Run has 0.08 to 1 CPU in steps of 0.001, then 2 or 4."
  }

  validation {
    condition     = contains(["256Mi", "512Mi", "1Gi", "2Gi", "4Gi"], var.receipts.sweep_memory)
    error_message = "A sweep has 256Mi, 512Mi, 1Gi, 2Gi or 4Gi."
  }

  validation {
    condition     = var.receipts.sweep_cpu >= lookup({ "1Gi" = 0.5, "2Gi" = 1, "4Gi" = 1 }, var.receipts.sweep_memory, 0)
    error_message = "More than 512Mi needs half a CPU, more than 1Gi a whole one."
  }
}

variable "functions" {
  description = "Size of the functions that users call, and of the webhook. `app_origins` are the web pages that may call them, such as https://app.example; native apps need none."
  type = object({
    min_instances = optional(number, 0)
    max_instances = optional(number, 20)
    app_origins   = optional(list(string), [])
  })
  default = {}

  validation {
    condition     = var.functions.min_instances <= var.functions.max_instances
    error_message = "min_instances is at most max_instances."
  }
}

variable "barcode_providers" {
  description = "Barcode sources. `keys` names those with an API key in Secret Manager; Open Food Facts wants a mail address or URL instead."
  type = object({
    keys                  = optional(set(string), [])
    openfoodfacts_contact = optional(string, "")
  })
  default = {}

  validation {
    condition     = length(setsubtract(var.barcode_providers.keys, ["foodqr", "foodqr_data", "foodsafety", "haccp"])) == 0
    error_message = "Providers with a key are foodqr, foodqr_data, foodsafety and haccp."
  }
}

variable "jobs" {
  description = "When scheduled work runs (cron, time of Seoul) and how large retraining is. The sweep runs every minute, by two jobs in turn: a job does not start while its last run goes on. An alert expects one every ten minutes at least. With `label_studio_url`, names go to annotators there and answers come back without anybody's doing."
  type = object({
    sweep              = optional(list(string), ["*/2 * * * *", "1-59/2 * * * *"])
    product_index      = optional(string, "40 4 * * *")
    annotation         = optional(string, "0 2 * * *")
    label_studio_url   = optional(string, "")
    retrain            = optional(string, "0 3 * * 1")
    retrain_cpu        = optional(number, 4)
    retrain_memory     = optional(string, "8Gi")
    retrain_timeout_s  = optional(number, 7200)
    signed_releases    = optional(bool, false)
    retraining_enabled = optional(bool, true)
  })
  default = {}

  validation {
    condition     = length(var.jobs.sweep) > 0
    error_message = "Without a sweep nobody reads what is left over, or deletes accounts."
  }

  validation {
    condition     = can(regex("^(https://[^/].*)?$", var.jobs.label_studio_url))
    error_message = "Label Studio is called over https."
  }
}

variable "secret_versions" {
  description = "Versions of secrets that running instances read, by secret: { SUPABASE_SECRET_KEY = \"2\" }. Naming another one starts all that read it anew, which a new version alone does not."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for version in values(var.secret_versions) : can(regex("^[1-9][0-9]*$", version))])
    error_message = "A version is a number: gcloud secrets versions list NAME"
  }

  validation {
    condition     = length(setsubtract(keys(var.secret_versions), local.secret_names)) == 0
    error_message = "There is no such secret; `terraform output secrets` lists them."
  }
}

variable "metrics_image" {
  description = "Google's sidecar that reads /metrics into Managed Prometheus; give it by digest to pin it."
  type        = string
  default     = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.2.0"
}

variable "mlflow_operators" {
  description = "IAM members who may call MLflow besides the retraining job, by a name of your choice: { models = \"group:models@example.com\" }."
  type        = map(string)
  default     = {}
}

variable "subnet_cidr" {
  description = "Addresses of the workloads. Each running instance takes up to two."
  type        = string
  default     = "10.20.0.0/22"

  validation {
    condition     = can(cidrhost(var.subnet_cidr, 0)) && try(tonumber(split("/", var.subnet_cidr)[1]) <= 26, false)
    error_message = "Direct VPC egress needs a /26 or larger."
  }
}

variable "alerts" {
  description = "Who hears of trouble, what is promised, and whether the exporter of business metrics runs (one always-on instance). `muted` names rules that tell nobody here, such as OcrMissing where the service may scale to zero."
  type = object({
    emails           = list(string)
    exporter         = optional(bool, true)
    muted            = optional(set(string), [])
    runbook_url      = optional(string, "")
    api_success      = optional(number, 0.995)
    receipt_within_s = optional(number, 30)
    receipt_goal     = optional(number, 0.95)
  })

  validation {
    condition     = length(var.alerts.emails) > 0 && length(var.alerts.emails) <= 5
    error_message = "Somebody has to hear of trouble; a budget tells five at most."
  }

  validation {
    condition     = alltrue([for goal in [var.alerts.api_success, var.alerts.receipt_goal] : goal > 0 && goal < 1])
    error_message = "A goal is a share between 0 and 1."
  }
}

variable "budget" {
  description = "Monthly spending to be told about, in the currency of the billing account. Null makes none."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string, "USD")
  })
  default = null
}

variable "delivery" {
  description = "GitHub repository that may deploy here without keys, by its number, which stays with it when it is renamed and which no other one of the same name has. Null makes no trust."
  type = object({
    repository_id      = string
    deploy_environment = string
    state_bucket       = string
  })
  default = null

  validation {
    condition     = var.delivery == null ? true : can(regex("^[0-9]+$", var.delivery.repository_id))
    error_message = "repository_id is a number: gh api repos/OWNER/NAME --jq .id"
  }
}
