# The OCR service: internal, called by named accounts, follows model releases.

mock_provider "google" {}

variables {
  project_id    = "jangbogi-test"
  region        = "asia-northeast3"
  image         = "images/ocr_service@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  network       = { network = "n", subnetwork = "s" }
  size          = { cpu = 2, memory = "2Gi", concurrency = 2, min_instances = 1, max_instances = 10, cpu_boost = true, always_on = true }
  callers       = { receipt-sweep = "serviceAccount:fn-receipt-sweep@jangbogi-test.iam.gserviceaccount.com" }
  release_uri   = "gs://models/releases"
  models_bucket = "models"
}

run "ocr_service" {
  module {
    source = "./modules/ocr_service"
  }

  assert {
    condition     = output.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && jsonencode(output.invokers) == jsonencode(var.callers)
    error_message = "Only the named accounts may call it, from inside."
  }

  assert {
    condition     = google_storage_bucket_iam_member.reads_models.bucket == "models" && google_storage_bucket_iam_member.reads_models.role == "roles/storage.objectViewer"
    error_message = "It may read model releases but not change them."
  }
}
