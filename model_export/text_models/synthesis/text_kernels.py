"""Text kernels (DBNet): the inner parts of text boxes that the detector marks.

The detector's decoder and `ocr_service.vision.quads.unclip` expand them to boxes again.
"""

import numpy as np

from model_export.text_models.synthesis.pages import Quads

HEIGHT = 0.46
"""Height of a kernel in text heights: rows printed without a gap keep more than half a row between their kernels."""
REACH = 0.345
"""Distance from a kernel to the edge of its box in text heights: 0.75 kernel heights, as the decoder expands them."""
MARGIN = 2 * REACH + HEIGHT - 1
"""Paper in a box above and below its text together, in text heights."""


def kernels(quads: Quads) -> Quads:
    """The kernels of boxes, n x 4 x 2, in pixels; the kernel of a single digit is square."""
    across, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    width, height = np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)
    kernel_width = np.maximum(HEIGHT, width / height + MARGIN - 2 * REACH) * height
    right = ((width - kernel_width) / 2 / width)[:, None] * across
    below = (1 - HEIGHT) / 2 * down
    moves = np.stack([right + below, -right + below, -right - below, right - below], axis=1)
    return np.asarray(quads + moves, dtype=np.float32)
