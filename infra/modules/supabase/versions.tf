terraform {
  required_providers {
    supabase = {
      source  = "supabase/supabase"
      version = ">= 1.9.1"
    }
  }
}
