"""Simulated weeks of shopping with known true categories, to measure whether retraining improves the model."""
