"""Fine-tuning with the CTC loss on synthetic receipt lines, for a number of steps, from the weights that ship."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from model_export.manifest import sha256
from model_export.text_models import batch_stream, charset
from model_export.text_models.recognition import backbone, batches, shipped
from model_export.text_models.synthesis.receipt_text import data_version
from model_export.text_models.training import DECAY, Options, Training, averaged

HEAD_RATE, BACKBONE_RATE = 1e-3, 2.5e-4
WARM_UP = 60
"""Steps until the full learning rate, unless a sixth of a training is shorter."""
AVERAGED = 4
"""The average of the weights covers at most the last AVERAGED-th of the steps, or it would be that of the start."""
FLAT = 0.45
"""Part of the steps at the full rate; then it falls along a cosine."""
RECALIBRATION = 4
"""Batches that folded normalisations get their statistics from."""


def train(checkpoint: Path, start: Path, options: Options) -> None:
    """Train until the checkpoint has made all steps, from the weights of the model folder `start`.

    Resumes from the checkpoint if it exists. Raises FontMissingError.
    """
    device = options.prepare()
    model, folded = shipped.load(start)
    source = batches.LineSource(options.fonts, options.crops, options.crop_share)
    sample = batch_stream.stream(source, options.seed, 0, RECALIBRATION, workers=0)
    backbone.unfold(model, folded, (batches.normalised(images, torch.device("cpu")) for images, _ in sample))
    model = model.to(device, memory_format=torch.channels_last)
    groups = [{"params": list(model.head.parameters())}, {"params": list(model.model.parameters())}]
    optimizer = torch.optim.AdamW(groups, lr=HEAD_RATE, weight_decay=1e-3)
    stream: Iterator[batches.Batch]
    validation = batches.validation(options.fonts, options.validation)

    def step() -> tuple[float, int]:
        images, texts = next(stream)
        return _step(model, optimizer, batches.normalised(images, device), texts), len(texts)

    training = Training(
        kind="recognition",
        data=data_version(),
        checkpoint=checkpoint,
        model=model,
        optimizer=optimizer,
        rates=(options.rate * HEAD_RATE, options.rate * BACKBONE_RATE),
        schedule=schedule,
        step=step,
        measure=lambda averaged_model: validate(averaged_model, validation, device),
        parameters={
            "seed": options.seed,
            "rate": options.rate,
            "device": options.device,
            "start": sha256(start / "inference.onnx"),
        },
        decay=min(DECAY, 1 - AVERAGED / max(AVERAGED + 1, options.steps)),
    )
    training.progress.run = options.run
    training.resume()
    stream = batch_stream.stream(source, options.seed, training.progress.steps, options.steps, options.workers)
    training.run(options.steps)


def schedule(step: int, steps: int) -> float:
    """Factor on the learning rate in a step of so many."""
    warm, part = min(1.0, (step + 1) / min(WARM_UP, max(1, steps // 6))), step / steps
    if part < FLAT:
        return warm
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (part - FLAT) / (1 - FLAT))))


def load(checkpoint: Path) -> nn.Module:
    """The model of a checkpoint with its averaged weights, in evaluation mode."""
    model = backbone.build()
    model.load_state_dict(averaged(checkpoint))
    return model.eval()


@torch.no_grad()
def validate(
    model: nn.Module, validation: Mapping[str, Sequence[batches.Batch]], device: torch.device
) -> dict[str, float]:
    """Parts of the lines read exactly and of the characters read wrongly, by kind of line."""
    model.eval()
    figures: dict[str, float] = {}
    for kind, drawn in validation.items():
        exact = lines = wrong = characters = 0
        for images, texts in drawn:
            with torch.autocast(device.type, torch.bfloat16):
                scores = backbone.logits(model, batches.normalised(images, device))
            for best, text in zip(scores.argmax(-1).tolist(), texts, strict=True):
                read = charset.decode(best).strip()
                exact += read == text
                lines += 1
                wrong += charset.distance(read, text)
                characters += len(text)
        figures |= {f"{kind}_exact": exact / lines, f"{kind}_character_error": wrong / characters}
    return figures


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, texts: list[str]) -> float:
    with torch.autocast(images.device.type, torch.bfloat16):
        scores = backbone.logits(model, images)
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
