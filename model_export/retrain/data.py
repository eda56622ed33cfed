"""What a retraining trains on, and the fresh names that neither model was trained on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model_export.classifier import dataset
from model_export.classifier.dataset import Example, core
from model_export.retrain import sources
from model_export.retrain.sources import Connection
from model_export.retrain.votes import Label, Limits, Settled, Vote, settle

FRESH = 0.25
"""Share of what was said since the last run, the latest, that the challenger is not trained on."""


@dataclass(frozen=True)
class Data:
    """base: the hand-made names. learned: labels to train on, from what was said until `split`. fresh: names of which
    somebody said something after it, with the labels of today. kept: names that users took over as they were after it.
    sha256: of base and all labels of today."""

    base: list[Example]
    learned: list[Example]
    fresh: list[Example]
    kept: list[Example]
    settled: Settled
    leaked: int
    split: datetime
    sha256: str

    @property
    def training(self) -> list[Example]:
        """All that is trained on; what annotators said of a hand-made name counts instead of what stands there."""
        said = {core(example.name): example.category for example in self.learned}
        kept = [example for example in self.base if said.get(core(example.name), example.category) == example.category]
        return [*kept, *self.learned]


def gather(
    connection: Connection, since: datetime | None, until: datetime, base: Sequence[Example], limits: Limits
) -> Data:
    """Settle what was said until then, and split it by time.

    since: until when the run before this one saw everything. Neither model is trained on what was said after the split.
    No name whose core is one of the frozen evaluation is used at all; `leaked` says how many these are.
    """
    known = {core(example.name): example.category for example in base}
    votes = sources.votes(connection, until)
    annotated = sources.annotated(connection, until)
    by_key = {vote.key: known[core(vote.text)] for vote in votes if core(vote.text) in known}
    settled = settle(votes, annotated, by_key, limits)
    frozen = {core(e.name) for side in ("dev", "test") for e in dataset.load_evaluation(side)}  # type: ignore[arg-type]
    usable = [label for label in settled.labels if core(label.text) not in frozen]

    words: list[Vote | Label] = [*settled.counted, *annotated]
    news = sorted(word.at for word in words if since is None or word.at > since)
    split = news[int(len(news) * (1 - FRESH)) - 1] if len(news) > 1 else until
    early = settle(
        [vote for vote in votes if vote.at <= split], [each for each in annotated if each.at <= split], by_key, limits
    )
    late = {word.key for word in words if word.at > split}
    lines = "".join(f"{label.category}\t{label.text}\n" for label in usable)
    return Data(
        base=list(base),
        learned=[_example(label) for label in early.labels if core(label.text) not in frozen],
        fresh=[_example(label) for label in usable if label.key in late],
        kept=[
            _example(label)
            for label in sources.kept(connection, split, until, limits.users)
            if core(label.text) not in frozen
        ],
        settled=settled,
        leaked=len(settled.labels) - len(usable),
        split=split,
        sha256=hashlib.sha256(dataset.digest(base).encode() + lines.encode()).hexdigest(),
    )


def _example(label: Label) -> Example:
    return Example(label.category, core(label.text), label.text)
