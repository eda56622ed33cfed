"""The training data of a retraining, and the names that it is judged on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model_export.classifier import dataset
from model_export.classifier.dataset import Example, core
from model_export.retrain import sources
from model_export.retrain.holdout import is_held_out
from model_export.retrain.sources import Connection
from model_export.retrain.votes import Label, Limits, Predict, VoteCount, count_votes


@dataclass(frozen=True)
class Data:
    """Training data and test names of one retraining.

    base: the hand-made names. learned: labels to train on. annotated: those of annotators, held-out ones included.
    audited: held-out names of the random audit samples. votes: the result of the vote. in_frozen_set, held_out: number
    of labels left out for this reason. sha256: of base and learned.
    """

    base: list[Example]
    learned: list[Example]
    annotated: list[Example]
    audited: list[Example]
    votes: VoteCount
    in_frozen_set: int
    held_out: int
    sha256: str

    @property
    def training(self) -> list[Example]:
        """All training examples. A label of annotators replaces a hand-made name with another category."""
        labels = {core(example.name): example.category for example in self.learned}
        base = [e for e in self.base if labels.get(core(e.name), e.category) == e.category]
        return [*base, *self.learned]


def frozen_names() -> list[Example]:
    """The frozen names of the repository, which no model is trained on."""
    return [*dataset.load_evaluation("test"), *dataset.load_evaluation("dev")]


def gather(connection: Connection, until: datetime, base: Sequence[Example], limits: Limits, predict: Predict) -> Data:
    """Count the votes cast until `until`. predict: of the champion.

    A name is not trained on if its core is in the frozen evaluation or held out in this quarter.
    """
    frozen = {core(example.name): example.category for example in frozen_names()}
    categories = frozen | {core(example.name): example.category for example in base}
    votes = sources.votes(connection, until)
    annotations = sources.annotations(connection, until)
    count = count_votes(
        votes,
        sources.voters(connection, until),
        sources.linked_voters(connection, until),
        annotations,
        {vote.key: categories[core(vote.text)] for vote in votes if core(vote.text) in categories},
        predict,
        until,
        limits,
    )
    unfrozen = [label for label in count.labels if core(label.text) not in frozen]
    learned = [label for label in unfrozen if not is_held_out(label.text, until)]
    lines = "".join(f"{label.category}\t{label.text}\n" for label in learned)
    audited = [Example(category, core(text), text) for text, category in sources.audited(connection, until)]
    return Data(
        base=list(base),
        learned=[_example(label) for label in learned],
        annotated=[_example(label) for label in annotations],
        audited=[each for each in audited if is_held_out(each.name, until) and core(each.name) not in frozen],
        votes=count,
        in_frozen_set=len(count.labels) - len(unfrozen),
        held_out=len(unfrozen) - len(learned),
        sha256=hashlib.sha256(dataset.digest(base).encode() + lines.encode()).hexdigest(),
    )


def _example(label: Label) -> Example:
    return Example(label.category, core(label.text), label.text)
