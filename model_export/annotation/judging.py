"""Measures the quality of annotators, and decides which answers are good enough to train on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations


@dataclass(frozen=True)
class Answer:
    """One annotator's category for one task; `gold` is the right category, if known."""

    annotation_id: int
    task_id: int
    text_key: str
    annotator: str
    code: str
    gold: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Thresholds:
    """Thresholds for answers and annotators."""

    agreement: float = 1.0
    """Share of a task's counted answers that must be equal, else the name is asked again."""
    annotators: int = 2
    """Counted answers that a task requires."""
    gold: float = 0.8
    """Share of gold questions that an annotator must get right, else their answers do not count."""
    gold_answers: int = 5
    """Minimum number of gold questions before that is judged."""
    kappa: float = 0.6
    """Cohen's kappa below which a pair of annotators should discuss the instructions; only reported."""


@dataclass(frozen=True)
class Annotator:
    """One annotator. `agreement`: share of other annotators' answers to the same tasks that are equal."""

    name: str
    answers: int
    agreement: float | None
    gold_answers: int
    gold_accuracy: float | None
    trusted: bool


@dataclass(frozen=True)
class Pair:
    """Two annotators on the tasks that both answered."""

    names: tuple[str, str]
    tasks: int
    kappa: float


@dataclass(frozen=True)
class Judgement:
    """Ids of the accepted and the returned answers, names to ask again, and the statistics behind them."""

    accepted: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    annotators: list[Annotator] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)


def judge(answers: Iterable[Answer], thresholds: Thresholds) -> Judgement:
    """Compare all answers, task by task.

    Either the answers of a task's majority are accepted, or all its answers are returned and its name is asked again.
    Returning is final; an accepted task is judged again each time, because its annotators may lose their trust later.
    Right answers to gold questions are accepted; a gold question is never asked again for a wrong answer.
    """
    tasks: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        tasks[answer.task_id].append(answer)
    annotators = _annotators(list(tasks.values()), thresholds)
    trusted = {annotator.name for annotator in annotators if annotator.trusted}
    judgement = Judgement(annotators=annotators, pairs=_pairs(list(tasks.values())))
    for task in tasks.values():
        if all(answer.status == "returned" for answer in task) and task[0].gold is None:
            continue
        right = task[0].gold or _majority([answer for answer in task if answer.annotator in trusted], thresholds)
        for answer in task:
            counts = answer.gold is not None or answer.annotator in trusted
            good = counts and answer.code == right
            (judgement.accepted if good else judgement.returned).append(answer.annotation_id)
        if right is None:
            judgement.again.append(task[0].text_key)
    return judgement


def _majority(answers: Sequence[Answer], thresholds: Thresholds) -> str | None:
    """The category that enough counted answers share, if any."""
    if len(answers) < thresholds.annotators:
        return None
    code, votes = Counter(answer.code for answer in answers).most_common(1)[0]
    return code if votes > len(answers) / 2 and votes / len(answers) >= thresholds.agreement else None


def _annotators(tasks: Sequence[Sequence[Answer]], thresholds: Thresholds) -> list[Annotator]:
    answered: Counter[str] = Counter()
    same: dict[str, list[bool]] = defaultdict(list)
    gold: dict[str, list[bool]] = defaultdict(list)
    for task in tasks:
        for answer in task:
            answered[answer.annotator] += 1
            if answer.gold is not None:
                gold[answer.annotator].append(answer.code == answer.gold)
        for one, other in combinations(task, 2):
            for name in (one.annotator, other.annotator):
                same[name].append(one.code == other.code)
    annotators = []
    for name, answers in sorted(answered.items()):
        accuracy = _share(gold[name])
        enough = len(gold[name]) >= thresholds.gold_answers
        trusted = not enough or accuracy is None or accuracy >= thresholds.gold
        annotators.append(Annotator(name, answers, _share(same[name]), len(gold[name]), accuracy, trusted))
    return annotators


def _pairs(tasks: Sequence[Sequence[Answer]]) -> list[Pair]:
    codes: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for task in tasks:
        for one, other in combinations(sorted(task, key=lambda answer: answer.annotator), 2):
            if one.annotator != other.annotator:
                codes[one.annotator, other.annotator].append((one.code, other.code))
    return [Pair(names, len(both), kappa(both)) for names, both in sorted(codes.items())]


def kappa(both: Sequence[tuple[str, str]]) -> float:
    """Cohen's kappa of pairs of categories; 1 if both always chose one single category, where kappa is undefined."""
    if len({code for pair in both for code in pair}) == 1:
        return 1.0
    # Here, because loading scikit-learn takes seconds, and most of an annotation job needs nothing of it.
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score([one for one, _ in both], [other for _, other in both]))


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def as_text(judgement: Judgement, thresholds: Thresholds) -> str:
    """The statistics as tables for the command line."""
    lines = [f"{'annotator':<32}{'answers':>8}{'agree':>8}{'gold':>6}{'right':>8}"]
    for one in judgement.annotators:
        note = "" if one.trusted else "  does not count: too many gold questions wrong"
        lines.append(
            f"{one.name:<32}{one.answers:>8}{_percent(one.agreement):>8}{one.gold_answers:>6}"
            f"{_percent(one.gold_accuracy):>8}{note}"
        )
    lines += ["", f"{'pair':<64}{'tasks':>6}{'kappa':>7}"]
    for pair in judgement.pairs:
        note = "" if pair.kappa >= thresholds.kappa else "  should discuss the instructions"
        lines.append(f"{' and '.join(pair.names):<64}{pair.tasks:>6}{pair.kappa:>7.2f}{note}")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
