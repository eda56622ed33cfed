# One private network without NAT: a workload that sends all its traffic through it reaches only Google's APIs.

resource "google_compute_network" "this" {
  name                    = "jangbogi"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "this" {
  name          = "workloads"
  network       = google_compute_network.this.id
  region        = var.region
  ip_cidr_range = var.cidr

  # Without it a function's call to the OCR service is not treated as internal.
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

locals {
  # private.googleapis.com: Google's APIs and Cloud Run, reachable from private addresses only.
  private_google = [for last in range(8, 12) : "199.36.153.${last}"]
  zones          = { run-app = "run.app.", googleapis = "googleapis.com." }
}

resource "google_dns_managed_zone" "google" {
  for_each = local.zones

  name        = each.key
  dns_name    = each.value
  description = "Resolves ${each.value} to Google's private addresses."
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.this.id
    }
  }
}

resource "google_dns_record_set" "google" {
  for_each = local.zones

  managed_zone = google_dns_managed_zone.google[each.key].name
  name         = "*.${each.value}"
  type         = "A"
  ttl          = 300
  rrdatas      = local.private_google
}

resource "google_compute_firewall" "allow_google" {
  name               = "sealed-to-google"
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 1000
  target_tags        = ["sealed"]
  destination_ranges = ["199.36.153.8/30"]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

resource "google_compute_firewall" "deny_rest" {
  name               = "sealed-from-all-else"
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 2000
  target_tags        = ["sealed"]
  destination_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}
