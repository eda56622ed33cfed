# Calls between Cloud Run services stay on private addresses; sealed workloads reach only Google.

mock_provider "google" {}

run "network" {
  module {
    source = "./modules/network"
  }

  variables {
    region = "asia-northeast3"
    cidr   = "10.20.0.0/22"
  }

  assert {
    condition = (
      google_compute_subnetwork.this.private_ip_google_access &&
      google_dns_managed_zone.google["run-app"].dns_name == "run.app." &&
      google_dns_managed_zone.google["run-app"].visibility == "private" &&
      google_dns_record_set.google["run-app"].rrdatas == tolist(["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"])
    )
    error_message = "Without these a function's call to the OCR service counts as external and is refused."
  }

  assert {
    condition = (
      google_compute_firewall.allow_google.priority < google_compute_firewall.deny_rest.priority &&
      google_compute_firewall.allow_google.destination_ranges == toset(["199.36.153.8/30"]) &&
      google_compute_firewall.deny_rest.destination_ranges == toset(["0.0.0.0/0"]) &&
      google_compute_firewall.deny_rest.target_tags == google_compute_firewall.allow_google.target_tags
    )
    error_message = "Sealed workloads may reach only Google's addresses."
  }

  assert {
    condition     = alltrue([for rule in [google_compute_firewall.allow_google, google_compute_firewall.deny_rest] : rule.direction == "EGRESS"])
    error_message = "No rule may allow ingress."
  }
}
