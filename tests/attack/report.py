"""What an attack achieved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import requests

COLUMNS = ("tried", "refused", "leaked", "5xx", "lost", "doubled")
REFUSALS = ("busy", "timed_out")
HARM = ("leaked", "5xx", "lost", "doubled")


@dataclass
class Result:
    """Counts of one attack, by the names in `COLUMNS`; `notes` describe the first of each harm.

    left_out: tries for which no time was left. They prove nothing.
    """

    attack: str
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    left_out: int = 0

    def count(self, response: requests.Response, secrets: tuple[str, ...] = ()) -> None:
        """Count a response. A service that is busy (503), or limits the time of a photo (504), refuses by design."""
        self.counts["tried"] += 1
        if response.status_code >= 500 and not any(f'"code":"{code}"' in response.text for code in REFUSALS):
            self.harm("5xx", f"{response.request.method} {response.request.url}: {response.status_code}")
        elif response.status_code >= 400:
            self.counts["refused"] += 1
        if any(secret in response.text for secret in secrets):
            self.harm("leaked", f"{response.request.method} {response.request.url}")

    def harm(self, kind: str, note: str, number: int = 1) -> None:
        """Count harm of a kind in `HARM`."""
        self.counts[kind] += number
        if len(self.notes) < 20:
            self.notes.append(f"{kind}: {note}")

    @property
    def is_harmless(self) -> bool:
        return not self.left_out and not any(self.counts[kind] for kind in HARM)


def table(results: list[Result], peaks_mib: dict[str, float]) -> str:
    """Markdown."""
    rows = [[result.attack, *(str(result.counts[column]) for column in COLUMNS)] for result in results]
    total = ["**all**", *(str(sum(result.counts[column] for result in results)) for column in COLUMNS)]
    lines = ["| attack | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    lines += ["| " + " | ".join(row) + " |" for row in [*rows, total]]
    lines += ["", "| process | peak memory, MiB |", "|---|---:|"]
    lines += [f"| {name} | {peak:.0f} |" for name, peak in peaks_mib.items()]
    notes = [
        f"- {result.attack}: not finished, no time was left for {result.left_out} of its tries"
        for result in results
        if result.left_out
    ]
    notes += [f"- {result.attack}: {note}" for result in results for note in result.notes]
    return "\n".join([*lines, *(["", *notes] if notes else [])])
