"""Retraining of the category classifier: from votes and annotations to a challenger that is promoted or not."""
