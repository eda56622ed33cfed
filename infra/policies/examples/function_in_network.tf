resource "google_cloudfunctions2_function" "bad_unattached" {
  name     = "x"
  location = "asia-northeast3"
  service_config {
    available_memory = "512Mi"
  }
}

resource "google_cloudfunctions2_function" "good" {
  name     = "x"
  location = "asia-northeast3"
  service_config {
    direct_vpc_egress = "VPC_EGRESS_PRIVATE_RANGES_ONLY"
  }
}
