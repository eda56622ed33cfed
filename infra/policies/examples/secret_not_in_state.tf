resource "google_secret_manager_secret_version" "bad_in_state" {
  secret      = "x"
  secret_data = "value"
}

resource "google_secret_manager_secret_version" "good_write_only" {
  secret                 = "x"
  secret_data_wo         = "value"
  secret_data_wo_version = 1
}
