"""The core of a text box: what the detector marks, and its decoder and `ocr_service.vision.quads.unclip` grow again."""

import numpy as np

from model_export.text_models.synthesis.pages import Quads

HEIGHT = 0.46
"""Of a core, in heights of the text: rows printed without a gap keep more than half a row between their cores."""
REACH = 0.345
"""How far the box ends outside its core, in heights of the text: 0.75 of the core, as the decoder grows a long one."""
MARGIN = 2 * REACH + HEIGHT - 1
"""Paper that a box holds around its text, above and below together, in heights."""


def cores(quads: Quads) -> Quads:
    """The inner parts of boxes that the detector should mark, n x 4 x 2; that of a single digit is square."""
    across, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    width, height = np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)
    wanted = np.maximum(HEIGHT, width / height + MARGIN - 2 * REACH) * height
    right = ((width - wanted) / 2 / width)[:, None] * across
    below = (1 - HEIGHT) / 2 * down
    moves = np.stack([right + below, -right + below, -right - below, right - below], axis=1)
    return np.asarray(quads + moves, dtype=np.float32)
