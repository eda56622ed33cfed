"""The first pages of a PDF, such as an electronic receipt, as one image.

Call it where an image is decoded: PDFium, too, is a decoder that may crash, hang or take all memory on hostile bytes.
This build of it runs no scripts, and it opens no other files and no connections.
"""

import math
from collections.abc import Callable

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2.raw import (
    FPDF_ERR_PASSWORD,
    FPDF_PAGEOBJ_TEXT,
    FPDF_TEXTRENDERMODE_INVISIBLE,
    FPDFTextObj_GetTextRenderMode,
)

from ocr_service.errors import BrokenImage, OcrError, UnsupportedImage

MAX_PAGES = 5
"""Further pages are not read: those of electronic receipts are terms and advertisements."""
DPI = 300
"""Resolution of the full-size image, in which boxes are given."""
POINTS = 72
"""Points per inch: the unit of a PDF."""

Size = tuple[int, int]
Pixels = NDArray[np.uint8]


def render(data: bytes, check: Callable[[Size], Size], fit: Callable[[Size], Size]) -> tuple[Size, Pixels]:
    """Full size in pixels, and the pages below each other on white, RGB, at the size that `fit` makes of it.

    Pages after the fifth, or with which `check` refuses the size of the whole image, are left out.

    Raises UnsupportedImage (a password is needed, or fonts are missing), BrokenImage, and what `check` raises for the
    first page.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        if exc.err_code == FPDF_ERR_PASSWORD:
            raise UnsupportedImage("The PDF is protected by a password.") from exc
        raise
    if not len(document):
        raise BrokenImage("The PDF has no pages.")
    sizes = [_full_size(document[0].get_size())]
    full = check(sizes[0])
    for number in range(1, min(MAX_PAGES, len(document))):
        size = _full_size(document[number].get_size())
        try:
            full = check(_below_each_other([*sizes, size]))
        except OcrError:
            break
        sizes.append(size)
    width, height = fit(full)
    factor = width / full[0]
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    top = 0.0
    for number, size in enumerate(sizes):
        page = document[number]
        if _lacks_korean_font(page):
            raise UnsupportedImage("The PDF does not contain the fonts of its Korean text.")
        rendered = page.render(scale=factor * DPI / POINTS, rev_byteorder=True, may_draw_forms=False).to_numpy()
        place = pixels[round(top) :, :]
        rows, columns = min(len(rendered), len(place)), min(rendered.shape[1], width)
        place[:rows, :columns] = rendered[:rows, :columns, :3]
        page.close()
        top += size[1] * factor
    return full, pixels


def _full_size(points: tuple[float, float]) -> Size:
    width, height = points
    if not (math.isfinite(width) and math.isfinite(height)):
        raise BrokenImage("A page of the PDF has no size.")
    return max(1, round(width * DPI / POINTS)), max(1, round(height * DPI / POINTS))


def _below_each_other(sizes: list[Size]) -> Size:
    return max(width for width, _ in sizes), sum(height for _, height in sizes)


def _lacks_korean_font(page: pypdfium2.PdfPage) -> bool:
    """Whether Hangul would be missing from the drawing: the fonts that stand in for those of the page have none."""
    return any(
        FPDFTextObj_GetTextRenderMode(text) != FPDF_TEXTRENDERMODE_INVISIBLE  # as of a scan with its text
        and not text.get_font().is_embedded
        and any("가" <= character <= "힣" for character in text.extract())
        for text in page.get_objects(filter=[FPDF_PAGEOBJ_TEXT], textpage=page.get_textpage())
    )
