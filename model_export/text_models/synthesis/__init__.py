"""Synthetic receipts: texts, fonts, printer, paper and camera."""
