# The OCR service: private, reaches only Google's APIs, follows model releases.

module "service" {
  source = "../private_service"

  project_id    = var.project_id
  region        = var.region
  name          = "ocr-service"
  description   = "OCR service: reads receipt photos"
  image         = var.image
  size          = var.size
  network       = merge(var.network, { sealed = true })
  invokers      = var.callers
  metrics_image = var.metrics_image

  # One photo is read at a time; further requests of the instance queue.
  environment = merge(
    {
      OCR_THREADS      = var.size.cpu
      OCR_QUEUE_LENGTH = var.size.concurrency - 1
      OCR_RELEASE_URI  = var.release_uri
    },
    var.traces,
    # If set, only signed releases are accepted.
    var.release_public_key == "" ? {} : { OCR_RELEASE_PUBLIC_KEY = var.release_public_key },
  )
}

resource "google_storage_bucket_iam_member" "reads_models" {
  bucket = var.models_bucket
  role   = "roles/storage.objectViewer"
  member = module.service.service_account
}
