"""The report of a run, as JSON and Markdown: what changes, by field and by kind of store, with samples.

It contains neither users nor receipts. Names are the masked ones that are stored; stores, totals and times of samples
are left out, because together they tell which receipt it was.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from functions.rereading.runs import Change, Outcome, Rules

SAMPLES = 20
"""Samples per field."""
WITHOUT_SAMPLES = {"store_name", "purchased_at", "total"}


def summarised(name: str, rules: Rules, outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The report as JSON."""
    states: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    changes: dict[str, Counter[str]] = defaultdict(Counter)
    samples: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        states[outcome.state] += 1
        if outcome.code and outcome.state != "waiting":
            codes[outcome.code] += 1
        if outcome.state in ("same", "changed"):
            kinds[outcome.store_kind].update(receipts=1, items=outcome.items, changed=outcome.state == "changed")
        for change in outcome.changes:
            label = _label(change)
            changes[label][outcome.store_kind] += 1
            # Counted only while they are few, so that the report of a million receipts fits into memory.
            sample = _sample(change)
            if sample and (sample in samples[label] or len(samples[label]) < 50 * SAMPLES):
                samples[label][sample] += 1
    return {
        "run": name,
        "rules": rules.model_dump(mode="json", exclude={"user_id"}),
        "receipts": {"all": states.total(), **{state: states[state] for state in sorted(states)}},
        "codes": dict(sorted(codes.items())),
        "store_kinds": {kind: dict(kinds[kind]) for kind in sorted(kinds)},
        "changes": {
            label: {
                "all": by_kind.total(),
                "by_store_kind": dict(sorted(by_kind.items())),
                "samples": [{"change": text, "times": n} for text, n in samples[label].most_common(SAMPLES)],
            }
            for label, by_kind in sorted(changes.items())
        },
    }


def as_markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    rules, receipts = report["rules"], report["receipts"]
    models = ", ".join(f"{kind} {version}" for kind, version in rules["models"].items())
    title = "Changes by" if rules["applies"] else "Dry run of"
    kinds = sorted(report["store_kinds"])
    lines = [
        f"# {title} {report['run']}",
        "",
        f"Read with {models}. " + ", ".join(f"{n:,} {state}" for state, n in receipts.items() if state != "all") + ".",
        *([f"Codes: {', '.join(f'{code} {n:,}' for code, n in report['codes'].items())}."] if report["codes"] else []),
        "",
        "| | all | " + " | ".join(kinds) + " |",
        "|---|" + "---:|" * (len(kinds) + 1),
    ]
    for label in ("receipts", "changed", "items"):
        counts = [report["store_kinds"][kind].get(label, 0) for kind in kinds]
        lines.append(f"| {label} | " + " | ".join(f"{n:,}" for n in [sum(counts), *counts]) + " |")
    for label, change in report["changes"].items():
        counts = [change["by_store_kind"].get(kind, 0) for kind in kinds]
        lines.append(f"| {label} | " + " | ".join(f"{n:,}" for n in [change["all"], *counts]) + " |")
    for label, change in report["changes"].items():
        if change["samples"]:
            lines += ["", f"## {label}", ""]
            lines += [f"- {_escaped(each['change'])} ({each['times']:,})" for each in change["samples"]]
    return "\n".join([*lines, ""])


def _label(change: Change) -> str:
    return f"{change.what}: {change.field}" if change.what in ("receipt", "item") else f"{change.what} items"


def _sample(change: Change) -> str | None:
    if change.field in WITHOUT_SAMPLES:
        return None
    if change.what == "added":
        return str(change.becomes)
    if change.what == "removed":
        return str(change.was)
    was, becomes = ("–" if value is None else value for value in (change.was, change.becomes))
    return f"{was} → {becomes}"


def _escaped(text: str) -> str:
    """Names contain asterisks where personal data was masked."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in " ".join(text.split()))
