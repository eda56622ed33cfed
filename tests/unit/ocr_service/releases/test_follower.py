"""Which releases the service follows and refuses, with real models in a real store; polls are triggered by hand."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from model_export.release.publish import publish, rollback, withdraw
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE, CategoryClassifier
from ocr_service.live_model import LiveModel, Serving
from ocr_service.metrics import Metrics
from ocr_service.releases import checks, manifest
from ocr_service.releases.cache import ReleaseCache
from ocr_service.releases.checks import category_loader
from ocr_service.releases.errors import REASONS, BadManifest
from ocr_service.releases.follower import RETRY_POLLS, Follower
from ocr_service.releases.store import ReleaseStore
from tests.support.releases import GOLDEN, NAMES, make_model, private_pem

KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of the packaged model and of three successors, one of them with all labels wrong."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "packaged": make_model(folder / "packaged", 20),
        "first": make_model(folder / "first", 30),
        "second": make_model(folder / "second", 40),
        "turned": make_model(folder / "turned", 30, turned=True),
    }


class World:
    """A store, and services that follow it from one machine."""

    def __init__(self, tmp_path: Path, models: dict[str, Path]) -> None:
        self.folder = tmp_path / "store"
        self.store = PublishingStore(f"file://{self.folder}")
        self.cache = tmp_path / "cache"
        self.golden = GOLDEN
        self.models = models
        self.start()

    def start(self, *keys: Ed25519PrivateKey) -> None:
        """Start the service (again)."""
        packaged = CategoryClassifier.load(self.models["packaged"], "packaged")
        self.model = LiveModel(packaged)
        self.metrics = Metrics()
        self.follower = Follower(
            self.model,
            ReleaseStore(self.store.uri),
            ReleaseCache(self.cache),
            category_loader(packaged.codes, self.golden),
            self.metrics,
            public_keys=[key.public_key() for key in keys],
            poll_s=15,
        )
        self.follower.restore()

    def publish(self, name: str, **options: Any) -> str:
        return publish(self.store, self.models[name], name, **options)

    def poll(self) -> str:
        """Poll once; the version that answers afterwards."""
        self.follower.poll()
        return self.version

    @property
    def version(self) -> str:
        return self.model.predict(["두부"]).version

    def refusals(self, reason: str) -> float:
        labels = {"model": "category", "reason": reason}
        return self.metrics.registry.get_sample_value("ocr_release_refused_total", labels) or 0

    def loaded(self, model: str) -> set[str]:
        """The versions of a model in the metrics."""
        samples = [sample for metric in self.metrics.models.collect() for sample in metric.samples]
        return {sample.labels["version"] for sample in samples if sample.labels["model"] == model}

    def edit(self, change: Callable[[dict], Any]) -> None:
        """Change the manifest without the publisher."""
        path = self.folder / "category.json"
        document = json.loads(path.read_bytes())
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")

    def replace(self, file: str, data: bytes, version: str = "second") -> None:
        """Change a file of a version together with its entry in the manifest."""
        (self.folder / "category" / version / file).write_bytes(data)
        entry = manifest.File(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)).model_dump()
        self.edit(lambda document: document["champion"]["files"].update({file: entry}))


@pytest.fixture
def world(tmp_path: Path, models: dict[str, Path]) -> World:
    return World(tmp_path, models)


def test_follows_published_and_rolled_back_releases(world: World) -> None:
    assert world.poll() == "packaged"
    world.publish("first")
    assert world.poll() == "first"
    world.publish("second")
    assert world.poll() == "second"
    assert world.loaded("category") == {"second"}
    assert rollback(world.store) == "first"
    assert world.poll() == "first"
    assert world.loaded("category") == {"first"}
    assert not any(world.refusals(reason) for reason in REASONS)


def test_answers_are_those_of_the_released_model(world: World) -> None:
    world.publish("first")
    world.poll()
    expected = CategoryClassifier.load(world.models["first"]).predict(list(NAMES))
    assert world.model.predict(list(NAMES)).predictions == expected


def truncated(world: World) -> None:
    path = world.folder / "category" / "second" / MODEL_FILE
    path.write_bytes(path.read_bytes()[:-10])


def changed(world: World) -> None:
    path = world.folder / "category" / "second" / MODEL_FILE
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def file_lost(world: World) -> None:
    (world.folder / "category" / "second" / CATEGORIES_FILE).unlink()


def no_model(world: World) -> None:
    world.replace(MODEL_FILE, b"not a model")


def other_normaliser(world: World) -> None:
    graph = onnx.load(str(world.models["second"] / MODEL_FILE))
    onnx.helper.set_model_props(graph, {"normaliser_version": "another", "threshold": "0.5", "version": "x"})
    world.replace(MODEL_FILE, graph.SerializeToString())


def other_inputs(world: World) -> None:
    world.edit(lambda document: document["champion"]["inputs"][0].update(name="titles"))


def other_outputs(world: World) -> None:
    world.edit(lambda document: document["champion"]["outputs"][1].update(type="tensor(double)"))


def one_name_at_a_time(world: World) -> None:
    graph = onnx.load(str(world.models["second"] / MODEL_FILE))
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    world.replace(MODEL_FILE, graph.SerializeToString())
    world.edit(lambda document: document["champion"]["inputs"][0].update(shape=[1, 1]))


def other_labels(world: World) -> None:
    path = world.models["second"] / CATEGORIES_FILE
    world.replace(CATEGORIES_FILE, path.read_bytes().replace(b"vegetable", b"greengrocery"))


def too_few_labels(world: World) -> None:
    world.replace(CATEGORIES_FILE, b'{"vegetable": 0}')


def wrong_answers(world: World) -> None:
    world.replace(MODEL_FILE, (world.models["turned"] / MODEL_FILE).read_bytes())


def half_written(world: World) -> None:
    path = world.folder / "category.json"
    path.write_bytes(path.read_bytes()[:200])


def another_schema(world: World) -> None:
    world.edit(lambda document: document.update(schema=2))


def path_outside(world: World) -> None:
    world.edit(lambda document: document["champion"].update(version="../second"))


def store_gone(world: World) -> None:
    shutil.rmtree(world.folder)


def store_unreadable(world: World) -> None:
    (world.folder / "category.json").unlink()
    (world.folder / "category.json").mkdir()


def cache_unwritable(world: World) -> None:
    shutil.rmtree(world.cache)
    world.cache.write_text("a file where the folder was")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (truncated, "file"),
        (changed, "file"),
        (file_lost, "missing"),
        (no_model, "model"),
        (other_normaliser, "model"),
        (other_inputs, "model"),
        (other_outputs, "model"),
        (one_name_at_a_time, "model"),
        (too_few_labels, "model"),
        (other_labels, "labels"),
        (wrong_answers, "golden"),
        (half_written, "manifest"),
        (another_schema, "manifest"),
        (path_outside, "manifest"),
        (store_gone, "missing"),
        (store_unreadable, "unreachable"),
        (cache_unwritable, "cache"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_bad_release_is_refused_and_the_previous_one_stays_in_use(
    world: World, harm: Callable[[World], None], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.publish("first")
    world.poll()
    world.publish("second")
    harm(world)
    with caplog.at_level(logging.WARNING):
        for _ in range(RETRY_POLLS):
            assert world.poll() == "first"
    assert world.refusals(reason) >= 1
    assert world.loaded("category") == {"first"}
    (line,) = [record for record in caplog.records if record.message == "release refused"]
    assert (vars(line)["reason"], vars(line)["in_use"]) == (reason, "first")


def test_every_outage_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.publish("first")
    world.poll()
    away = world.folder.with_name("away")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            world.folder.rename(away)
            for _ in range(2):
                world.poll()
            away.rename(world.folder)
            world.poll()
    assert [vars(record)["reason"] for record in caplog.records] == ["missing", "missing"]
    assert world.refusals("missing") == 4


def test_a_release_that_cannot_be_cached_is_used_and_cached_later(world: World) -> None:
    remembered = world.cache / "manifest.json"
    remembered.mkdir(parents=True)
    world.publish("first")
    assert world.poll() == "first"
    assert world.refusals("cache") == 1
    remembered.rmdir()
    for _ in range(RETRY_POLLS):
        world.poll()
    assert remembered.is_file()


def test_without_golden_names_nothing_is_accepted(world: World, tmp_path: Path) -> None:
    world.golden = tmp_path / "nowhere"
    world.start()
    world.publish("first")
    assert world.poll() == "packaged"
    assert world.refusals("golden") == 1


def test_a_refused_release_is_retried_occasionally(world: World) -> None:
    world.publish("first")
    path = world.folder / "category" / "first" / MODEL_FILE
    path.write_bytes(b"")
    for _ in range(2 * RETRY_POLLS):
        assert world.poll() == "packaged"
    assert world.refusals("file") == 2
    path.write_bytes((world.models["first"] / MODEL_FILE).read_bytes())
    assert world.poll() == "first"


def test_the_last_good_release_survives_a_restart_without_the_store(world: World) -> None:
    world.publish("first")
    world.poll()
    shutil.rmtree(world.folder)
    world.start()
    assert world.version == "first"
    assert world.poll() == "first"
    assert world.refusals("missing") == 1


def test_a_release_that_fails_in_a_new_build_does_not_stop_its_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("unsupported operator")

    world.publish("first")
    world.poll()
    monkeypatch.setattr(checks, "check_model", fail)
    world.start()
    assert world.version == "packaged"
    assert world.refusals("model") == 1


def test_after_a_restart_the_previous_release_stays_in_use_if_the_new_one_is_bad(world: World) -> None:
    world.publish("first")
    world.poll()
    world.publish("second")
    truncated(world)
    world.start()
    assert world.poll() == "first"


def test_a_damaged_cache_is_downloaded_again_or_ignored(world: World) -> None:
    world.publish("first")
    world.poll()
    (cached,) = world.cache.glob(f"*/{MODEL_FILE}")
    cached.write_bytes(b"rotten")
    world.start()
    assert world.version == "first"
    cached.write_bytes(b"rotten")
    shutil.rmtree(world.folder)
    world.start()
    assert world.version == "packaged"


def test_the_cache_keeps_only_releases_that_may_be_needed_next(world: World) -> None:
    for name in ("first", "second", "packaged"):
        world.publish(name)
        world.poll()
    assert len(list(world.cache.glob(f"*/{MODEL_FILE}"))) == 2  # the champion and the one before
    (world.folder / "category" / "second" / MODEL_FILE).unlink()
    world.edit(lambda document: document.update(champion=document["previous"][0], previous=[]))
    assert world.poll() == "second"


def test_with_a_key_only_signed_manifests_are_followed(world: World) -> None:
    world.publish("first")
    world.start(KEY)
    assert world.poll() == "packaged"
    assert world.refusals("signature") == 1
    for key, expected in ((OTHER_KEY, "packaged"), (KEY, "second")):
        shutil.rmtree(world.folder)
        world.store = PublishingStore(world.store.uri, private_pem(key))
        world.publish("second")
        assert world.poll() == expected
    world.publish("first")
    world.edit(lambda document: document.update(champion=document["previous"][0]))
    assert world.poll() == "second"
    assert world.refusals("signature") == 3


def test_two_keys_are_trusted_during_key_rotation(world: World) -> None:
    world.store = PublishingStore(world.store.uri, private_pem(KEY))
    world.publish("first")
    world.start(OTHER_KEY, KEY)
    assert world.poll() == "first"


def test_a_challenger_predicts_next_to_the_champion(world: World) -> None:
    world.publish("first")
    world.publish("second", role="challenger")
    assert world.poll() == "first"
    assert world.loaded("category_challenger") == {"second"}
    assert world.model.serving.challenger
    withdraw(world.store)
    assert world.poll() == "first"
    assert world.loaded("category_challenger") == set()
    assert world.model.serving.challenger is None


def test_a_bad_challenger_does_not_delay_the_champion(world: World) -> None:
    world.publish("first")
    world.publish("second", role="challenger")
    truncated(world)
    assert world.poll() == "first"
    assert world.refusals("file") == 1
    assert world.model.serving.challenger is None
    path = world.folder / "category" / "second" / MODEL_FILE
    path.write_bytes((world.models["second"] / MODEL_FILE).read_bytes())
    for _ in range(RETRY_POLLS):
        world.poll()
    assert world.loaded("category_challenger") == {"second"}


def test_a_request_uses_one_model_until_its_end(world: World) -> None:
    world.publish("first")
    world.publish("second", role="challenger")
    world.poll()
    seen = []

    def swap_meanwhile(serving: Serving, _: Any, predictions: Any) -> None:
        seen.append(serving.champion.version)
        world.model.use(Serving(CategoryClassifier.load(world.models["packaged"], "packaged")))

    world.model.listen(swap_meanwhile)
    assert world.model.predict(["두부"]).version == "first"
    assert world.model.predict(["두부"]).version == "packaged"
    assert seen == ["first", "packaged"]


@settings(max_examples=50)
@given(st.one_of(st.binary(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_other_json_is_not_read_as_a_manifest(value: Any) -> None:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(BadManifest):
        manifest.read(data, [KEY.public_key()])
