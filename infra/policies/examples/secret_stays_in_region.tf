resource "google_secret_manager_secret" "bad_anywhere" {
  secret_id = "x"
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret" "good" {
  secret_id = "x"
  replication {
    user_managed {
      replicas {
        location = "asia-northeast3"
      }
    }
  }
}
