"""The PromQL of the alert rules and of the committed dashboards, and what it asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from promql_parser import VectorSelector

MONITORING = Path(__file__).resolve().parents[2] / "infra" / "monitoring"
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for file in sorted((MONITORING / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
PANELS: dict[str, str] = {
    f"{file.stem}, {panel['title']}, {target['refId']}": target["expr"]
    for file in sorted((MONITORING / "dashboards").glob("*.json"))
    if not file.name.endswith(".cloud.json")  # the same queries
    for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]
    for target in panel.get("targets", [])
}
EXPRESSIONS = {name: str(rule["expr"]) for name, rule in ALERTS.items()} | PANELS


def nodes(node: Any) -> Iterator[Any]:
    """A parsed expression and all its parts."""
    yield node
    for part in ("lhs", "rhs", "expr", "param", "vector_selector"):
        child = getattr(node, part, None)
        if isinstance(child, promql_parser.Expr | VectorSelector):
            yield from nodes(child)
    for argument in getattr(node, "args", None) or ():
        yield from nodes(argument)


def selectors(expression: str) -> list[VectorSelector]:
    """The series that an expression asks for. Raises: ValueError if it is no PromQL."""
    return [node for node in nodes(promql_parser.parse(expression)) if isinstance(node, VectorSelector)]


def grouping(expression: str) -> set[str]:
    """The labels that an expression groups or joins by."""
    found: set[str] = set()
    for node in nodes(promql_parser.parse(expression)):
        modifier = getattr(node, "modifier", None)
        matching = getattr(modifier, "matching", None)
        found |= set(getattr(modifier, "labels", None) or getattr(matching, "labels", None) or ())
    return found
