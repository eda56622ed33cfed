"""The same dashboards for Cloud Monitoring: each Grafana panel becomes a tile with the same query, title and place."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

SCALE = 2
"""Cloud Monitoring's mosaic has 48 columns, Grafana's grid 24."""
COLOURS = {"red": "RED", "yellow": "YELLOW"}


def convert(board: dict[str, Any]) -> str:
    """A dashboard in Grafana's format as one of Cloud Monitoring, both as JSON."""
    tiles = []
    for panel in board["panels"]:
        place = panel["gridPos"]
        tiles.append(
            {
                "xPos": place["x"] * SCALE,
                "yPos": place["y"] * SCALE,
                "width": place["w"] * SCALE,
                "height": place["h"] * SCALE,
                "widget": {"title": panel["title"], **_content(panel)},
            }
        )
    layout = {"columns": 24 * SCALE, "tiles": tiles}
    return json.dumps({"displayName": board["title"], "mosaicLayout": layout}, ensure_ascii=False, indent=1) + "\n"


def _content(panel: dict[str, Any]) -> dict[str, Any]:
    queries = [{"prometheusQuery": target["expr"]} for target in panel.get("targets") or ()]
    match panel["type"]:
        case "row":
            return {"sectionHeader": {"subtitle": "", "dividerBelow": True}}
        case "stat":
            return {
                "scorecard": {
                    "timeSeriesQuery": queries[0],
                    "sparkChartView": {"sparkChartType": "SPARK_LINE"},
                    "thresholds": _thresholds(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]),
                }
            }
        case "barchart":
            return {"timeSeriesTable": {"dataSets": [{"timeSeriesQuery": query} for query in queries]}}
        case "timeseries":
            custom = panel["fieldConfig"]["defaults"].get("custom") or {}
            is_stacked = (custom.get("stacking") or {}).get("mode") == "normal"
            legends = [target.get("legendFormat", "") for target in panel["targets"]]
            data = [
                {
                    "timeSeriesQuery": query,
                    "plotType": "STACKED_AREA" if is_stacked else "LINE",
                    # Cloud Monitoring names a series by its labels if there is no text.
                    **({} if "{{" in legend or legend == "__auto" else {"legendTemplate": legend}),
                }
                for query, legend in zip(queries, legends, strict=True)
            ]
            return {"xyChart": {"dataSets": data, "yAxis": {"scale": "LINEAR"}}}
    raise ValueError(f"A panel of type {panel['type']} has no tile: {panel['title']}.")


def _thresholds(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Grafana colours values from each step up; Cloud Monitoring warns above or below a value."""
    result = []
    for lower, upper in pairwise(steps):
        if lower["color"] in COLOURS:
            result.append({"value": upper["value"], "color": COLOURS[lower["color"]], "direction": "BELOW"})
        elif upper["color"] in COLOURS:
            result.append({"value": upper["value"], "color": COLOURS[upper["color"]], "direction": "ABOVE"})
    return result
