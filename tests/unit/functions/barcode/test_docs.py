"""docs/barcodes.md names every setting and outcome, with the defaults of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.barcode.providers.base import ProviderOutcome
from functions.barcode.responses import CacheState, LookupOutcome
from functions.barcode.settings import PROVIDERS, BarcodeSettings, FoodSafetySettings, OpenFoodFactsSettings

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "barcodes.md").read_text(encoding="utf-8")


def test_every_setting_is_described() -> None:
    groups = PROVIDERS | {"haccp"}
    single = [name.upper() for name in BarcodeSettings.model_fields if name not in groups]
    shared = [name.upper() for name in {**OpenFoodFactsSettings.model_fields, **FoodSafetySettings.model_fields}]
    words = set(re.findall("[A-Z]+(?:_[A-Z]+)*", PAGE.replace("__", " ")))
    assert [name for name in single + shared if name not in words] == []


@pytest.mark.parametrize(
    "outcome", [*LookupOutcome, *CacheState, *sorted(set(ProviderOutcome) - {ProviderOutcome.HIT})]
)
def test_every_outcome_is_described(outcome: str) -> None:
    assert f"`{outcome}`" in PAGE


@pytest.mark.parametrize(
    ("name", "default"), [("BARCODE_BUDGET_S", 1.5), ("BARCODE_RESERVE_S", 0.25), ("BARCODE_FAILURE_TTL_S", 60)]
)
def test_the_times_are_those_of_the_code(name: str, default: float) -> None:
    assert BarcodeSettings.model_fields[name.lower()].default == default
    assert f"| `{name}` | {default:g} |" in PAGE
