"""The simulation of `make mlops-demo`: real servers, a simulated clock, few users and a quick model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from model_export.classifier import dataset, train_model
from model_export.registry import Registry
from model_export.release.store import PublishingStore
from model_export.retrain import compare, state
from model_export.simulation.plot import draw
from model_export.simulation.shoppers import Shoppers
from model_export.simulation.weeks import Simulation

QUICK = train_model.Settings(copies=0, per_head=1, min_df=1, epochs=3)
LENIENT = compare.Rules(category_fall=1)
"""A quick model always loses a few names of meat."""
USERS = 60

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")


def test_weeks_of_corrections_make_what_is_bought_again_right(
    no_corrections: None, database_url: str, database: psycopg.Connection[Any], mlflow_url: str, tmp_path: Path
) -> None:
    registry, store = Registry(mlflow_url, "model-of-shoppers"), PublishingStore((tmp_path / "releases").as_uri())
    with state.connected(database_url) as connection:
        simulation = Simulation(connection, registry, store, users=300, settings=QUICK, rules=LENIENT)
        weeks = list(simulation.weeks(2))
    database.execute("delete from auth.users where email like 'shopper-%@example.com'")

    first, second = weeks
    assert first.accuracy == first.accuracy_at_first, "nothing is retrained before the first Monday"
    assert first.report is not None
    assert first.report["promoted"], first.report["reasons"]
    assert second.accuracy > second.accuracy_at_first + 0.02
    assert second.report is not None
    champion = (second if second.report["promoted"] else first).report["challenger"]
    assert registry.champion() == champion
    FigureCanvasAgg(draw(weeks)).draw()


def test_the_same_seed_gives_the_same_weeks() -> None:
    familiar, unfamiliar = dataset.split(dataset.load())
    one, again, other = (Shoppers(familiar, unfamiliar, USERS, seed) for seed in (1, 1, 2))
    assert one.week(5) == again.week(5) != other.week(5)


def test_users_correct_most_of_what_is_wrong_and_one_of_them_calls_everything_alcohol() -> None:
    familiar, unfamiliar = dataset.split(dataset.load())
    shoppers = Shoppers(familiar, unfamiliar, USERS, seed=1)
    purchases = shoppers.week(50)
    corrections = shoppers.corrections(purchases, ["non_food"] * len(purchases))
    vandal = USERS - 1
    assert {each.category for each in corrections if each.user == vandal} == {"alcohol"}
    wrong = [each for each in purchases if each.user != vandal and each.example.category != "non_food"]
    honest = [each for each in corrections if each.user != vandal]
    assert 0.65 < len(honest) / len(wrong) < 0.75
    truth = {each.example.name: each.example.category for each in purchases}
    assert 0.94 < sum(truth[each.name] == each.category for each in honest) / len(honest) < 1
