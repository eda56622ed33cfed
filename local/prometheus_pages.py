"""The Grafana dashboards without Grafana: pages on which Prometheus shows the current values of each panel's queries.

They are console templates (https://prometheus.io/docs/visualization/consoles): HTML with Go's template language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SHOWN_AS = {"percentunit": "humanizePercentage", "s": "humanizeDuration", "bytes": "humanize1024"}
"""Functions of the template language for Grafana's units; values in other units are plain numbers."""
PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="30">
<title>{title}</title>
<style>
body {{ font: 15px sans-serif; margin: 2em auto; max-width: 70em }}
section {{ display: inline-block; vertical-align: top; width: 21em; margin: 0 1em 1.5em 0 }}
h2 {{ border-bottom: 1px solid #b9c7d1; padding-bottom: .2em }}
h3 {{ margin: 0 }}
p {{ margin: .2em 0; color: #666; font-size: 85% }}
td {{ padding: .1em 1em .1em 0 }}
td + td {{ font-weight: bold }}
</style>
<nav>{links}</nav>
<h1>{title}</h1>
{body}
"""
ROWS = """<table>{{{{ range query `{expr}` }}}}
<tr><td>{legend}</td><td>{value}</td></tr>
{{{{ else }}}}<tr><td>nothing yet</td></tr>{{{{ end }}}}</table>
"""
LABELS = '{{ range $name, $value := .Labels }}{{ if ne $name "__name__" }}{{ $value }} {{ end }}{{ end }}'


def write(dashboards: Path, folder: Path) -> None:
    """Write one page per dashboard (JSON) in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    # The others (`.cloud.json`) are the same panels for Cloud Monitoring.
    files = [file for file in sorted(dashboards.glob("*.json")) if not file.name.endswith(".cloud.json")]
    boards = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    links = " · ".join(f'<a href="{name}.html">{escape(board["title"])}</a>' for name, board in boards.items())
    for name, board in boards.items():
        page = PAGE.format(title=escape(board["title"]), links=links, body="".join(_parts(board["panels"])))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


def _parts(panels: list[Json]) -> Iterator[str]:
    for panel in panels:
        title = escape(panel["title"])
        if panel["type"] == "row":
            yield f"<h2>{title}</h2>\n"
            continue
        settings = panel["fieldConfig"]["defaults"]
        yield f"<section>\n<h3>{title}</h3>\n<p>{escape(panel.get('description', ''))}</p>\n"
        for target in panel["targets"]:
            yield ROWS.format(expr=target["expr"], legend=_legend(target["legendFormat"]), value=_value(settings))
        yield "</section>\n"


def _legend(text: str) -> str:
    """Grafana's legend, in which `{{label}}` stands for a label's value, in the template language."""
    return LABELS if text == "__auto" else re.sub(r"{{(\w+)}}", r"{{ .Labels.\1 }}", escape(text))


def _value(settings: Json) -> str:
    """The value of a series, in its unit, in the colour that it has in Grafana."""
    shown_as = SHOWN_AS.get(settings["unit"], 'printf "%.4g"')
    text = f"{{{{ .Value | {shown_as} }}}}"
    match settings.get("thresholds", {}).get("steps"):
        case [{"color": below}, {"color": above, "value": limit}]:
            colour = f"{{{{ if ge .Value {float(limit)} }}}}{above}{{{{ else }}}}{below}{{{{ end }}}}"
            text = f'<span style="color: {colour}">{text}</span>'
    return f'{{{{ if eq (printf "%v" .Value) "NaN" }}}}–{{{{ else }}}}{text}{{{{ end }}}}'
