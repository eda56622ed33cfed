"""Fine-tunes text detection on synthetic receipts, so that rows printed without a gap are separated."""

import math
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import torch
from torch.nn import functional
from torch.utils.data import DataLoader

from model_export.text_models import upstream
from model_export.text_models.detection import patches
from model_export.text_models.detection.onnx_graph import Graph
from model_export.text_models.synthesis.receipt_text import data_version
from model_export.text_models.training import Progress, Training, resume

RATE = 3e-4
WARM_UP = 40
"""Steps until the full learning rate is reached."""
NEGATIVES = 3
"""Pixels of paper that count per pixel of text: those that look most like text."""
VALIDATION_SEED, VALIDATION_BATCHES = 3_000_001, 10


def train(checkpoint: Path, fonts: Sequence[Path], minutes: float, seed: int, threads: int) -> None:
    """Train until `minutes` have been spent on this checkpoint in total; resume from it if it exists.

    Raises FontMissingError.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    model = Graph(upstream.model_file(upstream.DETECTION))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)
    progress = resume(checkpoint, model, optimizer) if checkpoint.exists() else Progress()
    validation = list(islice(patches.Patches(fonts, VALIDATION_SEED, held_out=True), VALIDATION_BATCHES))
    source = patches.Patches(fonts, seed + progress.steps)
    stream = iter(
        DataLoader(source, batch_size=None, num_workers=1, prefetch_factor=16, multiprocessing_context="spawn")
    )

    def step() -> tuple[float, int]:
        images, kernel_maps, weights = next(stream)
        with torch.autocast("cpu", torch.bfloat16):
            predicted = model(patches.normalised(images))
        loss = _loss(predicted.float()[:, 0], kernel_maps.float(), weights.float())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
        return float(loss.detach()), len(images)

    Training(
        kind="detection",
        data=data_version(),
        checkpoint=checkpoint,
        model=model,
        optimizer=optimizer,
        progress=progress,
        rates=(RATE,),
        schedule=schedule,
        step=step,
        measure=lambda: {"overlap": validate(model, validation)},
    ).spend(minutes, seed)


def schedule(steps: int, progress: float) -> float:
    """Factor on the learning rate after `steps` steps, at the share `progress` of the time."""
    return min(1.0, (steps + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def _loss(predicted: torch.Tensor, kernel_maps: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Cross entropy over the text and the hardest paper, plus the Dice loss."""
    predicted = predicted.clamp(1e-5, 1 - 1e-5)
    each = functional.binary_cross_entropy(predicted, kernel_maps, reduction="none") * weights
    text = kernel_maps * weights
    paper = (each * (1 - kernel_maps)).flatten()
    hardest = paper.topk(min(len(paper), max(1000, int(NEGATIVES * text.sum())))).values
    entropy = ((each * kernel_maps).sum() + hardest.sum()) / (text.sum() + len(hardest))
    return entropy + 1 - _dice(predicted, kernel_maps, weights)


def _dice(predicted: torch.Tensor, kernel_maps: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (2 * (predicted * kernel_maps * weights).sum() + 1) / (((predicted + kernel_maps) * weights).sum() + 1)


@torch.no_grad()
def validate(model: Graph, validation: list[patches.Batch]) -> float:
    """Dice coefficient of predicted and true kernels, 0 to 1, on held-out fonts and products."""
    scores = []
    for images, kernel_maps, weights in validation:
        with torch.autocast("cpu", torch.bfloat16):
            predicted = model(patches.normalised(images)).float()[:, 0]
        scores.append(float(_dice((predicted > 0.3).float(), kernel_maps.float(), weights.float())))
    return sum(scores) / len(scores)


def load(checkpoint: Path) -> Graph:
    """The trained graph of a checkpoint."""
    model = Graph(upstream.model_file(upstream.DETECTION))
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    return model
