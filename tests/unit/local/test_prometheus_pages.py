"""The dashboards as pages of Prometheus."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from local import prometheus_pages
from tests.support.promql import MONITORING

DASHBOARDS = MONITORING / "dashboards"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("consoles")
    prometheus_pages.write(DASHBOARDS, folder)
    return {page.stem: page.read_text(encoding="utf-8") for page in folder.iterdir()}


@pytest.mark.parametrize("board", ["pipeline", "providers", "quality"])
def test_a_page_has_every_panel_with_its_queries(pages: dict[str, str], board: str) -> None:
    panels = json.loads((DASHBOARDS / f"{board}.json").read_text(encoding="utf-8"))["panels"]
    titles = re.findall("<h[23]>(.*)</h[23]>", pages[board])
    assert [unescape(title) for title in titles] == [panel["title"] for panel in panels]
    asked = re.findall("query `(.*)`", pages[board])
    assert asked == [target["expr"] for panel in panels for target in panel.get("targets", [])]


def test_a_series_is_called_as_in_grafana(pages: dict[str, str]) -> None:
    assert "<td>median {{ .Labels.version }}</td>" in pages["quality"]
    assert "<td>{{ .Labels.provider }}, {{ .Labels.period }}</td>" in pages["providers"]


def test_every_page_leads_to_all_of_them(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert re.findall('href="(.*?).html"', page) == sorted(pages)


def test_all_that_is_opened_in_a_template_is_closed(pages: dict[str, str]) -> None:
    for page in pages.values():
        words = re.findall(r"{{ (range|if|end)\b", page)
        assert words.count("range") + words.count("if") == words.count("end") > 0


def test_a_promise_is_green_from_what_is_promised_on_and_a_delay_until_it_is_too_long(tmp_path: Path) -> None:
    steps = {
        "share": [{"color": "red", "value": None}, {"color": "green", "value": 3}],
        "delay": [{"color": "green", "value": None}, {"color": "red", "value": 300}],
    }
    board = {
        "title": "Board",
        "panels": [
            {
                "type": "stat", "title": name, "targets": [{"expr": name, "legendFormat": "__auto"}],
                "fieldConfig": {"defaults": {"unit": "s", "thresholds": {"steps": limits}}},
            }
            for name, limits in steps.items()
        ],
    }  # fmt: skip
    (tmp_path / "board.json").write_text(json.dumps(board), encoding="utf-8")
    prometheus_pages.write(tmp_path, tmp_path / "pages")
    page = (tmp_path / "pages" / "board.html").read_text(encoding="utf-8")
    assert "{{ if ge .Value 3.0 }}green{{ else }}red{{ end }}" in page
    assert "{{ if ge .Value 300.0 }}red{{ else }}green{{ end }}" in page
