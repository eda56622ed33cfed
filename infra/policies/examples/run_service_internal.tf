resource "google_cloud_run_v2_service" "bad_everywhere" {
  name     = "x"
  location = "asia-northeast3"
  ingress  = "INGRESS_TRAFFIC_ALL"
}

resource "google_cloud_run_v2_service" "bad_default" {
  name     = "x"
  location = "asia-northeast3"
}

resource "google_cloud_run_v2_service" "good" {
  name     = "x"
  location = "asia-northeast3"
  ingress  = "INGRESS_TRAFFIC_INTERNAL_ONLY"
}
