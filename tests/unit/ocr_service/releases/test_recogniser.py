"""Which recognisers may be released: the checks that the publisher and the service share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
import yaml

from model_export.release.errors import UnfitModel
from model_export.release.kinds import MODELS, fit_release
from model_export.release.publish import publish, rollback
from model_export.release.store import PublishingStore
from ocr_service.boxes import Recognition
from ocr_service.live_model import LiveModel
from ocr_service.metrics import Metrics
from ocr_service.releases import manifest
from ocr_service.releases.cache import ReleaseCache
from ocr_service.releases.errors import BadManifest
from ocr_service.releases.follower import Follower
from ocr_service.releases.recogniser import LINES_FILE, MODEL_FILE, RECEIPT_FILE, SETTINGS_FILE, check
from ocr_service.releases.shadow import Shadow
from ocr_service.releases.store import ReleaseStore
from ocr_service.settings import Settings
from ocr_service.vision.engine import Pixels
from ocr_service.vision.models import load_recogniser
from tests.support.releases import GOLDEN, fix_batch, make_recogniser, spoil

PACKAGED = MODELS["recogniser"].packaged


def no_model(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"not a model")


def no_settings(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text("Global: {}")


def characters_lost(folder: Path) -> None:
    settings = yaml.safe_load((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
    settings["PostProcess"]["character_dict"].pop()
    (folder / SETTINGS_FILE).write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


def characters_turned(folder: Path) -> None:
    settings = yaml.safe_load((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
    characters = settings["PostProcess"]["character_dict"]
    settings["PostProcess"]["character_dict"] = [*characters[1:], characters[0]]
    (folder / SETTINGS_FILE).write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (no_model, "cannot be loaded"),
        (no_settings, "cannot be loaded"),
        (characters_lost, "outputs for"),
        (characters_turned, "golden lines"),
        (spoil, "golden lines"),
        (fix_batch, "cannot read 2 lines in one call"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_an_unfit_recogniser_is_not_published(tmp_path: Path, harm: Callable[[Path], None], message: str) -> None:
    folder = Path(shutil.copytree(PACKAGED, tmp_path / "model"))
    harm(folder)
    store = PublishingStore((tmp_path / "store").as_uri(), kind="recogniser")
    with pytest.raises(UnfitModel, match=message):
        publish(store, folder)
    assert not (tmp_path / "store").exists()


def test_golden_lines_are_needed(tmp_path: Path) -> None:
    golden = Path(shutil.copytree(GOLDEN, tmp_path / "golden"))
    release = fit_release("recogniser", PACKAGED)
    check(PACKAGED, release, golden)
    (golden / LINES_FILE).write_text("")
    with pytest.raises(Exception, match="has no lines"):
        check(PACKAGED, release, golden)


def test_recognisers_are_published_beside_category_models_and_rolled_back(tmp_path: Path) -> None:
    store = PublishingStore(tmp_path.as_uri(), kind="recogniser")
    packaged = publish(store, PACKAGED)
    assert packaged.startswith("receipt-ko-")
    second = publish(store, make_recogniser(tmp_path / "second"))
    assert second != packaged
    document: Any = store.manifest()
    assert (document.model, document.champion.version) == ("recogniser", second)
    assert [each.version for each in document.previous] == [packaged]
    assert (tmp_path / "recogniser" / second / MODEL_FILE).is_file()
    assert PublishingStore(tmp_path.as_uri()).manifest() is None
    assert rollback(store) == packaged


def test_a_manifest_of_another_model_is_refused(tmp_path: Path) -> None:
    store = PublishingStore(tmp_path.as_uri(), kind="recogniser")
    publish(store, PACKAGED)
    data = (tmp_path / store.manifest_file).read_bytes()
    assert manifest.read(data, kind="recogniser").model == "recogniser"
    with pytest.raises(BadManifest, match="of the model recogniser"):
        manifest.read(data)


def test_a_promoted_challenger_answers_while_it_still_reads_in_shadow_mode(tmp_path: Path) -> None:
    settings, store = Settings(), PublishingStore((tmp_path / "store").as_uri(), kind="recogniser")
    model = LiveModel[Pixels, Recognition](load_recogniser(PACKAGED, settings, "packaged"))
    follower = Follower(
        model,
        ReleaseStore(store.uri, "recogniser"),
        ReleaseCache(tmp_path / "cache"),
        lambda folder, release: load_recogniser(folder, settings, release.version),
        Metrics(),
        poll_s=15,
    )
    compared: list[str] = []

    def answer(read: Recognition) -> str:
        compared.append(read.text)
        return read.text

    shadow = Shadow[Pixels, Recognition](Metrics(), answer)
    model.listen(shadow.listen)
    publish(store, PACKAGED, "packaged")
    publish(store, PACKAGED, "challenger", role="challenger")
    follower.poll()
    receipt = cv2.imread(str(GOLDEN / RECEIPT_FILE))
    boxes = [list(map(int, line.split("\t")[:4])) for line in (GOLDEN / LINES_FILE).read_text().splitlines()]
    crops = [receipt[top:bottom, left:right] for left, top, right, bottom in boxes]
    batches = crops[:3], crops[3:6]
    expected = model.predict(batches[0]).predictions
    for _ in range(6):
        model.predict(batches[1])
    publish(store, PACKAGED, "challenger")
    shadow.start()
    follower.poll()
    answers = [model.predict(batches[0]) for _ in range(6)]
    shadow.stop()
    assert {answer.version for answer in answers} == {"challenger"}
    assert [answer.predictions for answer in answers] == 6 * [expected]
    assert len(compared) == 2 * 3 * 7, "the challenger failed"
