"""The training loop with a tiny model. Needs torch, which only the training environment has."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import nn

from model_export.text_models import batch_stream, training
from model_export.text_models.training import Options, Training

# MLflow's database layer warns of its own future.
pytestmark = pytest.mark.filterwarnings("ignore")


class Pairs:
    """Pools of pairs of numbers, the second twice the first."""

    pool_size = 4

    def pool(self, seed: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        rng = random.Random(seed)
        inputs = [torch.tensor([[rng.uniform(-1, 1)] for _ in range(8)]) for _ in range(self.pool_size)]
        return [(each, 2 * each) for each in inputs]


def train(checkpoint: Path, steps: int, seed: int = 1) -> list[Mapping[str, float]]:
    """Train a line through the pairs for so many steps in total; returns the metrics that were reported."""
    Options(fonts=[], steps=steps, seed=seed).prepare()
    model = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    reports: list[Mapping[str, float]] = []

    def step() -> tuple[float, int]:
        inputs, targets = next(stream)
        loss = (model(inputs) - targets).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach()), len(inputs)

    def measure(average: nn.Module) -> Mapping[str, float]:
        average.eval()
        reports.append({"error": float((average(torch.ones(1, 1)) - 2).abs())})
        return reports[-1]

    run = Training(
        kind="line",
        data="1",
        checkpoint=checkpoint,
        model=model,
        optimizer=optimizer,
        rates=(0.05,),
        schedule=lambda step, steps: 1 - step / steps,
        step=step,
        measure=measure,
        parameters={"seed": seed, "device": "cpu"},
    )
    run.resume()
    stream = batch_stream.stream(Pairs(), seed, run.progress.steps, steps, workers=0)
    run.run(steps)
    return reports


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """MLflow creates its tables once."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture(autouse=True)
def tracked(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    monkeypatch.setenv("CODE_VERSION", "0123abc")
    monkeypatch.chdir(tmp_path)


def test_the_same_seed_and_steps_give_the_same_weights(tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("second", 1), ("other", 2)):
        train(tmp_path / f"{name}.pt", 25, seed)
    first, second, other = (training.averaged(tmp_path / f"{name}.pt") for name in ("first", "second", "other"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_finished_training_makes_no_more_steps_and_a_longer_one_continues_its_run(tmp_path: Path) -> None:
    checkpoint = tmp_path / "line.pt"
    train(checkpoint, 10)
    run, weights = training.run_of(checkpoint), training.averaged(checkpoint)
    train(checkpoint, 10)
    assert all(torch.equal(value, training.averaged(checkpoint)[name]) for name, value in weights.items())
    train(checkpoint, 30)
    assert training.run_of(checkpoint) == run
    assert training.record_of(checkpoint) == {
        "seed": 1, "device": "cpu", "data": "1", "code": "0123abc", "steps": 30, "seen": 240,
    }  # fmt: skip


def test_an_interrupted_training_ends_as_if_it_had_not_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = tmp_path / "whole.pt", tmp_path / "parts.pt"
    train(whole, 30)
    # It saves after every step, and the seventh time it is stopped as a shutdown would.
    monkeypatch.setattr(training, "SAVE_EVERY", -1)
    original, calls = Training._save, []

    def save_and_stop(self: Training) -> None:
        original(self)
        calls.append(self.progress.steps)
        if len(calls) == 7:
            raise KeyboardInterrupt

    monkeypatch.setattr(Training, "_save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        train(parts, 30)
    monkeypatch.setattr(Training, "_save", original)
    train(parts, 30)
    expected, resumed = training.averaged(whole), training.averaged(parts)
    assert calls[-1] == 7
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)


def test_reports_are_of_the_averaged_weights_at_the_last_step(tmp_path: Path) -> None:
    reports = train(tmp_path / "line.pt", 250)
    assert len(reports) == 3
    assert reports[-1]["error"] < reports[0]["error"]
