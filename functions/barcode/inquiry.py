"""What came out so far of asking providers about one barcode, and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from functions.barcode.fan_out import Report
from functions.barcode.providers.base import Found, Outcome, Result
from functions.barcode.store import Tried

_HANGUL = re.compile("[가-힣]")


@dataclass
class Inquiry:
    """One barcode on its way through the tiers.

    Attributes:
        deadline: on the monotonic clock, by which asking ends.
        share: of each quota that it may use.
    """

    gtin14: str
    deadline: float
    share: float
    reports: list[Report] = field(default_factory=list)
    refused: dict[str, Result] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, Result]:
        """The outcome of every enabled provider that came into question."""
        return {**self.refused, **{report.name: report.result for report in self.reports}}

    @property
    def best(self) -> tuple[str, Found] | None:
        """The hit to go by: one with a Korean name before others, then the provider that is named first."""
        hits = [(report.name, report.result.found) for report in self.reports if report.result.found]
        return min(hits, key=lambda hit: not _HANGUL.search(hit[1].name), default=None)

    @property
    def all_missed(self) -> bool:
        return all(result.outcome is Outcome.MISS for result in self.results.values())

    @property
    def tried(self) -> list[Tried]:
        return [
            Tried(provider=name, outcome=result.outcome, until=result.until) for name, result in self.results.items()
        ]
