"""What a retraining trains on, and the fresh names that neither model was trained on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from model_export.classifier import dataset
from model_export.classifier.dataset import Example, core
from model_export.retrain import sources
from model_export.retrain.sources import Connection
from model_export.retrain.votes import Label, Limits, Settled, settle

FRESH = 0.25
"""Share of the labels new to the champion, the latest, that the challenger is not trained on either."""


@dataclass(frozen=True)
class Data:
    """base: the hand-made names. learned, fresh: labels to train on and to compare on. kept: as fresh, of names that
    users took over as they were. sha256: of base and all labels, whatever their side."""

    base: list[Example]
    learned: list[Example]
    fresh: list[Example]
    kept: list[Example]
    settled: Settled
    leaked: int
    sha256: str

    @property
    def training(self) -> list[Example]:
        """All that is trained on; what annotators said of a hand-made name counts instead of what stands there."""
        said = {core(example.name): example.category for example in self.learned}
        kept = [example for example in self.base if said.get(core(example.name), example.category) == example.category]
        return [*kept, *self.learned]


def gather(
    connection: Connection, until: datetime, base: Sequence[Example], champion_names: Sequence[str], limits: Limits
) -> Data:
    """Settle what was said until then, and split it by time.

    champion_names: what the champion was trained on beside the hand-made names. No name whose core is one of the frozen
    evaluation is used at all; `leaked` says how many these are.
    """
    known = {core(example.name): example.category for example in base}
    votes = sources.votes(connection, until)
    by_key = {vote.key: known[core(vote.text)] for vote in votes if core(vote.text) in known}
    settled = settle(votes, sources.annotated(connection, until), by_key, limits)
    frozen = {core(e.name) for side in ("dev", "test") for e in dataset.load_evaluation(side)}  # type: ignore[arg-type]
    usable = [label for label in settled.labels if core(label.text) not in frozen]

    seen = known.keys() | {core(name) for name in champion_names}
    unseen = sorted((label for label in usable if core(label.text) not in seen), key=_by_time)
    latest = unseen[len(unseen) - int(len(unseen) * FRESH) :]
    held_out = {label.key for label in latest}
    learned = [_example(label.category, label.text) for label in usable if label.key not in held_out]
    seen |= {core(example.name) for example in learned}
    fresh = [_example(label.category, label.text) for label in latest if core(label.text) not in seen]
    since = latest[0].at if latest else until
    kept = [
        _example(label.category, label.text)
        for label in sources.kept(connection, since, until, limits.users)
        if core(label.text) not in seen | frozen
    ]
    lines = "".join(f"{label.category}\t{label.text}\n" for label in usable)
    digest = hashlib.sha256(dataset.digest(base).encode() + lines.encode()).hexdigest()
    return Data(list(base), learned, fresh, kept, settled, len(settled.labels) - len(usable), digest)


def _by_time(label: Label) -> tuple[datetime, bytes]:
    """What annotators finished came in at one time; a hash mixes it, or the split would be by the alphabet."""
    return label.at, hashlib.sha256(label.key.encode()).digest()


def _example(category: str, name: str) -> Example:
    return Example(category, core(name), name)
