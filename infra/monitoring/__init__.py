"""What operators watch of the database and of the category model: a Prometheus exporter, drift, and dashboards."""
