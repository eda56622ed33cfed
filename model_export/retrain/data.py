"""The training data of a retraining, and the fresh names, whose votes neither model was trained on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model_export.classifier import dataset
from model_export.classifier.dataset import Example, core
from model_export.retrain import sources
from model_export.retrain.sources import Connection
from model_export.retrain.votes import Label, Limits, Vote, VoteCount, count_votes

FRESH = 0.25
"""Share of the votes and annotations since the last run, the latest ones, that the challenger is not trained on."""


@dataclass(frozen=True)
class Data:
    """Training data and test names of one retraining.

    base: the hand-made names. learned: labels to train on, from the time before `split`. fresh: names that were
    voted on or annotated after `split`, with their labels of today. unchanged: names that users accepted unchanged
    after `split`. votes: the result of the vote. leaked: number of labels left out because the frozen evaluation has
    their name. sha256: of base and all labels of today.
    """

    base: list[Example]
    learned: list[Example]
    fresh: list[Example]
    unchanged: list[Example]
    votes: VoteCount
    leaked: int
    split: datetime
    sha256: str

    @property
    def training(self) -> list[Example]:
        """All training examples. A label of annotators replaces a hand-made name with another category."""
        labels = {core(example.name): example.category for example in self.learned}
        base = [e for e in self.base if labels.get(core(e.name), e.category) == e.category]
        return [*base, *self.learned]


def gather(
    connection: Connection, since: datetime | None, until: datetime, base: Sequence[Example], limits: Limits
) -> Data:
    """Count the votes cast until `until`, and split votes and annotations by time.

    since: watermark of the previous run. Neither model is trained on votes and annotations after the split. A name
    whose core is in the frozen evaluation is never used.
    """
    base_categories = {core(example.name): example.category for example in base}
    votes = sources.votes(connection, until)
    annotations = sources.annotations(connection, until)
    fixed = {vote.key: base_categories[core(vote.text)] for vote in votes if core(vote.text) in base_categories}
    count = count_votes(votes, annotations, fixed, limits)
    frozen = {core(e.name) for side in ("dev", "test") for e in dataset.load_evaluation(side)}  # type: ignore[arg-type]
    usable = [label for label in count.labels if core(label.text) not in frozen]

    opinions: list[Vote | Label] = [*count.counted, *annotations]
    times = sorted(opinion.at for opinion in opinions if since is None or opinion.at > since)
    split = times[int(len(times) * (1 - FRESH)) - 1] if len(times) > 1 else until
    early = count_votes(
        [vote for vote in votes if vote.at <= split], [each for each in annotations if each.at <= split], fixed, limits
    )
    late = {opinion.key for opinion in opinions if opinion.at > split}
    lines = "".join(f"{label.category}\t{label.text}\n" for label in usable)
    return Data(
        base=list(base),
        learned=[_example(label) for label in early.labels if core(label.text) not in frozen],
        fresh=[_example(label) for label in usable if label.key in late],
        unchanged=[
            _example(label)
            for label in sources.unchanged(connection, split, until, limits.users)
            if core(label.text) not in frozen
        ],
        votes=count,
        leaked=len(count.labels) - len(usable),
        split=split,
        sha256=hashlib.sha256(dataset.digest(base).encode() + lines.encode()).hexdigest(),
    )


def _example(label: Label) -> Example:
    return Example(label.category, core(label.text), label.text)
