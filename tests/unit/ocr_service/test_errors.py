"""Every error that a photo causes has a text for users."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocr_service.errors import OcrError

ROOT = Path(__file__).resolve().parents[3]


def every_error(base: type[OcrError]) -> Iterator[type[OcrError]]:
    for error in base.__subclasses__():
        yield error
        yield from every_error(error)


# A malformed request is a defect of the functions, not of the photo.
PHOTO_CODES = sorted({error.code for error in every_error(OcrError) if not error.retryable} - {"bad_request"})


@pytest.mark.parametrize("code", PHOTO_CODES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_app_has_a_text_for_it(language: str, code: str) -> None:
    texts = (ROOT / "app" / "lib" / "i18n" / f"{language}.ts").read_text(encoding="utf-8")
    assert re.search(rf"^ +{code}: '.+',$", texts, re.MULTILINE)


@pytest.mark.parametrize("code", PHOTO_CODES)
def test_the_page_for_app_developers_has_advice_for_it(code: str) -> None:
    page = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    rows = page.split("| `error_code` | what to tell the user |")[1].split("\n\n")[0]
    assert f"`{code}`" in rows
