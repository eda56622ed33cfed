"""Fine-tuning with the CTC loss on synthetic receipt lines, for a given time, on a CPU."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from model_export.recognizer import backbone, batches, charset, upstream
from model_export.recognizer.render import VALIDATION_SEED, renderer

HEAD_RATE, BACKBONE_RATE = 2e-3, 5e-4
WARM_UP = 60
"""Steps until the full learning rate."""
FLAT = 0.45
"""Part of the time at the full rate; then it falls along a cosine."""
REPORT_EVERY, SAVE_EVERY = 300, 180
"""Seconds."""


@dataclass
class Progress:
    """What a checkpoint keeps beside the weights."""

    seconds: float = 0.0
    steps: int = 0
    seen: int = 0


def train(checkpoint: Path, fonts: Path, minutes: float, seed: int, threads: int) -> None:
    """Train until `minutes` have been spent on this checkpoint altogether; go on from it when it exists.

    The checkpoint is replaced in one step, and every one of them can be exported. Raises FontMissingError.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    model, optimizer, progress = _start(checkpoint, fonts, seed)
    validation = batches.pool(renderer(fonts, VALIDATION_SEED, held_out=True), batches=6)
    # A resumed run must not see the lines of the first minutes again. A forked worker would hang in OpenCV's threads.
    lines = batches.Lines(fonts, seed + progress.steps)
    stream = iter(
        DataLoader(lines, batch_size=None, num_workers=1, prefetch_factor=64, multiprocessing_context="spawn")
    )
    rates = [HEAD_RATE, BACKBONE_RATE]
    limit, began = 60 * minutes, time.monotonic() - progress.seconds
    reported = saved = progress.seconds
    loss_mean = 0.0
    model.train()
    while progress.seconds < limit:
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * schedule(progress.steps, progress.seconds / limit)
        pictures, texts = next(stream)
        loss = _step(model, optimizer, pictures, texts)
        progress.steps += 1
        progress.seen += len(texts)
        progress.seconds = time.monotonic() - began
        loss_mean = loss if progress.steps == 1 else 0.98 * loss_mean + 0.02 * loss
        if progress.seconds - reported > REPORT_EVERY:
            reported = progress.seconds
            exact, errors = validate(model, validation)
            print(
                f"{progress.seconds / 60:6.1f} min  {progress.seen} lines  loss {loss_mean:.3f}  "
                f"held out: {exact:.1%} of lines exact, {errors:.2%} of characters wrong",
                flush=True,
            )
        if progress.seconds - saved > SAVE_EVERY:
            saved = progress.seconds
            _save(checkpoint, model, optimizer, progress)
    _save(checkpoint, model, optimizer, progress)


def schedule(steps: int, spent: float) -> float:
    """Factor on the learning rate after `steps` steps, when the part `spent` of the time is over."""
    warm = min(1.0, (steps + 1) / WARM_UP)
    if spent < FLAT:
        return warm
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (spent - FLAT) / (1 - FLAT))))


def load(checkpoint: Path) -> tuple[nn.Module, Progress]:
    """The model of a checkpoint, in evaluation mode, and how long it was trained."""
    state = torch.load(checkpoint, weights_only=True)
    model = backbone.build()
    model.load_state_dict(state["model"])
    return model.eval(), Progress(**state["progress"])


@torch.no_grad()
def validate(model: nn.Module, validation: list[batches.Batch]) -> tuple[float, float]:
    """Parts of the lines read exactly and of the characters read wrongly; leaves the model in training mode."""
    model.eval()
    exact = lines = wrong = characters = 0
    for pictures, texts in validation:
        with torch.autocast("cpu", torch.bfloat16):
            scores = backbone.logits(model, batches.normalised(pictures))
        for best, text in zip(scores.argmax(-1).tolist(), texts, strict=True):
            read = charset.decode(best).strip()
            exact += read == text
            lines += 1
            wrong += charset.distance(read, text)
            characters += len(text)
    model.train()
    return exact / lines, wrong / characters


def _start(checkpoint: Path, fonts: Path, seed: int) -> tuple[nn.Module, torch.optim.Optimizer, Progress]:
    if checkpoint.exists():
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
        model, progress = load(checkpoint)
        model = model.to(memory_format=torch.channels_last)
        optimizer = _optimizer(model)
        optimizer.load_state_dict(state["optimizer"])
        return model, optimizer, progress
    model, folded = backbone.pretrained(upstream.model_file(upstream.RECOGNITION))
    sample = batches.pool(renderer(fonts, seed), batches=4)
    backbone.unfold(model, folded, (batches.normalised(pictures) for pictures, _ in sample))
    model = model.to(memory_format=torch.channels_last)
    return model, _optimizer(model), Progress()


def _optimizer(model: nn.Module) -> torch.optim.Optimizer:
    groups = [{"params": list(model.head.parameters())}, {"params": list(model.model.parameters())}]
    return torch.optim.AdamW(groups, lr=HEAD_RATE, weight_decay=1e-3)


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, pictures: torch.Tensor, texts: list[str]) -> float:
    with torch.autocast("cpu", torch.bfloat16):
        scores = backbone.logits(model, batches.normalised(pictures))
    log_probabilities = scores.float().log_softmax(-1).transpose(0, 1)
    classes = [charset.encode(text) for text in texts]
    loss = functional.ctc_loss(
        log_probabilities,
        torch.tensor([index for text in classes for index in text]),
        torch.full((len(texts),), len(log_probabilities)),
        torch.tensor([len(text) for text in classes]),
        zero_infinity=True,
    )
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimizer.step()
    return float(loss.detach())


def _save(checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    fresh = checkpoint.with_suffix(".tmp")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "progress": vars(progress)}, fresh)
    fresh.replace(checkpoint)
