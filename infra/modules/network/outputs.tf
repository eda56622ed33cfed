output "attachment" {
  description = "What a workload needs to attach itself directly: network and subnet."
  value = {
    network    = google_compute_network.this.id
    subnetwork = google_compute_subnetwork.this.id
  }
}
