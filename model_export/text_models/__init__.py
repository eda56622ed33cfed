"""The text models: synthetic receipts, and training, evaluation and export of text detection and recognition."""
