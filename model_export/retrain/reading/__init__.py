"""Retraining of the recogniser, on drawn lines and on crops that users agreed to and annotators transcribed."""
