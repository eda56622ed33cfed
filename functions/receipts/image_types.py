"""Image formats by their first bytes, compared with the content type that the uploader declared.

The OCR service recognises the same formats; it is not asked about other files.
"""

from __future__ import annotations

from functions.core.errors import PhotoTypeMismatch, UnsupportedPhoto

SIGNATURE_BYTES = 12
_HEIF = frozenset({"image/heic", "image/heif"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})


def content_types(start: bytes) -> frozenset[str]:
    """The content types that suit a file with these first `SIGNATURE_BYTES`; empty for other files."""
    if start.startswith(b"\xff\xd8\xff"):
        return frozenset({"image/jpeg"})
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return frozenset({"image/png"})
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return frozenset({"image/webp"})
    if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS:
        return _HEIF
    if start.startswith(b"%PDF-"):
        return frozenset({"application/pdf"})
    return frozenset()


def check(declared: str, start: bytes) -> None:
    """Check the first bytes of a photo.

    Args:
        declared: its Content-Type; parameters are ignored.

    Raises:
        UnsupportedPhoto: it is neither a JPEG, PNG, WebP or HEIC image nor a PDF.
        PhotoTypeMismatch: it is one, but another one than declared.
    """
    suitable = content_types(start)
    if not suitable:
        raise UnsupportedPhoto("The file is neither a JPEG, PNG, WebP or HEIC image nor a PDF.")
    if declared.partition(";")[0].strip().lower() not in suitable:
        raise PhotoTypeMismatch(f"The file is {' or '.join(sorted(suitable))}, but was declared as another type.")
