"""The simulation of `make mlops-demo`: real servers, a simulated clock, few users and a quick model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import mlflow
import psycopg
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from local.mlops_demo import FONT
from model_export.classifier import dataset, train_model
from model_export.registry import Registry
from model_export.release.store import PublishingStore
from model_export.retrain import compare, state
from model_export.simulation.plot import draw
from model_export.simulation.shoppers import LAUNCH_WEEK, Shoppers, launched
from model_export.simulation.weeks import CONSPIRED_NAMES, Simulation

QUICK = train_model.Settings(copies=0, decorated=0, per_head=1, min_df=2, epochs=3)
LENIENT = compare.Rules(frozen_margin=0.2, category_fall=1, flip_share=1, brand_flip_share=2, significance=1)
"""A quick model loses a few names with every retraining; what promotes is tested elsewhere."""
USERS = 60

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")


def test_weeks_of_corrections_make_what_is_bought_again_right(
    no_corrections: None,
    database_url: str,
    database: psycopg.Connection[Any],
    mlflow_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry, store = Registry(mlflow_url, "model-of-shoppers"), PublishingStore((tmp_path / "releases").as_uri())
    monkeypatch.setattr("model_export.simulation.weeks.COLLUSION_WEEK", 2)
    monkeypatch.setattr("model_export.simulation.reading.WORN_WEEK", 2)
    monkeypatch.setattr("model_export.simulation.reading.RETRAINED_WEEK", 1)
    monkeypatch.setitem(sys.modules, "torch", None)  # the training environment has it
    recogniser = Registry(mlflow_url, "reader-of-shoppers")
    recogniser_store = PublishingStore((tmp_path / "releases").as_uri(), kind="recogniser")
    steps: list[str] = []
    with state.connected(database_url) as connection:
        simulation = Simulation(
            connection, registry, store, FONT, recogniser, recogniser_store,
            users=150, consenting=2, settings=QUICK, rules=LENIENT, progress=steps.append,
        )  # fmt: skip
        weeks = list(simulation.weeks(2))
    crops = database.execute("select line_text from private.training_lines()").fetchall()
    database.execute("delete from auth.users where email like 'shopper-%@example.com'")
    database.execute("delete from private.settings where name = 'reading_samples_per_day'")

    first, second = weeks
    assert first.accuracy == first.accuracy_at_first, "nothing is retrained before the first Monday"
    assert first.report is not None
    assert first.report["outcome"] == "promoted", first.report["reasons"]
    assert second.accuracy > second.accuracy_at_first + 0.02
    assert second.report is not None
    champion = (second if second.report["outcome"] == "promoted" else first).report["challenger"]
    assert registry.champion() == champion
    for week in weeks:
        estimate, low, high = week.audited
        assert low <= estimate <= high
        assert low - 0.1 < week.accuracy < high + 0.1, "what is drawn at random shows what users get"
        assert week.report["data"]["audited"] > 0
    (cohort,) = second.report["trust"]["cohorts"]
    assert (cohort["accounts"], cohort["names"]) == (2, CONSPIRED_NAMES)
    run = registry.run_of(second.report["challenger"])
    assert "새벽들" not in run.text("learned.tsv")
    inputs = mlflow.MlflowClient().get_run(run.id).inputs.dataset_inputs
    assert {each.dataset.name for each in inputs} >= {
        "learned names",
        "audited held-out names",
        "frozen test names",
    }
    FigureCanvasAgg(draw(weeks)).draw()

    # Names are really read, and what users correct of them is what the product's figures and the retraining see.
    assert second.reading.accuracy < first.reading.accuracy, "the tills print worse"
    for reading in (first.reading, second.reading):
        misread = round((1 - reading.accuracy) * 40)
        assert reading.corrections <= misread
        assert reading.shown.estimate >= 1 - reading.corrections / 40, "users leave some of what is misread alone"
    assert len(crops) == first.reading.corrections + second.reading.corrections > 0
    assert any(step.startswith("the recogniser is not retrained here: ") for step in steps)


def test_the_same_seed_gives_the_same_weeks() -> None:
    familiar, unfamiliar = dataset.split(dataset.load())
    one, again, other = (Shoppers(familiar, unfamiliar, USERS, seed) for seed in (1, 1, 2))
    assert one.week(1, 5) == again.week(1, 5) != other.week(1, 5)


def test_a_brand_starts_to_sell_something_else() -> None:
    familiar, unfamiliar = dataset.split(dataset.load())
    shoppers = Shoppers(familiar, unfamiliar, USERS, seed=1)
    before, after = shoppers.week(LAUNCH_WEEK - 1, 50), shoppers.week(LAUNCH_WEEK, 50)
    line = set(launched())
    assert not line & {each.example for each in before}
    assert 0.03 < sum(each.example in line for each in after) / len(after) < 0.09
    assert {each.category for each in line} == {"alcohol"}


def test_users_correct_most_of_what_is_wrong_and_one_of_them_calls_everything_alcohol() -> None:
    familiar, unfamiliar = dataset.split(dataset.load())
    shoppers = Shoppers(familiar, unfamiliar, USERS, seed=1)
    purchases = shoppers.week(1, 50)
    corrections = shoppers.corrections(purchases, ["non_food"] * len(purchases))
    vandal = USERS - 1
    assert {each.category for each in corrections if each.user == vandal} == {"alcohol"}
    wrong = [each for each in purchases if each.user != vandal and each.example.category != "non_food"]
    honest = [each for each in corrections if each.user != vandal]
    assert 0.65 < len(honest) / len(wrong) < 0.75
    truth = {each.example.name: each.example.category for each in purchases}
    assert 0.94 < sum(truth[each.name] == each.category for each in honest) / len(honest) < 1
