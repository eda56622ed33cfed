resource "google_cloud_run_v2_service" "bad_unprobed" {
  name     = "x"
  location = "asia-northeast3"
  template {
    containers {
      image = "x@sha256:0"
    }
  }
}

resource "google_cloud_run_v2_service" "good" {
  name     = "x"
  location = "asia-northeast3"
  template {
    containers {
      image = "x@sha256:0"
      startup_probe {
        http_get {
          path = "/readyz"
        }
      }
    }
  }
}

resource "google_cloud_run_v2_service" "good_with_sidecar" {
  name     = "x"
  location = "asia-northeast3"
  template {
    containers {
      image = "x@sha256:0"
      startup_probe {
        http_get {
          path = "/readyz"
        }
      }
    }
    containers {
      image = "y@sha256:0"
    }
  }
}
