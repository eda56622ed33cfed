"""Category classifier: labelled names, training, evaluation, and export to ONNX behind a parity check."""
