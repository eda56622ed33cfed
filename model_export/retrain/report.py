"""The report on a retraining, as JSON and as Markdown."""

from dataclasses import asdict
from typing import Any

from model_export.retrain.compare import Comparison, Decision
from model_export.retrain.data import Data

SHOWN = 25
"""Number of names with a changed prediction that the Markdown lists."""


def as_json(
    data: Data,
    comparisons: dict[str, Comparison],
    changes: list[tuple[str, str, str, str]],
    decision: Decision,
    about: dict[str, str],
) -> dict[str, Any]:
    """The report. changes: (name, truth, champion's code, challenger's code). about: versions and times."""
    votes = data.votes
    return {
        "promoted": decision.promote,
        "reasons": decision.reasons,
        **about,
        "data": {
            "sha256": data.sha256,
            "hand_made": len(data.base),
            "from_users": sum(label.source == "users" for label in votes.labels),
            "from_annotators": sum(label.source == "annotators" for label in votes.labels),
            "learned": len(data.learned),
            "fresh": len(data.fresh),
            "kept_by_users": len(data.unchanged),
            "in_frozen_set": data.leaked,
            "conflicts": len(votes.conflicts),
            "votes_over_limit": votes.over_limit,
            "single_votes": votes.single,
        },
        "comparisons": {name: asdict(comparison) for name, comparison in comparisons.items()},
        "changed": [dict(zip(("name", "truth", "champion", "challenger"), row, strict=True)) for row in changes],
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
        "| names | number | champion | challenger | won | lost | p |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['names']} | {row['champion']:.3f} | {row['challenger']:.3f} "
        f"| {row['gained']} | {row['lost']} | {row['p_value']:.2g} |"
        for name, row in report["comparisons"].items()
    ]
    lines += [
        "",
        f"Fresh names are those that users corrected or accepted unchanged after {report['split']}; neither model was "
        "trained on the votes since then. New names were never trained on at all, not even from earlier votes. Users "
        "mostly correct what the champion has wrong, so the fresh names show whether the challenger learns, and the "
        "frozen names whether it forgets. p: McNemar's exact test, one-sided.",
        "",
        f"Trained on {data['hand_made']} hand-made and {data['learned']} learned names. Labels so far: "
        f"{data['from_users']} from users, {data['from_annotators']} from annotators. Not used: "
        f"{data['in_frozen_set']} labels in the frozen set, {data['conflicts']} conflicts (queued for annotation), "
        f"{data['single_votes']} votes on names with too few voters, {data['votes_over_limit']} votes beyond a user's "
        "limit.",
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
