"""Damaged answers of providers over HTTP: a product that a person would recognise is found, and can be stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.barcode.clean import clean_text, name_of, parse_object, text_of
from functions.barcode.providers.base import ProviderOutcome
from tests.support.barcode_servers import Reply
from tests.support.provider_answers import PROVIDERS, Hit, hits, other_products, storable
from tests.support.provider_bench import NUMBER, Bench, fixed


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_recognisable_product_is_a_hit_whatever_else_the_answer_contains(
    bench: Bench, provider: str, data: st.DataObject
) -> None:
    hit: Hit = data.draw(hits(provider, NUMBER))
    bench.use(provider, hit.answer)
    result = bench.ask()
    assert result.outcome is ProviderOutcome.HIT
    assert result.product
    assert result.product.name == hit.name
    assert result.product.has_korean_name
    assert storable(dataclasses.asdict(result.product))


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(status=st.sampled_from([200, 404, 429, 500, 503]), body=st.binary(max_size=200))
def test_any_other_body_is_a_failure_or_a_miss(bench: Bench, provider: str, status: int, body: bytes) -> None:
    bench.use(provider, fixed(Reply(status, body)))
    result = bench.ask()
    assert result.product is None
    assert result.outcome is not ProviderOutcome.MISS


@pytest.mark.parametrize("provider", ["foodqr", "foodqr_data", "foodsafety"])
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.integers(1, 10), more=st.integers(0, 2000), write=st.sampled_from([int, str, "{:,}".format]))
def test_a_product_is_missing_only_if_all_rows_are_there(
    bench: Bench, provider: str, rows: int, more: int, write: Callable[[int], object]
) -> None:
    """A server that ignores our filter returns its first rows."""
    bench.use(provider, fixed(other_products(provider, rows, write(rows + more))))
    assert bench.ask().outcome is (ProviderOutcome.TRANSIENT if more else ProviderOutcome.MISS)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("\x00"), inner),
)


@given(st.dictionaries(st.text(), json_values))
def test_every_parsed_object_can_be_stored(value: dict[str, object]) -> None:
    import json

    assert storable(parse_object(json.dumps(value).encode()))


@given(st.text() | st.text(st.characters(categories=["Cs", "Cc", "Cf", "L"])))
def test_cleaning_is_idempotent_and_leaves_no_control_character(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert all(c.isprintable() for c in cleaned)
    assert name_of(text) is None or "\n" not in str(name_of(text))


@pytest.mark.parametrize("value", ["-", "null", "N/A", " ", "\u200b", "&nbsp;", "<br>", "...", None, True, [], {}])
def test_a_placeholder_is_not_a_text(value: object) -> None:
    assert text_of(value) is None


@pytest.mark.parametrize(("value", "expected"), [("8801234567893", None), (8801234567893, None), ("1664", "1664")])
def test_a_name_is_not_a_barcode(value: object, expected: str | None) -> None:
    assert name_of(value) == expected


@pytest.mark.parametrize(
    "value", ["(null)", "해당 없음", "-해당사항없음-", "N.A.", "\u3164", "\u115f\u1160", "&amp;amp;nbsp;", "<!-- -->"]
)
def test_a_placeholder_is_not_a_name_in_any_punctuation(value: str) -> None:
    assert name_of(value) is None


@given(st.text(st.sampled_from("\u0301\u0327\u0344\u05b0\u0f71"), min_size=31), st.integers(1, 3000))
def test_runs_of_marks_are_limited(marks: str, times: int) -> None:
    """Composing them would take a time that grows with the square of their number."""
    assert len(clean_text(f"우{marks * times}유")) <= 2 + 2 * 30


def test_the_last_member_that_is_not_empty_counts() -> None:
    body = '{"a": "우유", "a": "", "b": 0, "b": 1, "c": "두부", "c\u200b": "라면", "d": null, "d": "김"}'
    assert parse_object(body.encode()) == {"a": "우유", "b": 1, "c": "두부", "d": "김"}
