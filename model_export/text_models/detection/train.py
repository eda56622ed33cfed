"""Fine-tunes text detection on synthetic receipts, so that rows printed without a gap are separated."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from model_export.manifest import sha256
from model_export.text_models import batch_stream, upstream
from model_export.text_models.detection import patches
from model_export.text_models.detection.onnx_graph import Graph
from model_export.text_models.synthesis.receipt_text import data_version
from model_export.text_models.training import Options, Training, averaged

RATE = 3e-4
WARM_UP = 40
"""Steps until the full learning rate is reached."""
NEGATIVES = 3
"""Pixels of paper that count per pixel of text: those that look most like text."""
VALIDATION_SEED, VALIDATION_BATCHES = 3_000_001, 10


def train(checkpoint: Path, start: Path, options: Options) -> None:
    """Train until the checkpoint has made all steps, from the weights of the model folder `start`.

    Resumes from the checkpoint if it exists. Raises FontMissingError.
    """
    device = options.prepare()
    model = Graph(start / "inference.onnx").to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)
    validation = patches.PatchSource(options.fonts, held_out=True).pool(VALIDATION_SEED)[:VALIDATION_BATCHES]
    stream: Iterator[patches.Batch]

    def step() -> tuple[float, int]:
        images, kernel_maps, weights = next(stream)
        with torch.autocast(device.type, torch.bfloat16):
            predicted = model(patches.normalised(images, device))
        loss = _loss(predicted.float()[:, 0], kernel_maps.to(device).float(), weights.to(device).float())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
        return float(loss.detach()), len(images)

    training = Training(
        kind="detection",
        data=data_version(),
        checkpoint=checkpoint,
        model=model,
        optimizer=optimizer,
        rates=(options.rate * RATE,),
        schedule=schedule,
        step=step,
        measure=lambda average: {"overlap": validate(average, validation, device)},
        parameters={
            "seed": options.seed,
            "rate": options.rate,
            "device": options.device,
            "start": sha256(start / "inference.onnx"),
        },
    )
    training.resume()
    source = patches.PatchSource(options.fonts)
    stream = batch_stream.stream(source, options.seed, training.progress.steps, options.steps, options.workers)
    training.run(options.steps)


def schedule(step: int, steps: int) -> float:
    """Factor on the learning rate in a step of so many."""
    return min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


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
def validate(model: nn.Module, validation: Sequence[patches.Batch], device: torch.device) -> float:
    """Dice coefficient of predicted and true kernels, 0 to 1, on held-out fonts and products."""
    scores = []
    for images, kernel_maps, weights in validation:
        with torch.autocast(device.type, torch.bfloat16):
            predicted = model(patches.normalised(images, device)).float()[:, 0]
        mask = (predicted > 0.3).float()
        scores.append(float(_dice(mask, kernel_maps.to(device).float(), weights.to(device).float())))
    return sum(scores) / len(scores)


def load(checkpoint: Path) -> Graph:
    """The trained graph of a checkpoint."""
    model = Graph(upstream.model_file(upstream.DETECTION))
    model.load_state_dict(averaged(checkpoint))
    return model
