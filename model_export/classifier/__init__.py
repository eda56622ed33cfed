"""Category classifier: names of groceries, training, evaluation, and export to ONNX behind a parity gate."""
