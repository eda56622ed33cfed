"""Monitoring of the whole product: Prometheus exporter, drift, alert rules and dashboards."""
