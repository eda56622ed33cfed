"""The dashboards as code, for Grafana and for Cloud Monitoring.

`python -m infra.monitoring dashboards` writes the JSON files to this folder.
"""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from infra.monitoring.dashboards import cloud, pipeline, providers, quality

FOLDER = Path(__file__).resolve().parent


def rendered() -> dict[str, str]:
    """Every dashboard, by file name: in Grafana's import format, and in Cloud Monitoring's (`.cloud.json`)."""
    boards = for_grafana()
    converted = {name.replace(".json", ".cloud.json"): cloud.convert(json.loads(text)) for name, text in boards.items()}
    return boards | converted


def for_grafana() -> dict[str, str]:
    """Every dashboard in Grafana's import format, by file name."""
    boards = {"pipeline": pipeline.board(), "quality": quality.board(), "providers": providers.board()}
    return {f"{name}.json": _json(board.build()) for name, board in boards.items()}


def _json(board: Dashboard) -> str:
    for number, panel in enumerate(board.panels or (), 1):
        panel.id_val = number  # links to panels contain the id
    return JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(board) + "\n"
