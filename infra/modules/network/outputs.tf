output "attachment" {
  description = "Network and subnet for direct VPC egress."
  value = {
    network    = google_compute_network.this.id
    subnetwork = google_compute_subnetwork.this.id
  }
}
