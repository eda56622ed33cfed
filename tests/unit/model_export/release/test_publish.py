"""Publishing to a folder: the written files, immutable versions, and signatures."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from model_export.classifier.artefacts import MODEL_FILES
from model_export.classifier.training_distribution import FILE, TrainingDistribution
from model_export.release import __main__ as command_line
from model_export.release.errors import NothingBefore, NotTrusted, StoreError, UnfitModel, VersionTaken
from model_export.release.publish import FORMER, publish, rollback, sign, withdraw
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE, CategoryClassifier
from ocr_service.releases import manifest
from tests.support.releases import make_model, private_pem

KEY, OTHER_KEY = (private_pem(Ed25519PrivateKey.generate()) for _ in range(2))
TICKS = count()


def clock() -> datetime:
    """Each time a second later."""
    return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=next(TICKS))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"), 30)


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("another"), 40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> PublishingStore:
    return PublishingStore(f"file://{folder}")


def versions(store: PublishingStore) -> tuple[str, str | None, list[str]]:
    """Champion, challenger, former champions."""
    document = store.manifest(trusted=False)
    assert document
    challenger = document.challenger.version if document.challenger else None
    return document.champion.version, challenger, [release.version for release in document.previous]


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_manifest_has_everything_that_the_service_checks(store: PublishingStore, folder: Path, model: Path) -> None:
    publish(store, model, "7", clock=lambda: datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC))
    document = json.loads((folder / "category.json").read_bytes())
    champion = document.pop("champion")
    assert document == {
        "schema": 1,
        "model": "category",
        "released_at": "2026-11-23T04:05:06Z",
        "challenger": None,
        "previous": [],
    }
    assert champion["version"] == "7"
    assert champion["inputs"] == [{"name": "names", "type": "tensor(string)", "shape": [None, 1]}]
    assert [(o["type"], o["shape"]) for o in champion["outputs"]] == [
        ("tensor(int64)", [None]),
        ("tensor(float)", [None, 23]),
    ]
    assert {name: entry["bytes"] for name, entry in champion["files"].items()} == {
        name: (folder / "category" / "7" / name).stat().st_size for name in MODEL_FILES
    }
    assert content(folder / "category" / "7") == {name: (model / name).read_bytes() for name in MODEL_FILES}


def test_a_version_is_by_default_what_the_weights_make_it(store: PublishingStore, model: Path) -> None:
    assert publish(store, model) == CategoryClassifier.load(model).version
    assert versions(store)[0].startswith("category-")


def test_every_command_is_idempotent(store: PublishingStore, folder: Path, model: Path, another: Path) -> None:
    def twice(*arguments: object, **options: object) -> None:
        publish(store, *arguments, clock=clock, **options)  # type: ignore[arg-type]
        before = content(folder)
        publish(store, *arguments, clock=clock, **options)  # type: ignore[arg-type]
        assert content(folder) == before

    twice(model, "1")
    twice(another, "2", role="challenger")
    assert versions(store) == ("1", "2", [])
    twice(another, "2")
    assert versions(store) == ("2", None, ["1"])
    for _ in range(2):
        assert rollback(store, "1", clock=clock) == "1"
    assert versions(store) == ("1", None, [])
    publish(store, another, "2", role="challenger", clock=clock)
    for _ in range(2):
        withdraw(store, clock=clock)
    assert versions(store) == ("1", None, [])


def test_an_interrupted_publication_can_be_repeated(
    store: PublishingStore, folder: Path, model: Path, another: Path
) -> None:
    publish(store, model, "1")
    left_over = folder / "category" / "2" / CATEGORIES_FILE
    left_over.parent.mkdir()
    left_over.write_bytes((another / CATEGORIES_FILE).read_bytes())
    assert versions(store)[0] == "1"
    publish(store, another, "2")
    assert versions(store) == ("2", None, ["1"])


def test_a_version_never_changes(store: PublishingStore, folder: Path, model: Path, another: Path) -> None:
    publish(store, model, "1")
    before = content(folder)
    with pytest.raises(VersionTaken):
        publish(store, another, "1")
    assert content(folder) == before


def test_going_back_several_times_and_no_further(store: PublishingStore, model: Path) -> None:
    for number in range(3):
        publish(store, model, str(number))
    assert [rollback(store) for _ in range(2)] == ["1", "0"]
    with pytest.raises(NothingBefore):
        rollback(store)
    with pytest.raises(NothingBefore):
        rollback(store, "9")
    assert versions(store) == ("0", None, [])


def test_a_champion_that_returned_is_listed_once(store: PublishingStore, model: Path) -> None:
    for version in ("1", "2", "1"):
        publish(store, model, version)
    assert versions(store) == ("1", None, ["2"])
    for number in range(FORMER + 2):
        publish(store, model, f"x{number}")
    assert len(versions(store)[2]) == FORMER


def test_a_release_with_lost_files_cannot_be_rolled_back_to(store: PublishingStore, folder: Path, model: Path) -> None:
    for version in ("1", "2"):
        publish(store, model, version)
    (folder / "category" / "1" / MODEL_FILE).write_bytes(b"")
    with pytest.raises(StoreError, match="version 1"):
        rollback(store)
    assert versions(store)[0] == "2"


def test_unfit_models_are_not_published(store: PublishingStore, folder: Path, tmp_path: Path) -> None:
    turned = make_model(tmp_path / "turned", 30, turned=True)
    with pytest.raises(UnfitModel, match="golden"):
        publish(store, turned)
    with pytest.raises(UnfitModel):
        publish(store, tmp_path / "nowhere")
    with pytest.raises(UnfitModel, match="version"):
        publish(store, make_model(tmp_path / "good", 30), "../1")
    assert not folder.exists()


def test_a_model_without_its_own_training_distribution_is_not_published(
    store: PublishingStore, folder: Path, model: Path, another: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model, copy)
    (copy / FILE).unlink()
    with pytest.raises(UnfitModel, match=f"has no {FILE}.*classifier export"):
        publish(store, copy)
    shutil.copyfile(another / FILE, copy / FILE)
    with pytest.raises(UnfitModel, match=f"{FILE} describes {TrainingDistribution.load(another / FILE).version}, not"):
        publish(store, copy)
    (copy / FILE).write_text('{"version": "broken"')
    with pytest.raises(UnfitModel):
        publish(store, copy)
    assert not folder.exists()


def test_a_challenger_needs_a_champion(store: PublishingStore, model: Path) -> None:
    with pytest.raises(NothingBefore):
        publish(store, model, role="challenger")


def test_only_our_own_manifests_are_signed_again(folder: Path, model: Path, another: Path) -> None:
    plain, ours, theirs = (PublishingStore(f"file://{folder}", key) for key in (None, KEY, OTHER_KEY))
    publish(plain, model, "1")
    with pytest.raises(NotTrusted):
        publish(ours, another, "2")
    sign(ours)
    publish(ours, another, "2")
    for change in (lambda: publish(theirs, model, "3"), lambda: rollback(theirs), lambda: withdraw(theirs)):
        with pytest.raises(NotTrusted):
            change()
    sign(theirs)
    assert rollback(theirs) == "1"
    # Without a key the manifest would be written back unsigned, and services that check signatures would refuse it.
    signed = (folder / "category.json").read_bytes()
    for change in (lambda: publish(plain, another, "2"), lambda: rollback(plain), lambda: withdraw(plain)):
        with pytest.raises(NotTrusted, match="RELEASE_SIGNING_KEY"):
            change()
    assert (folder / "category.json").read_bytes() == signed


def test_a_signature_covers_the_whole_manifest(folder: Path, model: Path) -> None:
    store = PublishingStore(f"file://{folder}", KEY)
    publish(store, model, "1")
    path = folder / "category.json"
    signed = json.loads(path.read_bytes())
    for forged in (
        signed | {"released_at": "2027-01-01T00:00:00Z"},
        signed | {"previous": [signed["champion"]]},
        signed | {"extra": 1},
        signed | {"signature": ""},
        signed | {"signature": "no base64"},
        signed | {"signature": 5},
    ):
        path.write_text(json.dumps(forged))
        with pytest.raises(NotTrusted):
            store.manifest()
    path.write_text(json.dumps(dict(reversed(signed.items())), indent=4))  # the formatting is not signed
    assert store.manifest()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"schema": 1}', b"\xff"])
def test_a_broken_manifest_is_not_overwritten(store: PublishingStore, folder: Path, model: Path, data: bytes) -> None:
    publish(store, model, "1")
    (folder / "category.json").write_bytes(data)
    with pytest.raises(NotTrusted):
        publish(store, model, "2")
    assert (folder / "category.json").read_bytes() == data


def test_a_key_of_another_type_is_an_error(folder: Path) -> None:
    with pytest.raises(ValueError, match="PEM"):
        PublishingStore(f"file://{folder}", "not a key")
    with pytest.raises(ValueError, match="Ed25519"):
        manifest.load_public_keys("not a key")


def test_command_line(
    folder: Path, model: Path, another: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RELEASE_URI", f"file://{folder}")

    def run(*arguments: str) -> tuple[int, str]:
        status = command_line.main(arguments)
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    assert run("show") == (0, "no release is published\n")
    assert run("rollback") == (1, "release: no release is published\n")
    assert run("publish", str(model), "--version", "1") == (0, "champion 1\n")
    assert run("publish", str(another), "--version", "2") == (0, "champion 2\n")
    assert run("publish", str(model), "--version", "3", "--role", "challenger") == (0, "challenger 3\n")
    assert [line.split()[:2] for line in run("show")[1].splitlines()[1:]] == [
        ["champion", "2"],
        ["challenger", "3"],
        ["previous", "1"],
    ]
    assert run("withdraw") == (0, "")
    assert run("rollback", "--to", "1") == (0, "champion 1\n")
    with pytest.raises(SystemExit):
        run("sign")
    monkeypatch.setenv("RELEASE_SIGNING_KEY", KEY)
    assert run("rollback")[0] == 1
    assert run("sign") == (0, "")
    monkeypatch.delenv("RELEASE_URI")
    with pytest.raises(SystemExit):
        run("show")
