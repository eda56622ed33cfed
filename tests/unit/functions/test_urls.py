"""What users type or buy is in no URL that functions call: servers and proxies on the way log URLs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import requests

from functions.ocr.client import OcrClient

FUNCTIONS = Path("functions")
BUILDERS = {"urlencode", "quote", "quote_plus", "eq", "ilike", "like", "in_", "or_", "filter", "text_search"}
"""Functions, and filters of the Data API, that put a value into a URL."""
ALLOWED = {
    ("barcode/providers/base.py", "quote"): "a provider's key",
    ("barcode/providers/foodsafety.py", "quote"): "a provider's key",
    ("receipts/photos.py", "quote"): "bucket and path of a photo",
    ("canary/canary.py", "eq"): "the path of our own photo",
}


def built(path: Path) -> set[str]:
    """How the module builds URLs."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    names = {node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "") for node in calls}
    parameters = {keyword.arg or "" for node in calls for keyword in node.keywords}
    return (names & BUILDERS) | (parameters & {"params"})


def test_only_barcodes_keys_and_paths_of_photos_are_put_into_urls() -> None:
    found = {(str(path.relative_to(FUNCTIONS)), name) for path in FUNCTIONS.rglob("*.py") for name in built(path)}
    assert found == set(ALLOWED)


def test_the_ocr_service_is_called_without_a_query() -> None:
    with requests.Session() as session, pytest.raises(ValueError, match="query"):
        OcrClient(session, "http://127.0.0.1:9").post("/v1/lines?name=milk", timeout=1)
