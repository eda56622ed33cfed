resource "google_cloud_run_v2_service" "bad" {
  name                 = "x"
  location             = "asia-northeast3"
  invoker_iam_disabled = true
}

resource "google_cloud_run_v2_service" "good" {
  name                 = "x"
  location             = "asia-northeast3"
  invoker_iam_disabled = false
}
