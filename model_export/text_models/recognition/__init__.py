"""Text recognition: training, evaluation and export."""
