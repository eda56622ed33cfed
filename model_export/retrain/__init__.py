"""Retraining of the category classifier: from what users and annotators said to a model that is promoted or not."""
