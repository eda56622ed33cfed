"""The largest photo is limited in several systems, which cannot share a constant: every place has the same limit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.core.settings import Settings as FunctionSettings
from ocr_service.settings import Settings as OcrSettings

ROOT = Path(__file__).resolve().parents[2]
LIMIT_MIB = 10
NUMBER = r"(\d+) \* 1024 \* 1024"
PLACES = {
    "supabase/migrations/20261122091500_receipt_photos.sql": rf"'ocr', 'ocr', false, {NUMBER}",
    "supabase/config.toml": r'file_size_limit = "(\d+)MiB"',
    "infra/modules/supabase/main.tf": rf"fileSizeLimit = {NUMBER}",
    "local/servers/supabase_lite.py": r'file_size_limit = "(\d+)MiB"',
    "compose.yaml": r"FILE_SIZE_LIMIT: (\d+)",
    "app/lib/photo.ts": rf"MAX_BYTES = {NUMBER}",
    "ocr_service/README.md": r"`OCR_MAX_BYTES`, `OCR_MAX_PIXELS` \| (\d+) MiB",
}


@pytest.mark.parametrize("place", PLACES)
def test_the_limit_is_the_same_everywhere(place: str) -> None:
    found = re.findall(PLACES[place], (ROOT / place).read_text(encoding="utf-8"))
    assert found, "the limit is not where this test looks for it"
    for number in found:
        mib = int(number) / 2**20 if int(number) > 1000 else int(number)
        assert mib == LIMIT_MIB


def test_functions_and_the_ocr_service_take_what_storage_takes() -> None:
    fields = (FunctionSettings.model_fields["photo_max_bytes"], OcrSettings.model_fields["max_bytes"])
    assert [field.default for field in fields] == [LIMIT_MIB * 2**20] * 2
