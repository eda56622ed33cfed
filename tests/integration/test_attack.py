"""The short form of `make attack`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.attack.attacks import ATTACKS, FULL, SHORT, run
from tests.attack.hostile_images import hostile_images
from tests.attack.report import Result, table
from tests.support.prepared_database import new_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(new_stack(tmp_path_factory), scheduler=False) as stack:
        yield stack


def test_attacks_achieve_nothing(stack: Stack) -> None:
    results, peaks_mib = run(stack, SHORT, 600, lambda _: None)
    assert len(results) == len(ATTACKS)
    assert all(result.is_harmless for result in results), table(results, peaks_mib)
    assert all(result.counts["tried"] for result in results)


def test_the_full_form_has_hundreds_of_different_images() -> None:
    assert FULL.images >= 300
    images = list(hostile_images(28))
    assert images == list(hostile_images(28)), "the same in each run"
    assert len({data for _, _, data in images}) > 20


def test_attacks_without_time_are_not_harmless(stack: Stack) -> None:
    results, peaks_mib = run(stack, SHORT, 0, lambda _: None)
    assert not any(result.is_harmless for result in results)
    notes = table(results, peaks_mib)
    assert all(f"- {attack.__name__.replace('_', ' ')}: not finished" in notes for attack in ATTACKS)


def test_the_table_names_what_was_achieved() -> None:
    result = Result("floods")
    result.counts["tried"] += 3
    assert result.is_harmless
    result.harm("lost", "a receipt", 2)
    assert not result.is_harmless
    lines = table([result], {"ocr_service": 700.4}).splitlines()
    assert "| floods | 3 | 0 | 0 | 0 | 2 | 0 |" in lines
    assert "| ocr_service | 700 |" in lines
    assert "- floods: lost: a receipt" in lines
