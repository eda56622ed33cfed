"""Annotation: people look at what the model is unsure of, their answers are checked, and training takes them."""
