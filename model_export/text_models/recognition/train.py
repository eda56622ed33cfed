"""Fine-tunes recognition with the CTC loss on synthetic receipt lines, for a limited time, on a CPU."""

import math
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from model_export.text_models import charset, upstream
from model_export.text_models.recognition import backbone, batches
from model_export.text_models.synthesis.receipt_text import data_version
from model_export.text_models.training import Progress, Training, resume

HEAD_RATE, BACKBONE_RATE = 2e-3, 5e-4
WARM_UP = 60
"""Steps until the full learning rate is reached."""
FLAT = 0.45
"""Share of the time at the full rate; then it decays along a cosine."""


def train(checkpoint: Path, fonts: Sequence[Path], minutes: float, seed: int, threads: int) -> None:
    """Train until `minutes` have been spent on this checkpoint in total; resume from it if it exists.

    Raises FontMissingError.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    model, optimizer, progress = _start(checkpoint, fonts, seed)
    validation = batches.validation(fonts)
    # A resumed run must not repeat the lines of the first minutes. A forked worker would hang in OpenCV's threads.
    lines = batches.Lines(fonts, seed + progress.steps)
    stream = iter(
        DataLoader(lines, batch_size=None, num_workers=1, prefetch_factor=64, multiprocessing_context="spawn")
    )

    def step() -> tuple[float, int]:
        images, texts = next(stream)
        return _step(model, optimizer, images, texts), len(texts)

    Training(
        kind="recognition",
        data=data_version(),
        checkpoint=checkpoint,
        model=model,
        optimizer=optimizer,
        progress=progress,
        rates=(HEAD_RATE, BACKBONE_RATE),
        schedule=schedule,
        step=step,
        measure=lambda: validate(model, validation),
    ).spend(minutes, seed)


def schedule(steps: int, progress: float) -> float:
    """Factor on the learning rate after `steps` steps, at the share `progress` of the time."""
    warm = min(1.0, (steps + 1) / WARM_UP)
    if progress < FLAT:
        return warm
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (progress - FLAT) / (1 - FLAT))))


def load(checkpoint: Path) -> nn.Module:
    """The model of a checkpoint, in evaluation mode."""
    model = backbone.build()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    return model.eval()


@torch.no_grad()
def validate(model: nn.Module, validation: list[batches.Batch]) -> dict[str, float]:
    """Share of lines read exactly and of characters read wrongly; leaves the model in training mode."""
    model.eval()
    exact = lines = wrong = characters = 0
    for images, texts in validation:
        with torch.autocast("cpu", torch.bfloat16):
            scores = backbone.logits(model, batches.normalised(images))
        for best, text in zip(scores.argmax(-1).tolist(), texts, strict=True):
            read = charset.decode(best).strip()
            exact += read == text
            lines += 1
            wrong += charset.distance(read, text)
            characters += len(text)
    model.train()
    return {"lines_exact": exact / lines, "character_error": wrong / characters}


def _start(checkpoint: Path, fonts: Sequence[Path], seed: int) -> tuple[nn.Module, torch.optim.Optimizer, Progress]:
    if checkpoint.exists():
        model = backbone.build().to(memory_format=torch.channels_last)
        optimizer = _optimizer(model)
        return model, optimizer, resume(checkpoint, model, optimizer)
    model, folded = backbone.pretrained(upstream.model_file(upstream.RECOGNITION))
    sample = islice(batches.Lines(fonts, seed), 4)
    backbone.unfold(model, folded, (batches.normalised(images) for images, _ in sample))
    model = model.to(memory_format=torch.channels_last)
    return model, _optimizer(model), Progress()


def _optimizer(model: nn.Module) -> torch.optim.Optimizer:
    groups = [{"params": list(model.head.parameters())}, {"params": list(model.model.parameters())}]
    return torch.optim.AdamW(groups, lr=HEAD_RATE, weight_decay=1e-3)


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, texts: list[str]) -> float:
    with torch.autocast("cpu", torch.bfloat16):
        scores = backbone.logits(model, batches.normalised(images))
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
