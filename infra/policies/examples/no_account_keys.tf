resource "google_service_account_key" "bad" {
  service_account_id = "x"
}
