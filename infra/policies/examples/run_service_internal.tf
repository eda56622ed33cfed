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


resource "google_cloud_run_v2_service" "bad_proxy_off" {
  name        = "x"
  location    = "asia-northeast3"
  ingress     = "INGRESS_TRAFFIC_ALL"
  iap_enabled = false
}

resource "google_cloud_run_v2_service" "good_proxy" {
  name        = "x"
  location    = "asia-northeast3"
  ingress     = "INGRESS_TRAFFIC_ALL"
  iap_enabled = true
}
