"""The report on a retraining, as JSON and as Markdown."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from model_export.retrain.compare import Comparison, Decision
from model_export.retrain.data import Data
from model_export.retrain.flips import FlipAudit
from model_export.retrain.votes import REASONS

SHOWN = 25
"""Number of names that each list of the Markdown has."""
STORED = 500
"""Number of names that each list of the JSON has."""
TITLES = {"promoted": "Promoted", "proposed": "Waits for approval", "rejected": "Rejected", "kept": "Not promoted"}
QUESTIONS = {
    "frozen": "not worse on the frozen names?",
    "audited": "not worse on the audited names?",
    "unseen": "better on names that neither model was trained on?",
    "memory": "names that users corrected before (not a criterion)",
}


def as_json(
    data: Data,
    comparisons: dict[str, Comparison],
    changes: list[tuple[str, str, str, str, str]],
    flips: FlipAudit,
    decision: Decision,
    about: dict[str, str],
) -> dict[str, Any]:
    """The report. changes: (comparison, name, truth, champion's code, challenger's). about: versions and times."""
    votes = data.votes
    conflicts = Counter(conflict.reason for conflict in votes.conflicts)
    return {
        "good_enough": decision.promote,
        "reasons": decision.reasons,
        **about,
        "data": {
            "sha256": data.sha256,
            "hand_made": len(data.base),
            "from_users": sum(label.source == "users" for label in votes.labels),
            "from_annotators": sum(label.source == "annotators" for label in votes.labels),
            "learned": len(data.learned),
            "audited": len(data.audited),
            "in_frozen_set": data.in_frozen_set,
            "held_out": data.held_out,
            "votes_over_limit": votes.over_limit,
            "votes_too_few": votes.too_few,
        },
        "trust": {
            "established_accounts": votes.established,
            "refused_accounts": votes.refused,
            "refused_names": {reason: conflicts[reason] for reason in REASONS if reason in conflicts},
            "examples": {
                reason: [each.text for each in votes.conflicts if each.reason == reason][:SHOWN]
                for reason in REASONS
                if reason in conflicts
            },
            "cohorts": [
                {"accounts": cohort.accounts, "names": len(cohort.names), "examples": cohort.names[:5]}
                for cohort in votes.cohorts[:SHOWN]
            ],
        },
        "comparisons": {name: asdict(comparison) for name, comparison in comparisons.items()},
        "not_worse": {
            "p_value": decision.p_not_worse,
            "alpha": decision.alpha,
            "audited_p_value": decision.p_audited,
        },
        "changed": [
            dict(zip(("set", "name", "truth", "champion", "challenger"), row, strict=True)) for row in changes[:STORED]
        ],
        "flips": {
            "untouched_names": flips.untouched_names,
            "untouched_flips": flips.untouched_flips,
            "untouched": [asdict(flip) for flip in flips.untouched[:STORED]],
            "touched": [asdict(flip) for flip in flips.touched[:STORED]],
            "brands": [
                {"brand": brand, "category": category, "names": names, "changed": changed}
                for (brand, category), (names, changed) in flips.brands.items()
            ],
        },
    }


def as_description(report: dict[str, Any]) -> str:
    """A few lines for the version in the registry."""
    return f"{TITLES[report['outcome']]}. " + " ".join(report["reasons"])


def as_markdown(report: dict[str, Any]) -> str:
    """The report as a page."""
    data, trust, flips = report["data"], report["trust"], report["flips"]
    lines = [
        f"# {TITLES[report['outcome']]}: {report['challenger_model']}",
        "",
        *(f"- {reason}" for reason in report["reasons"]),
        "",
        f"Champion {report['champion_model']} (version {report['champion']}), challenger {report['challenger_model']} "
        f"(version {report['challenger']}), code {report['code']}, feedback until {report['cutoff']}. Look "
        f"{report['looks']} at the frozen names within a year.",
        "",
        "| question | names | champion | challenger | won | lost |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {QUESTIONS[name]} | {row['names']} | {row['champion']:.3f} | {row['challenger']:.3f} "
        f"| {row['gained']} | {row['lost']} |"
        for name, row in report["comparisons"].items()
    ]
    lines += [
        "",
        "The frozen names are those of the repository, the audited ones the held-out names of the random audit "
        "samples. No figure is of both. Users mostly correct what the champion has wrong, so memory says what was "
        "learned by heart, not which model is better.",
        "",
        f"Trained on {data['hand_made']} hand-made and {data['learned']} learned names. Labels so far: "
        f"{data['from_users']} from users, {data['from_annotators']} from annotators, of which {data['in_frozen_set']} "
        f"are in the frozen set and {data['held_out']} held out. Not used: {data['votes_too_few']} votes on names with "
        f"too few voters, {data['votes_over_limit']} beyond a user's limit.",
        "",
        "## Trust",
        "",
        f"{trust['established_accounts']} accounts are established. Votes of these do not count: "
        + (", ".join(f"{number} {reason}" for reason, number in trust["refused_accounts"].items()) or "none")
        + ".",
        "",
    ]
    for reason, number in trust["refused_names"].items():
        examples = ", ".join(_cell(name) for name in trust["examples"][reason][:5])
        lines.append(f"- {number} names left to annotators because {REASONS[reason]}: {examples}")
    for cohort in trust["cohorts"]:
        examples = ", ".join(_cell(name) for name in cohort["examples"])
        lines.append(
            f"- {cohort['accounts']} accounts count as one, because they always agree on the same {cohort['names']} "
            f"names: {examples}"
        )
    lines += [
        "",
        "## Changed answers without a label",
        "",
        f"{flips['untouched_flips']} of {flips['untouched_names']} names that the champion was confident of change to "
        "a category that their brands were not taught. Retraining changes some of the others, whatever it learns.",
        "",
        *_flips("not explained by new labels", flips["untouched"]),
        *_flips("to a category that the brand was taught", flips["touched"]),
        "## Frozen names by category",
        "",
        "| category | names | champion right | challenger right |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {code} | {names} | {old} | {new} |"
        for code, (names, old, new) in report["comparisons"]["frozen"]["categories"].items()
    ]
    lines += ["", "| set | name | truth | champion | challenger |", "|---|---|---|---|---|"]
    lines += [
        f"| {row['set']} | {_cell(row['name'])} | {row['truth']} | {row['champion']} | {row['challenger']} |"
        for row in report["changed"][:SHOWN]
    ]
    return "\n".join([*lines, *_more(report["changed"])]) + "\n"


def _flips(title: str, flips: list[dict[str, Any]]) -> list[str]:
    if not flips:
        return []
    rows = [
        f"| {_cell(flip['name'])} | {flip['before']} | {flip['after']} | {flip['confidence']:.2f} |"
        for flip in flips[:SHOWN]
    ]
    head = [f"| {title} | before | after | confidence before |", "|---|---|---|---|"]
    return [*head, *rows, *_more(flips), ""]


def _more(rows: list[Any]) -> list[str]:
    return ["", f"and {len(rows) - SHOWN} more."] if len(rows) > SHOWN else []


def _cell(name: str) -> str:
    return name.replace("|", "/")
