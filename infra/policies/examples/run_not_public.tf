resource "google_cloud_run_v2_service_iam_member" "bad_public" {
  name   = "x"
  role   = "roles/run.invoker"
  member = "allUsers"
}

resource "google_cloud_run_v2_job_iam_member" "bad_anybody_with_an_account" {
  name   = "x"
  role   = "roles/run.invoker"
  member = "allAuthenticatedUsers"
}

resource "google_cloud_run_v2_service_iam_member" "good" {
  name   = "x"
  role   = "roles/run.invoker"
  member = "serviceAccount:x@project.iam.gserviceaccount.com"
}
