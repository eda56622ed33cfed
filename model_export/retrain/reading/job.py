"""Retraining of the recogniser: from the champion's weights, on drawn lines mixed with transcribed crops.

Training needs torch (`model_export/text_models/requirements.txt`), the other steps do not.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Protocol

from mlflow.exceptions import MlflowException

from model_export.registry import RECOGNISER
from model_export.retrain import report, state
from model_export.retrain.reading import compare, crops
from model_export.retrain.reading.crops import Crop, Crops
from model_export.retrain.reading.settings import Rules, Settings
from model_export.retrain.retraining import Retraining
from model_export.retrain.state import RetrainingRun
from model_export.text_models.recognition.evaluate import evaluate
from model_export.text_models.recognition.line_crops import held_out_lines
from model_export.text_models.recognition.reader import Reader, Reading
from model_export.text_models.recognition.streams import held_out_market_lines
from model_export.text_models.synthesis.single_lines import Sample
from model_export.tracking import Run
from ocr_service.releases.manifest import Kind

LEARNED_FILE = "learned_crops.txt"
"""In the run of each retrained model: digests of the crops that it was trained on, without their texts."""


class Train(Protocol):
    """Trains a recogniser; see `reading.training`."""

    def __call__(self, start: Path, folder: Path, crops: Sequence[Sample], run: Run, settings: Settings, /) -> None: ...


@dataclass(frozen=True)
class Fonts:
    """What needs the fonts. folders: with the font files."""

    folders: Sequence[Path]

    def frozen_lines(self, number: int) -> Iterable[Sample]:
        """So many drawn lines of each kind, always the same, of fonts and products that are never trained on."""
        for kind in (held_out_lines, held_out_market_lines):
            yield from islice(kind(self.folders), number)

    def train(self, start: Path, folder: Path, crops: Sequence[Sample], run: Run, settings: Settings) -> None:
        """See `Train`. Raises ImportError without torch."""
        from model_export.retrain.reading.training import retrain

        retrain(start, folder, crops, run, self.folders, settings)


@dataclass(frozen=True)
class ReadingJob(Retraining[Crops]):
    """Inputs and settings. frozen_lines: that many drawn lines of each kind, the same in every retraining."""

    kind: ClassVar[Kind] = "recogniser"
    frozen_lines: Callable[[int], Iterable[Sample]] = field(kw_only=True)
    trainer: Train = field(kw_only=True)
    settings: Settings = field(default_factory=Settings)
    rules: Rules = field(default_factory=Rules)

    def gather(self, until: datetime, former: Path) -> Crops:
        """See `Retraining`."""
        return crops.load(self.connection, until)

    def is_worth_training(self, data: Crops) -> bool:
        """See `Retraining`."""
        return len(data.learned) >= self.rules.crops

    def train(self, row: RetrainingRun, data: Crops, former: Path, folder: Path) -> str:
        """See `Retraining`."""
        self.progress(f"training on {len(data.learned):,} crops and drawn lines")
        parameters = {**asdict(self.settings), "crops": len(data.learned), "start": self.model_of(row.champion_version)}
        run = Run.start(RECOGNISER, "retraining", data.sha256, parameters, row.mlflow_run_id or "")
        state.store_progress(self.connection, row, mlflow_run_id=run.id)
        run.log_texts({LEARNED_FILE: "".join(f"{crop.digest}\n" for crop in data.learned)})
        run.log_dataset("transcribed crops", {"crop": [crop.digest for crop in data.learned]}, "training")
        run.log_dataset("held-out crops", {"crop": [crop.digest for crop in data.held_out]}, "evaluation")
        self.trainer(former, folder, _samples(data.learned), run, self.settings)
        score = evaluate(self._readings(folder, self._drawn))
        run.log_dataset("frozen drawn lines", {"text": [text for _, text in self._drawn]}, "evaluation")
        metrics = {"frozen_lines_exact": score.exact, "frozen_character_error": score.character_error}
        run.log(metrics)
        return self.registry.register(run.id, folder, metrics)

    def judge(self, row: RetrainingRun, version: str, data: Crops, former: Path, folder: Path) -> dict[str, Any]:
        """See `Retraining`."""
        self.progress("comparing with the champion")
        lines = {
            "frozen": self._drawn,
            "unseen": _samples(data.unseen(self._learned_by(row.champion_version))),
            "memory": _samples(data.learned),
        }
        readings = {
            part: [self._readings(model, samples) for model in (former, folder)] for part, samples in lines.items()
        }
        comparisons = {part: compare.compare_readings(*pair) for part, pair in readings.items()}
        errors = {
            part: [evaluate(each).character_error if each else 0.0 for each in pair] for part, pair in readings.items()
        }
        looks = state.looks(self.connection, row)
        decision = compare.decide(comparisons["frozen"], comparisons["unseen"], looks, self.rules)
        return {
            "good_enough": decision.promote,
            "reasons": decision.reasons,
            **self.about(row, version),
            "looks": looks + 1,
            "data": {
                "sha256": data.sha256,
                "learned": len(data.learned),
                "held_out": len(data.held_out),
                "unusable": data.unusable,
            },
            "comparisons": {part: asdict(comparison) for part, comparison in comparisons.items()},
            "character_errors": errors,
            "not_worse": {"p_value": decision.p_not_worse, "alpha": decision.alpha},
        }

    def as_markdown(self, result: dict[str, Any]) -> str:
        """See `Retraining`."""
        return as_markdown(result)

    @cached_property
    def _drawn(self) -> list[Sample]:
        return list(self.frozen_lines(self.settings.drawn_lines))

    def _learned_by(self, version: str) -> set[str]:
        """Digests of the crops that a version was trained on; none for the packaged model."""
        try:
            return set(self.registry.run_of(version).text(LEARNED_FILE).split())
        except MlflowException:
            return set()

    @staticmethod
    def _readings(model: Path, samples: Iterable[Sample]) -> list[Reading]:
        reader = Reader(model)
        return [Reading(text, *reader.read(image)) for image, text in samples]


def _samples(parts: Iterable[Crop]) -> list[Sample]:
    return [(crop.pixels, crop.text) for crop in parts]


QUESTIONS = {
    "frozen": "not worse on the frozen drawn lines?",
    "unseen": "better on crops that neither model was trained on?",
    "memory": "crops that it was trained on (not a criterion)",
}


def as_markdown(result: dict[str, Any]) -> str:
    """The report as a page."""
    lines = [
        f"# {report.TITLES[result['outcome']]}: {result['challenger_model']}",
        "",
        *(f"- {reason}" for reason in result["reasons"]),
        "",
        f"Champion {result['champion_model']} (version {result['champion']}), challenger "
        f"{result['challenger_model']} (version {result['challenger']}), code {result['code']}, crops until "
        f"{result['cutoff']}. Look {result['looks']} at the frozen lines within a year.",
        "",
        "| question | lines | champion | challenger | won | lost | characters wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    for part, row in result["comparisons"].items():
        before, after = result["character_errors"][part]
        lines.append(
            f"| {QUESTIONS[part]} | {row['names']} | {row['champion']:.3f} | {row['challenger']:.3f} "
            f"| {row['gained']} | {row['lost']} | {before:.3f} → {after:.3f} |"
        )
    data = result["data"]
    return "\n".join([
        *lines,
        "",
        f"Trained on {data['learned']} crops; {data['held_out']} are held out, and {data['unusable']} have "
        "characters that the recogniser does not know, or no room for their text.",
        "",
    ])  # fmt: skip
