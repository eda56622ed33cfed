"""The part of training that is the same for both models: steps, checkpoints, averaged weights, reports, MLflow."""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model_export import tracking
from model_export.registry import RECOGNISER
from model_export.text_models.synthesis.single_lines import Sample
from ocr_service.files import write_atomically

REPORT_EVERY = 100
"""Steps."""
SAVE_EVERY = 120
"""Seconds."""
DECAY = 0.998
"""Of the moving average of the weights: it follows the last 500 steps, and reads better than the weights themselves
while the learning rate is still high, so that every checkpoint is worth an export."""


@dataclass(frozen=True)
class Options:
    """How to train. steps: in total for the checkpoint. rate: factor on the learning rates, below 1 to continue from
    weights that are good already. device: `cpu` or `cuda`. threads: of torch on a CPU.
    workers: processes that draw the training data; the data are the same for any number of them. crops: transcribed
    lines, a share `crop_share` of the training lines. validation: batches of each kind. run: of MLflow, if one was
    started.
    """

    fonts: Sequence[Path]
    steps: int
    seed: int = 1
    rate: float = 1.0
    device: str = "cpu"
    threads: int = 2
    workers: int = 1
    crops: Sequence[Sample] = ()
    crop_share: float = 0.0
    validation: int = 6
    run: str = ""

    def prepare(self) -> torch.device:
        """Seed torch, set its threads and return the device."""
        torch.manual_seed(self.seed)
        torch.set_num_threads(self.threads)
        return torch.device(self.device)


@dataclass
class Progress:
    """What a checkpoint keeps beside the weights. seen: examples; seconds: spent on training; run: of MLflow."""

    steps: int = 0
    seen: int = 0
    seconds: float = 0.0
    run: str = ""


@dataclass
class Training:
    """One model on its way.

    kind: name of the run. data: version of the training data. rates: full learning rate of each parameter group.
    schedule: factor on the rates in step `n` of `steps`. step: trains on one batch and returns its loss and size.
    measure: metrics of a model on held-out data. parameters: what else MLflow records. decay: of the moving average of
    the weights.
    """

    kind: str
    data: str
    checkpoint: Path
    model: nn.Module
    optimizer: torch.optim.Optimizer
    rates: Sequence[float]
    schedule: Callable[[int, int], float]
    step: Callable[[], tuple[float, int]]
    measure: Callable[[nn.Module], Mapping[str, float]]
    parameters: Mapping[str, str | float]
    decay: float = DECAY

    def __post_init__(self) -> None:
        self.progress = Progress()
        self.record = {**self.parameters, "data": self.data, "code": tracking.code_version()}
        self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(self.decay), use_buffers=True)

    def resume(self) -> None:
        """Continue from the checkpoint, if there is one."""
        if self.checkpoint.exists():
            state = _state(self.checkpoint)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress = Progress(**state["progress"])
            self.record = state["record"]

    def run(self, steps: int) -> None:
        """Train until `steps` steps have been made on this checkpoint altogether.

        The checkpoint is replaced in one step, and every one of them can be exported.
        """
        progress = self.progress
        parameters = {"steps": steps, "rates": str(list(self.rates)), **self.parameters}
        tracking.connect()
        run = tracking.Run.start(RECOGNISER, self.kind, self.data, parameters, progress.run)
        progress.run = run.id
        began = saved = time.monotonic()
        before, mean = progress.seconds, 0.0
        while progress.steps < steps:
            self.model.train()
            for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
                group["lr"] = rate * self.schedule(progress.steps, steps)
            loss, size = self.step()
            self.average.update_parameters(self.model)
            progress.steps += 1
            progress.seen += size
            progress.seconds = before + time.monotonic() - began
            mean = loss if mean == 0 else 0.98 * mean + 0.02 * loss
            if progress.steps % REPORT_EVERY == 0 or progress.steps == steps:
                figures = self.measure(self.average.module)
                spent = {"minutes_trained": progress.seconds / 60, "seen": progress.seen, "loss": mean}
                run.log({**spent, **figures}, progress.steps)
                text = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
                print(
                    f"step {progress.steps} of {steps}  {progress.seconds / 60:.1f} min  loss {mean:.3f}  "
                    f"held out: {text}",
                    flush=True,
                )
            if time.monotonic() - saved > SAVE_EVERY:
                saved = time.monotonic()
                self._save()
        self._save()

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
            "record": self.record,
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(self.checkpoint, buffer.getvalue())


def _state(checkpoint: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location="cpu")
    return state


def averaged(checkpoint: Path) -> dict[str, torch.Tensor]:
    """The averaged weights of a checkpoint: what is exported."""
    prefix = "module."
    return {
        name.removeprefix(prefix): value
        for name, value in _state(checkpoint)["average"].items()
        if name.startswith(prefix)
    }


def record_of(checkpoint: Path) -> dict[str, str | float]:
    """How a checkpoint was trained, for the manifest: seed, device, start, data, code, steps, samples seen."""
    state = _state(checkpoint)
    return {**state["record"], "steps": state["progress"]["steps"], "seen": state["progress"]["seen"]}


def run_of(checkpoint: Path) -> tracking.Run:
    """The MLflow run that a checkpoint was trained in."""
    return tracking.Run(_state(checkpoint)["progress"]["run"])
