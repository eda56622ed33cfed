"""Evaluation of the exported models and of the whole OCR service."""
