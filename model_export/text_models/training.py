"""The training loop of both models: time budget, checkpoints, progress reports, MLflow."""

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
from ocr_service.files import write_atomically

REPORT_EVERY_S, SAVE_EVERY_S = 180, 120


@dataclass
class Progress:
    """The part of a checkpoint beside the weights. seen: training samples so far. run: id in MLflow."""

    seconds: float = 0.0
    steps: int = 0
    seen: int = 0
    run: str = ""


@dataclass
class Training:
    """The training of one model.

    kind: name of the run. data: version of the training data. rates: full learning rate of each parameter group.
    schedule: factor on the rates by number of steps and share of the time. step: trains on one batch and returns its
    loss and size. measure: returns metrics on held-out data. Both leave the model in training mode.
    """

    kind: str
    data: str
    checkpoint: Path
    model: nn.Module
    optimizer: torch.optim.Optimizer
    progress: Progress
    rates: Sequence[float]
    schedule: Callable[[int, float], float]
    step: Callable[[], tuple[float, int]]
    measure: Callable[[], Mapping[str, float]]

    def spend(self, minutes: float, seed: int) -> None:
        """Train until `minutes` have been spent on this checkpoint in total.

        Checkpoints are replaced atomically, and every one of them can be exported.
        """
        progress = self.progress
        parameters: dict[str, str | float] = {"minutes": minutes, "seed": seed, "rates": str(list(self.rates))}
        tracking.connect()
        run = tracking.Run.start(RECOGNISER, self.kind, self.data, parameters, progress.run)
        progress.run = run.id
        limit, start = 60 * minutes, time.monotonic() - progress.seconds
        last_report = last_save = progress.seconds
        mean = 0.0
        self.model.train()
        while progress.seconds < limit:
            for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
                group["lr"] = rate * self.schedule(progress.steps, progress.seconds / limit)
            loss, size = self.step()
            progress.steps += 1
            progress.seen += size
            progress.seconds = time.monotonic() - start
            mean = loss if mean == 0 else 0.98 * mean + 0.02 * loss
            if progress.seconds - last_report > REPORT_EVERY_S or progress.seconds >= limit:
                last_report = progress.seconds
                metrics = self.measure()
                effort = {"minutes_trained": progress.seconds / 60, "seen": progress.seen, "loss": mean}
                run.log({**effort, **metrics}, progress.steps)
                held_out = "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
                print(
                    f"{progress.seconds / 60:6.1f} of {minutes:g} min  {progress.seen} samples  loss {mean:.3f}  "
                    f"held out: {held_out}",
                    flush=True,
                )
            if progress.seconds - last_save > SAVE_EVERY_S:
                last_save = progress.seconds
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
    """Restore a model and its optimizer from a checkpoint."""
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


def run_of(checkpoint: Path) -> tracking.Run:
    """The MLflow run that a checkpoint was trained in."""
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    return tracking.Run(state["progress"]["run"])
