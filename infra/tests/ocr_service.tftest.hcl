# The OCR service: measured size, released models, no way out but to Google.

mock_provider "google" {}

variables {
  project_id    = "jangbogi-test"
  region        = "asia-northeast3"
  image         = "images/ocr_service@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  network       = { network = "n", subnetwork = "s" }
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
    error_message = "It is called from inside, by those named."
  }

  assert {
    condition     = google_storage_bucket_iam_member.reads_models.bucket == "models" && google_storage_bucket_iam_member.reads_models.role == "roles/storage.objectViewer"
    error_message = "It follows released models, and changes none."
  }
}
