"""Alert rules and dashboards: queries match exported metrics, alerts are tested and documented, files are current."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from functions.barcode.settings import BarcodeSettings, ProviderSettings
from functions.core.errors import PhotoMissing, PhotoTooLarge, PhotoTypeMismatch
from functions.core.settings import Settings
from infra.monitoring import dashboards
from infra.monitoring.dashboards import panels
from infra.monitoring.metrics import DEFINITIONS, PREFIX
from ocr_service.errors import OcrError
from ocr_service.metrics import Metrics
from tests.support.promql import ALERTS, EXPRESSIONS, MONITORING, PANELS, grouping, selectors

ROOT = Path(__file__).resolve().parents[4]
ADDED_BY_PROMETHEUS = {"job", "instance"}


@cache
def exported() -> dict[str, set[str]]:
    """Labels of every scraped series, by name."""
    series = {
        PREFIX + name + ("_total" if definition.kind == "counter" else ""): set(definition.labels)
        for name, definition in DEFINITIONS.items()
    }
    metrics = Metrics()
    for family in metrics.registry.collect():
        names = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        series |= {family.name + suffix: set() for suffix in names}
    for instrument in vars(metrics).values():
        if isinstance(instrument, MetricWrapperBase):
            (family,) = instrument.describe()
            for name in series:
                if name.startswith(family.name):
                    series[name] |= set(instrument._labelnames) | ({"le"} if name.endswith("_bucket") else set())
    return series


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_every_expression_asks_for_what_is_exported(where: str) -> None:
    series = exported()
    asked = selectors(EXPRESSIONS[where])
    named = re.findall(r"\b(?:jangbogi|ocr|process)_\w+", EXPRESSIONS[where])
    assert {selector.name for selector in asked} == set(named)
    assert {selector.name for selector in asked} <= set(series)
    for selector in asked:
        assert {matcher.name for matcher in selector.matchers.matchers} <= series[selector.name]
    known = set().union(*(series[selector.name] for selector in asked))
    assert grouping(EXPRESSIONS[where]) <= known | ADDED_BY_PROMETHEUS


def test_the_parts_of_an_expression_are_all_seen() -> None:
    expression = "histogram_quantile(0.9, sum by (le) (rate(a[5m]))) / (b - c) > 1 and on (x) absent(-d)"
    assert {selector.name for selector in selectors(expression)} == {"a", "b", "c", "d"}
    assert grouping(expression) == {"le", "x"}


def test_every_metric_is_looked_at() -> None:
    asked = set(re.findall(r"\b(?:jangbogi|ocr)_\w+", " ".join(EXPRESSIONS.values())))
    unseen = {
        "ocr_shadow_dropped_total",
        "ocr_item_confidence_sum",
        "ocr_item_confidence_count",
    }
    unseen |= {"ocr_stage_seconds_sum", "ocr_stage_seconds_count"}
    assert {name for name in exported() if not name.startswith("process_")} - asked == unseen


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_says_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] in anchors()


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_shown_firing_and_silent(alert: str) -> None:
    cases = [
        case
        for file in (MONITORING / "tests").glob("*.test.yml")
        for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == alert
    ]
    assert {bool(case.get("exp_alerts")) for case in cases} == {True, False}


def anchors() -> set[str]:
    """The links that lead to a heading of the runbook, as GitHub makes them."""
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_cloud_s_own_alerts_lead_into_the_runbook_too() -> None:
    text = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "infra" / "modules" / "monitoring").glob("*.tf")
    )
    links = set(re.findall(r"(?:runbook_url\}|anchor = \")(#[a-z-]+)", text))
    assert links
    assert links <= anchors()


def every_error(base: type[OcrError]) -> Iterator[type[OcrError]]:
    for error in base.__subclasses__():
        yield error
        yield from every_error(error)


def test_a_photo_that_cannot_be_read_is_no_dead_letter() -> None:
    text = (ROOT / "infra" / "modules" / "monitoring" / "platform.tf").read_text(encoding="utf-8")
    (listed,) = re.findall(r"photo_codes += \[(.*)\]", text)
    # A request that the OCR service does not understand was made by us.
    refused = {error.code for error in every_error(OcrError) if not error.retryable} - {"bad_request"}
    ours = {error.code for error in (PhotoMissing, PhotoTooLarge, PhotoTypeMismatch)}
    assert set(re.findall(r'"(\w+)"', listed)) == refused | ours
    # The database also counts receipts that no worker logs: replaced photos, and uploads over a limit.
    migration = next((ROOT / "supabase" / "migrations").glob("*_monitoring.sql")).read_text(encoding="utf-8")
    (codes,) = re.findall(r"p_error_code not in \((.*?)\)", migration, re.DOTALL)
    assert set(re.findall(r"'(\w+)'", codes)) == refused | ours | {"photo_replaced", "rate_limited", "deleted"}


def test_the_runbook_names_the_alerts_that_there_are() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`((?:[A-Z][a-z]+){2,})`", page)) == set(ALERTS)


def test_the_runbook_names_panels_that_there_are() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    titles = {name.split(", ")[1] for name in PANELS}
    named = set(re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", page))
    assert named
    assert [name for name in named if not any(title.startswith(name) for title in titles)] == []


def test_the_runbook_names_settings_that_there_are() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    known = {*Settings.model_fields, *BarcodeSettings.model_fields, *ProviderSettings.model_fields, "database_url"}
    named = re.findall("`([A-Z]+(?:_[A-Z]+)+)`", page)
    assert named
    assert {name.lower() for name in named} <= known


def test_the_committed_dashboards_are_what_the_code_says() -> None:
    rendered = dashboards.rendered()
    assert {path.name for path in dashboards.FOLDER.glob("*.json")} == set(rendered)
    for name, text in rendered.items():
        assert (dashboards.FOLDER / name).read_text(encoding="utf-8") == text


def test_every_panel_has_an_identity_and_every_query_a_letter() -> None:
    for text in dashboards.for_grafana().values():
        board = json.loads(text)
        ids = [panel["id"] for panel in board["panels"]]
        assert ids == list(range(1, len(ids) + 1))
        for panel in board["panels"]:
            letters = [target["refId"] for target in panel.get("targets", [])]
            assert letters == sorted(set(letters))


def test_panels_lie_beside_each_other_on_the_24_columns_of_grafana() -> None:
    for text in dashboards.for_grafana().values():
        occupied: set[tuple[int, int]] = set()
        for panel in json.loads(text)["panels"]:
            place = panel["gridPos"]
            columns, lines = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
            cells = {(column, line) for column in columns for line in lines}
            assert cells
            assert max(columns) < panels.WIDTH
            assert not cells & occupied
            occupied |= cells


def test_the_promises_of_the_product_are_panels() -> None:
    titles = " ".join(PANELS)
    for promise in ("≥ 95 %", "≥ 80 %", "≥ 3", "≥ 99 %", "Accuracy by month"):
        assert promise in titles


def test_the_runbook_quotes_log_lines_and_errors_that_exist() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page)
    quotes = {
        span
        for span in spans
        if " " in span and not re.match(r"(python -m|gcloud|make|select|insert|update|delete) ", span)
    }
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "supabase" / "migrations").glob("*.sql")]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    assert quotes
    assert {quote for quote in quotes if not re.search(rf"[\"']{re.escape(quote)}[\"':]", text)} == set()


def test_the_cloud_has_every_panel_with_its_queries_at_its_place() -> None:
    rendered = dashboards.rendered()
    for name, text in dashboards.for_grafana().items():
        panels_there = json.loads(text)["panels"]
        tiles = json.loads(rendered[name.replace(".json", ".cloud.json")])["mosaicLayout"]["tiles"]
        assert [tile["widget"]["title"] for tile in tiles] == [panel["title"] for panel in panels_there]
        for panel, tile in zip(panels_there, tiles, strict=True):
            assert tile["xPos"] + tile["width"] <= 48
            assert (tile["xPos"], tile["yPos"]) == (2 * panel["gridPos"]["x"], 2 * panel["gridPos"]["y"])
            queries = re.findall(r'"prometheusQuery": ("(?:[^"\\]|\\.)*")', json.dumps(tile))
            assert [json.loads(query) for query in queries] == [t["expr"] for t in panel.get("targets") or ()]
