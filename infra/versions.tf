terraform {
  # 1.11 introduced write-only arguments.
  required_version = ">= 1.11"

  # Exact, because a release of a provider changes what a plan does. Raise them together with .terraform.lock.hcl.
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "8.7.0"
    }
    supabase = {
      source  = "supabase/supabase"
      version = "1.9.1"
    }
  }

  # Bucket and prefix come from environments/*.backend.hcl.
  backend "gcs" {}
}

provider "google" {
  project = var.project_id
  region  = var.region

  # Budgets belong to the billing account; charge their API calls to this project's quota.
  billing_project       = var.project_id
  user_project_override = true

  default_labels = {
    app         = "jangbogi"
    environment = var.environment
  }
}

# Reads SUPABASE_ACCESS_TOKEN.
provider "supabase" {}
