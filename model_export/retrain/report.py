"""Why a model was promoted or not: the same as JSON for machines and as Markdown for people."""

from dataclasses import asdict
from typing import Any

from model_export.retrain.compare import Comparison, Decision
from model_export.retrain.data import Data

SHOWN = 25
"""Names whose answer changed that the Markdown lists."""


def as_json(
    data: Data,
    comparisons: dict[str, Comparison],
    changed: list[tuple[str, str, str, str]],
    decision: Decision,
    about: dict[str, str],
) -> dict[str, Any]:
    """changed: (name, truth, champion's answer, challenger's answer). about: versions, times and where to look."""
    settled = data.settled
    return {
        "promoted": decision.promote,
        "reasons": decision.reasons,
        **about,
        "data": {
            "sha256": data.sha256,
            "hand_made": len(data.base),
            "from_users": sum(label.source == "users" for label in settled.labels),
            "from_annotators": sum(label.source == "annotators" for label in settled.labels),
            "learned": len(data.learned),
            "fresh": len(data.fresh),
            "kept_by_users": len(data.kept),
            "in_frozen_set": data.leaked,
            "conflicts": len(settled.conflicts),
            "votes_over_limit": settled.over_limit,
            "votes_alone": settled.alone,
        },
        "comparisons": {name: asdict(comparison) for name, comparison in comparisons.items()},
        "changed": [dict(zip(("name", "truth", "champion", "challenger"), row, strict=True)) for row in changed],
    }


def as_markdown(report: dict[str, Any]) -> str:
    """The report as a page."""
    data = report["data"]
    lines = [
        f"# {'Promoted' if report['promoted'] else 'Not promoted'}: {report['challenger_model']}",
        "",
        *(f"- {reason}" for reason in report["reasons"]),
        "",
        f"Champion {report['champion_model']} (version {report['champion']}), challenger {report['challenger_model']} "
        f"(version {report['challenger']}), code {report['code']}, feedback until {report['cutoff']}.",
        "",
        "| names | number | champion | challenger | won | lost | chance |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['names']} | {row['champion']:.3f} | {row['challenger']:.3f} "
        f"| {row['gained']} | {row['lost']} | {row['p_value']:.2g} |"
        for name, row in report["comparisons"].items()
    ]
    lines += [
        "",
        f"Fresh names are those that users corrected or took over as they were after {report['split']}; neither model "
        "was trained on what was said since. New names were never trained on at all, not even from earlier votes. "
        "What users correct is mostly what the champion has wrong, so fresh names say whether the challenger learns, "
        "and the frozen ones whether it forgets. Chance: McNemar's exact test, one-sided.",
        "",
        f"Trained on {data['hand_made']} hand-made names and {data['learned']} learned ones; labels so far: "
        f"{data['from_users']} from users, {data['from_annotators']} from annotators. Not used: "
        f"{data['in_frozen_set']} that are in the frozen set, {data['conflicts']} in conflict (sent to annotation), "
        f"{data['votes_alone']} votes that stand alone, {data['votes_over_limit']} beyond a user's limit.",
        "",
        "| category | names | champion right | challenger right |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {code} | {names} | {old} | {new} |"
        for code, (names, old, new) in report["comparisons"]["together"]["categories"].items()
    ]
    lines += ["", "| name | truth | champion | challenger |", "|---|---|---|---|"]
    lines += [
        f"| {row['name'].replace('|', '/')} | {row['truth']} | {row['champion']} | {row['challenger']} |"
        for row in report["changed"][:SHOWN]
    ]
    if more := len(report["changed"]) - SHOWN:
        lines += ["", f"and {more} more."] if more > 0 else []
    return "\n".join(lines) + "\n"
