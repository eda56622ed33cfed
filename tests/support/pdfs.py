"""PDFs for tests: of images, of plain text, and hostile ones."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence

from PIL import Image


def pdf_of_images(images: Sequence[Image.Image], dpi: int = 150) -> bytes:
    """A page per image."""
    buffer = io.BytesIO()
    images[0].save(buffer, "PDF", resolution=dpi, save_all=True, append_images=list(images[1:]))
    return buffer.getvalue()


def pdf(
    content: bytes = b"",
    *,
    box: str = "0 0 595 842",
    pages: int = 1,
    page: bytes = b"",
    objects: Sequence[bytes] = (),
    compress: bool = False,
) -> bytes:
    """A PDF whose pages show `content`. `page`: entries of each page; `objects`: further ones, from number 10."""
    kids = " ".join(f"{100 + number} 0 R" for number in range(pages))
    packed = zlib.compress(content) if compress else content
    packing = b"/Filter/FlateDecode" if compress else b""
    parts = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: f"<</Type/Pages/Kids[{kids}]/Count {pages}/MediaBox[{box}]>>".encode(),
        3: b"<</Length %d%b>>stream\n%b\nendstream" % (len(packed), packing, packed),
        4: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **{10 + number: body for number, body in enumerate(objects)},
        **{
            100 + number: b"<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources<</Font<</F 4 0 R>>>>%b>>" % page
            for number in range(pages)
        },
    }
    body = b"%PDF-1.7\n"
    entries = []
    for number, part in parts.items():
        entries.append(b"%d 1\n%010d 00000 n \n" % (number, len(body)))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"xref\n0 1\n0000000000 65535 f \n" + b"".join(entries)
    return body + table + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (1000, len(body))


def _image_bomb(side: int) -> bytes:
    stream = zlib.compress(zlib.compress(bytes(side * side), 9), 9)
    image = (
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%b\nendstream" % (side, side, len(stream), stream)
    )
    return pdf(b"500 0 0 800 0 0 cm /I Do", page=b"/Resources<</XObject<</I 10 0 R>>>>", objects=[image])


HOSTILE_PDFS: dict[str, Callable[[], bytes]] = {
    "PDF, image of 900 megapixels": lambda: _image_bomb(30_000),
    "PDF, stream of 300 MB": lambda: pdf(b"0 0 m 9 9 l S " * 20_000_000, compress=True),
    "PDF, page of the largest size": lambda: pdf(box="0 0 14400 14400"),
    "PDF, page of an impossible size": lambda: pdf(box="0 0 1e30 1e30"),
    "PDF, page without a size": lambda: pdf(box="0 0 0 0"),
    "PDF, page like a thread": lambda: pdf(box="0 0 10000 1"),
    "PDF, form in itself": lambda: pdf(
        b"/X Do",
        page=b"/Resources<</XObject<</X 10 0 R>>>>",
        objects=[
            b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 10 0 R>>>>/Length 5>>"
            b"stream\n/X Do\nendstream"
        ],
    ),
    "PDF, nested dictionaries": lambda: pdf(objects=[b"<</A" * 100_000 + b" 1" + b">>" * 100_000]),
    "PDF, pages in themselves": lambda: (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>endobj\ntrailer<</Root 1 0 R>>"
    ),
    "PDF, scripts and links": lambda: pdf(
        b"BT /F 20 Tf 50 700 Td (TOTAL 1,000) Tj ET",
        page=b"/AA<</O<</S/JavaScript/JS(while\\(1\\);)>>>>/Annots[10 0 R]",
        objects=[
            b"<</Type/Annot/Subtype/Link/Rect[0 0 600 800]/A<</S/URI/URI(http://127.0.0.1:9/)>>>>",
            b"<</S/Launch/F(/bin/sh)>>",
        ],
    ),
    "PDF, half": lambda: pdf_of_images([Image.radial_gradient("L")])[:3000],
    "PDF, header alone": lambda: b"%PDF-1.7",
}
