"""Korean text recognition for receipts: synthetic lines, fine-tuning, export."""
