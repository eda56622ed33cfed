"""What a worn printer does to ink, dot by dot."""

import random

import cv2
import numpy as np

from model_export.text_models.synthesis.fonts import Ink

PITCH = 4
"""Distance between the dots of a dot-matrix printer in pixels, while its dots are drawn round."""

MIN_INK = 0.6
"""Share of its ink that a face must keep when it is thinned; light faces would become illegible."""


def strike(ink: Ink, wide: int, tall: int, bold: bool) -> Ink:
    """The ink of a print, printed twice side by side if bold, with enlarged cells. wide, tall: factors."""
    if bold:
        ink = np.maximum(ink, np.pad(ink, ((0, 0), (1, 0)))[:, :-1])
    return np.asarray(cv2.resize(ink, None, fx=wide, fy=tall, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def wear(ink: Ink, rng: random.Random, noise: np.random.Generator) -> Ink:
    """Double-struck or thinned print, failed rows and columns of dots, missing specks. Changes and returns `ink`."""
    if rng.random() < 0.18:
        ink[:, 1:] = np.maximum(ink[:, 1:], ink[:, :-1])
    if rng.random() < 0.06:
        thin = cv2.erode(ink, np.ones((1, 2), np.uint8))
        if thin.sum() > MIN_INK * ink.sum():
            ink = thin
    if rng.random() < 0.08:
        ink[rng.randrange(len(ink)) % 40 :: rng.choice([7, 12, 40])] = 0
    for _ in range(rng.choices([0, 1, 3], [93, 5, 2])[0]):
        ink[:, rng.randrange(ink.shape[1])] = 0
    if rng.random() < 0.06:
        ink[noise.random(ink.shape) < rng.uniform(0.02, 0.2)] = 0
    return ink


def dot_matrix(ink: Ink, size: tuple[int, int]) -> Ink:
    """Round dots with paper between them, scaled to `size` (width, height)."""
    big = cv2.resize(ink, None, fx=PITCH, fy=PITCH, interpolation=cv2.INTER_NEAREST)
    dot = np.array([[0.3, 0.8, 0.8, 0.3], [0.8, 1, 1, 0.8], [0.8, 1, 1, 0.8], [0.3, 0.8, 0.8, 0.3]], np.float32)
    dotted = (big * np.tile(dot, ink.shape)).astype(np.uint8)
    return np.asarray(cv2.resize(dotted, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
