"""Text detection: training and export."""
