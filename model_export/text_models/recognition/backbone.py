"""The PP-OCRv6 small recogniser in torch, with our characters as its head."""

from collections.abc import Iterable

import torch
from torch import nn
from transformers import (
    PPLCNetV4Config,
    PPOCRV6SmallRecConfig,
    PPOCRV6SmallRecForTextRecognition,
)

from model_export.text_models import charset


def build(classes: int = charset.CLASSES) -> nn.Module:
    """The architecture with random weights and `classes` outputs."""
    backbone = PPLCNetV4Config(out_features=["stage4"])
    return PPOCRV6SmallRecForTextRecognition(PPOCRV6SmallRecConfig(head_out_channels=classes, backbone_config=backbone))


def logits(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """From batch x 3 x 48 x width (BGR, -1 to 1) to batch x width / 8 x classes, before the softmax."""
    features = model.model(pixel_values=images).last_hidden_state
    return model.head.head(model.head.encoder(features).last_hidden_state)


class Probabilities(nn.Module):  # type: ignore[misc]
    """The exported form of the model: images in, softmax over the classes out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Batch x 3 x 48 x width to batch x width / 8 x classes."""
        return self.model(pixel_values=x).last_hidden_state


def execution_order(model: nn.Module) -> list[str]:
    """Names of the convolutions in the order in which they run."""
    order: list[str] = []
    hooks = [
        module.register_forward_hook(lambda *_, name=name: order.append(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d)
    ]
    model.eval()
    model(pixel_values=torch.zeros(1, 3, 48, 320))
    for hook in hooks:
        hook.remove()
    return order


@torch.no_grad()
def unfold(model: nn.Module, blocks: list[str], batches: Iterable[torch.Tensor]) -> None:
    """Give folded batch normalisations the statistics of actual images, without changing the function.

    Otherwise the first training step, which normalises by batch statistics, would change every layer at once.
    """
    modules = dict(model.named_modules())
    statistics: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {block: [] for block in blocks}
    hooks = [
        modules[f"{block}.convolution"].register_forward_hook(
            lambda _module, _inputs, output, block=block: statistics[block].append(
                (output.mean((0, 2, 3)), output.var((0, 2, 3), unbiased=False))
            )
        )
        for block in blocks
    ]
    model.eval()
    for images in batches:
        logits(model, images)
    for hook in hooks:
        hook.remove()
    for block in blocks:
        means = torch.stack([mean for mean, _ in statistics[block]])
        variances = torch.stack([variance for _, variance in statistics[block]])
        mean, variance = means.mean(0), variances.mean(0) + means.var(0, unbiased=False)
        normalisation = modules[f"{block}.normalization"]
        normalisation.running_mean.copy_(mean)
        normalisation.running_var.copy_(variance)
        normalisation.weight.copy_((variance + normalisation.eps).sqrt())
        normalisation.bias.add_(mean)


@torch.no_grad()
def fold(model: nn.Module, blocks: Iterable[str]) -> None:
    """Put the normalisation of each block into its convolution, as an export does; the reverse of `unfold`."""
    modules = dict(model.named_modules())
    for block in blocks:
        convolution, normalisation = modules[f"{block}.convolution"], modules[f"{block}.normalization"]
        scale = normalisation.weight / (normalisation.running_var + normalisation.eps).sqrt()
        convolution.weight.mul_(scale[:, None, None, None])
        normalisation.bias.sub_(normalisation.running_mean * scale)
        normalisation.weight.fill_(1)
        normalisation.running_mean.zero_()
        normalisation.running_var.fill_(1 - normalisation.eps)
