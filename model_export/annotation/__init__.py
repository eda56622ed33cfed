"""Annotation: annotators categorise names that the model is unsure of, and training uses the answers they agree on."""
