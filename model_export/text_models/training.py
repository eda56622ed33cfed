"""The part of training that is the same for both models: a time budget, checkpoints, reports, MLflow."""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from model_export import tracking
from model_export.registry import RECOGNISER
from model_export.text_models.evaluation.mlflow_report import data_version
from ocr_service.files import write_atomically

REPORT_EVERY, SAVE_EVERY = 180, 120
"""Seconds."""


@dataclass
class Progress:
    """What a checkpoint keeps beside the weights. run: of MLflow."""

    seconds: float = 0.0
    steps: int = 0
    seen: int = 0
    run: str = ""


@dataclass
class Training:
    """One model on its way.

    rates: full learning rate of each group of the optimizer. schedule: factor on them after so many steps, when such a
    part of the time is over. step: trains on one batch and returns its loss and size. measure: figures on what is held
    out; both leave the model in training mode.
    """

    kind: str
    checkpoint: Path
    model: nn.Module
    optimizer: torch.optim.Optimizer
    progress: Progress
    rates: Sequence[float]
    schedule: Callable[[int, float], float]
    step: Callable[[], tuple[float, int]]
    measure: Callable[[], Mapping[str, float]]

    def spend(self, minutes: float, seed: int) -> None:
        """Train until `minutes` have been spent on this checkpoint altogether.

        The checkpoint is replaced in one step, and every one of them can be exported.
        """
        progress = self.progress
        parameters: dict[str, str | float] = {"minutes": minutes, "seed": seed, "rates": str(list(self.rates))}
        tracking.connect()
        run = tracking.Run.start(RECOGNISER, self.kind, data_version(), parameters, progress.run)
        progress.run = run.id
        limit, began = 60 * minutes, time.monotonic() - progress.seconds
        reported = saved = progress.seconds
        mean = 0.0
        self.model.train()
        while progress.seconds < limit:
            for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
                group["lr"] = rate * self.schedule(progress.steps, progress.seconds / limit)
            loss, size = self.step()
            progress.steps += 1
            progress.seen += size
            progress.seconds = time.monotonic() - began
            mean = loss if mean == 0 else 0.98 * mean + 0.02 * loss
            if progress.seconds - reported > REPORT_EVERY or progress.seconds >= limit:
                reported = progress.seconds
                figures = self.measure()
                spent = {"minutes_trained": progress.seconds / 60, "seen": progress.seen, "loss": mean}
                run.log({**spent, **figures}, progress.steps)
                said = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
                print(
                    f"{progress.seconds / 60:6.1f} of {minutes:g} min  {progress.seen} seen  loss {mean:.3f}  "
                    f"held out: {said}",
                    flush=True,
                )
            if progress.seconds - saved > SAVE_EVERY:
                saved = progress.seconds
                self._save()
        self._save()

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(self.checkpoint, buffer.getvalue())


def resume(checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Fill a model and its optimizer from a checkpoint."""
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


def run_of(checkpoint: Path) -> tracking.Run:
    """The MLflow run that a checkpoint was trained in."""
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    return tracking.Run(state["progress"]["run"])
