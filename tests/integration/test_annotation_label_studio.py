"""Annotation on a real Label Studio: names are pushed, annotators answer over its API, the answers are pulled."""

from __future__ import annotations

import base64
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import httpx
import psycopg
import pytest

from local.client import User
from local.processes.service import free_port
from local.servers.label_studio import LabelStudio
from model_export.annotation import __main__ as annotation
from model_export.annotation import transcription
from model_export.annotation.errors import LabelStudioDown
from model_export.annotation.label_studio import LabelStudioClient, TokenAuth
from model_export.annotation.project import TITLE
from model_export.classifier import dataset
from model_export.manifest import CATEGORY_DIR
from model_export.release.publish import publish
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier

Row = dict[str, Any]
Json = dict[str, Any]

# The most frequent names of the test database, so that they come first.
NAMES = {
    "구름결 요거": 400,
    "무지개별 크런": 300,
    "바람숲 010-1234-5678 담금": 200,
    "노을빛 모음": 150,
}
MASKED = "바람숲 ***-****-**** 담금"
TRUTH = {"구름결 요거": "dairy", "무지개별 크런": "snack", MASKED: "alcohol", "노을빛 모음": "ready_meal"}
PNG = b"\x89PNG\r\n\x1a\n and the pixels of a line"
GOLD = {example.name: example.category for example in dataset.load_evaluation("dev")}


@dataclass
class Person:
    """An annotator who uses the API with a token of their own."""

    email: str
    http: httpx.Client

    def tasks(self, project_id: int, decide: Callable[[Json], str | None], new_names: dict[str, str]) -> list[str]:
        """Answer all tasks that Label Studio offers. Returns their texts."""
        offered = []
        while (response := self.http.get(f"/api/projects/{project_id}/next/")).status_code != 404:
            task = response.raise_for_status().json()
            text = task["data"]["text"]
            offered.append(text)
            code = decide(task)
            result = [] if code is None else [choose("category", code)]
            if text in new_names:
                result += [choose("kind", "new_name"), part("new_name", "textarea", {"text": [new_names[text]]})]
            answer = {"result": result, "lead_time": 2.5, "was_cancelled": code is None}
            self.http.post(f"/api/tasks/{task['id']}/annotations/", json=answer).raise_for_status()
        return offered


def part(control: str, kind: str, value: Json) -> Json:
    return {"from_name": control, "to_name": "text", "type": kind, "value": value}


def choose(control: str, code: str) -> Json:
    return part(control, "choices", {"choices": [code]})


def guess_of(task: Json) -> str:
    (prediction,) = task["predictions"]
    return str(prediction["result"][0]["value"]["choices"][0])


def knows(task: Json) -> str:
    """The choice of an annotator who knows groceries; for names of other tests, the model's suggestion."""
    text = task["data"]["text"]
    return TRUTH.get(text) or GOLD.get(text) or guess_of(task)


@pytest.fixture(scope="module")
def people(label_studio: LabelStudio) -> Iterator[list[Person]]:
    people = []
    for name in ("ann", "ben", "cho"):
        email = f"{name}@example.com"
        auth = TokenAuth(label_studio.url, label_studio.add_annotator(email, "long enough 1"))
        people.append(Person(email, httpx.Client(base_url=label_studio.url, auth=auth, timeout=60)))
    yield people
    for person in people:
        person.http.close()


@pytest.fixture(scope="module")
def client(label_studio: LabelStudio) -> Iterator[LabelStudioClient]:
    with httpx.Client(timeout=60) as http:
        yield LabelStudioClient(http, label_studio.url, label_studio.token)


def buy(database: psycopg.Connection[Row], user: User, names: dict[str, int], confidence: float) -> None:
    """A receipt per name with that many line items, every third without the space, as OCR occasionally reads it."""
    for name, times in names.items():
        receipt = str(uuid.uuid4())
        database.execute(
            "insert into public.receipts (id, user_id, bucket, object_path, object_version, status, processed_at) "
            "values (%s, %s, 'ocr', %s, '1', 'done', now())",
            [receipt, user.user_id, f"{receipt}.jpg"],
        )
        database.execute(
            "insert into public.receipt_items (receipt_id, line_no, raw_text, predicted_name, name, kind, "
            "predicted_category_id, category_id, confidence, uncertain_fields) "
            "select %(receipt)s, n, %(name)s, t.text, t.text, 'food', c.id, c.id, %(confidence)s, array['category'] "
            "from generate_series(1, %(times)s) n, public.categories c, "
            "lateral (select case when n %% 3 = 0 then replace(%(name)s, ' ', '') else %(name)s end as text) t "
            "where c.code = 'snack'",
            {"receipt": receipt, "name": name, "times": times, "confidence": confidence},
        )


@pytest.fixture(scope="module", autouse=True)
def bought(make_user: Callable[[], User], database: psycopg.Connection[Row]) -> Iterator[User]:
    """A user who bought all of NAMES, each that often, with low confidence of the model."""
    user = make_user()
    buy(database, user, NAMES, confidence=0.31)
    database.execute("truncate public.annotation_queue, public.item_annotations")
    yield user
    database.execute("truncate public.annotation_queue, public.item_annotations")
    database.execute("delete from auth.users where id = %s", [user.user_id])


@pytest.fixture
def run(
    label_studio: LabelStudio,
    job_url: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., str]:
    """Runs the command line in the job's role; returns its output."""
    monkeypatch.setenv("DATABASE_URL", job_url("annotation"))
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_TOKEN", label_studio.token)

    def run(*arguments: str, status: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["annotation", *arguments])
        assert annotation.main() == status
        printed = capsys.readouterr()
        return printed.err if status else printed.out

    return run


def project_of(client: LabelStudioClient) -> Json:
    project = client.find_project(TITLE)
    assert project is not None
    return project


def tasks_of(client: LabelStudioClient, round_no: int) -> list[Json]:
    """Tasks of a round, without the gold questions."""
    tasks = [task for page in client.tasks(project_of(client)["id"]) for task in page]
    return [task for task in tasks if task["data"]["round"] == round_no and task["data"]["text"] in TRUTH]


def queued(database: psycopg.Connection[Row], text: str) -> Row:
    row = database.execute("select * from public.annotation_queue where item_text = %s", [text]).fetchone()
    assert row is not None
    return row


def statuses(database: psycopg.Connection[Row], text: str) -> list[tuple[str, str]]:
    query = "select annotator, status from public.item_annotations where item_text = %s order by annotation_id"
    return [(row["annotator"].partition("@")[0], row["status"]) for row in database.execute(query, [text]).fetchall()]


def finished(database: psycopg.Connection[Row]) -> dict[str, str]:
    rows = database.execute("select item_text, category_code from public.finished_annotations").fetchall()
    return {row["item_text"]: row["category_code"] for row in rows}


def test_names_are_pushed_and_answers_pulled(run, client, people, database, tmp_path):
    ann, ben, cho = people
    strict = ("--gold-answers", "4")
    push = ("push", "--limit", str(len(TRUTH)), "--gold", "1")
    assert "8 tasks created, 4 gold questions" in run(*push)

    project = project_of(client)
    choices = [choice.attrib for choice in ElementTree.fromstring(project["label_config"]).iter("Choice")]
    labels = database.execute("select code, name_ko from public.categories order by sort").fetchall()
    assert [(choice["alias"], choice["value"]) for choice in choices[:-1]] == [tuple(row.values()) for row in labels]
    assert [task["data"]["text"] for task in tasks_of(client, 1)] == list(TRUTH)  # the most frequent first
    assert [queued(database, text)["times_seen"] for text in TRUTH] == list(NAMES.values())
    model = CategoryClassifier.load(CATEGORY_DIR)
    guesses = [prediction.code for prediction in model.predict(list(TRUTH))]
    assert [guess_of(task) for task in tasks_of(client, 1)] == guesses

    # A push that was interrupted before it marked the tasks as pushed.
    database.execute("update public.annotation_queue set pushed_at = null where pushed_at is not null")
    assert "0 tasks created" in run(*push)
    assert len(tasks_of(client, 1)) == len(TRUTH)

    # One annotator is not enough; the second one confirms every suggestion, gold questions too.
    offered = ann.tasks(project["id"], knows, {})
    assert [text in TRUTH for text in offered] == [True, False] * 4
    assert "0 finished tasks; 0 new answers" in run("pull")
    assert len(cho.tasks(project["id"], guess_of, {})) == 8
    assert "8 finished tasks; 16 new answers" in run("pull", *strict)
    assert "0 new answers" in run("pull", *strict)
    for text in TRUTH:
        assert statuses(database, text) == [("ann", "returned"), ("cho", "returned")]
        assert (queued(database, text)["round"], queued(database, text)["pushed_at"]) == (2, None)
    assert finished(database) == {}
    assert "does not count: too many gold questions wrong" in run("quality", *strict)

    # So all names are asked again; ann skips one and disagrees with the other annotator on another.
    again = run("exchange", *strict, "--limit", "4", "--gold", "0")
    assert "0 new answers" in again
    assert "4 tasks created, 0 gold questions" in again
    assert len(tasks_of(client, 2)) == len(TRUTH)
    new_name = {"구름결 요거": "구름결 요거트 90g"}
    ann.tasks(project["id"], lambda task: None if task["data"]["text"] == "노을빛 모음" else knows(task), new_name)
    ben.tasks(
        project["id"], lambda task: "bakery" if task["data"]["text"] == "무지개별 크런" else knows(task), new_name
    )
    assert "6 new answers" in run("pull", *strict)
    assert finished(database) == {"구름결 요거": "dairy", MASKED: "alcohol"}
    assert statuses(database, "무지개별 크런")[2:] == [("ann", "returned"), ("ben", "returned")]
    assert queued(database, "무지개별 크런")["round"] == 3
    assert queued(database, "노을빛 모음")["pushed_at"] is not None
    assert "0 new answers" in run("pull", *strict)
    assert queued(database, "무지개별 크런")["round"] == 3
    (when,) = database.execute(
        "select min(annotated_at) <= max(pulled_at) as ok from public.item_annotations"
    ).fetchall()
    assert when["ok"]

    report = run("quality", *strict)
    assert "ann@example.com and ben@example.com" in report
    # After three rounds without agreement a name is not asked again.
    database.execute("update public.annotation_queue set round = 4 where item_text = '무지개별 크런'")
    assert run("quality", *strict).strip().endswith("decide by hand: 무지개별 크런")
    run("push", "--limit", "1", "--gold", "0")
    assert tasks_of(client, 4) == []

    data = tmp_path / "data"
    shutil.copytree(dataset.DATA_DIR, data)
    before = dataset.load(data)
    assert "dairy\t구름결요거트\t구름결 요거트 90g" in run("extend", "--data", str(data))
    assert [example.name for example in set(dataset.load(data)) - set(before)] == ["구름결 요거트 90g"]
    assert run("extend", "--data", str(data)).startswith("0 names added")


def guessed_by(client: LabelStudioClient) -> dict[str, str]:
    """The version of the model that made the suggestion, by the text of the task."""
    tasks = [task for page in client.tasks(project_of(client)["id"]) for task in page]
    return {task["data"]["text"]: task["data"]["model_version"] for task in tasks}


def test_a_doubt_about_a_date_or_a_price_does_not_queue_the_name(run, client, bought, database):
    familiar, unfamiliar = "구름목장 서울우유 1L", "뷁뛟 뀳쯃"
    buy(database, bought, {familiar: 500, unfamiliar: 500}, confidence=0.97)
    run("push", "--gold", "0")
    assert queued(database, unfamiliar)["reason"] == "uncertain"
    assert unfamiliar in guessed_by(client)
    assert familiar not in guessed_by(client)


def test_the_served_model_makes_the_suggestions(run, client, bought, database, tmp_path, monkeypatch):
    early, late = "쯃뷁 뛟뀳", "뀳쯃 뷁뛟"
    packaged = CategoryClassifier.load(CATEGORY_DIR).version
    monkeypatch.setenv("RELEASE_URI", tmp_path.as_uri())
    for name, version in ((early, packaged), (late, "served-1")):
        buy(database, bought, {name: 500}, confidence=0.31)
        run("push", "--gold", "0")
        assert guessed_by(client)[name] == version
        publish(PublishingStore(tmp_path.as_uri()), CATEGORY_DIR, "served-1")
    (tmp_path / "category" / "served-1" / "item_classifier.onnx").write_bytes(b"damaged")
    assert "served-1 can no longer be used" in run("push", status=1)


@pytest.fixture
def crops(make_user, read_receipt, database) -> Iterator[list[str]]:
    """Two crops of lines whose names a consenting user corrected; their ids, the oldest first."""
    user = make_user()
    user.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
    _, items = read_receipt(user)
    ids = []
    for item, text in zip(items, ("서울우유 1L", "두부 300g"), strict=False):
        user.supabase.rpc("correct_receipt_item", {"receipt_item_id": str(item["id"]), "name": "이름"}).execute()
        row = database.execute(
            "update private.reading_samples set line_text = %s, confidence = 0.9 where receipt_item_id = %s "
            "returning id",
            [text, item["id"]],
        ).fetchone()
        database.execute("insert into private.reading_crops (sample_id, png) values (%s, %s)", [row["id"], PNG])
        ids.append(str(row["id"]))
    yield ids
    database.execute("delete from auth.users where id = %s", [user.user_id])


def line_tasks(client: LabelStudioClient) -> dict[str, Json]:
    """Tasks of lines by their sample."""
    project = client.find_project(transcription.TITLE)
    return {str(task["data"].get("sample_id")): task for page in client.tasks(project["id"]) for task in page}


def type_text(person: Person, task: Json, *texts: str) -> None:
    result = [part("text", "textarea", {"text": list(texts)}) | {"to_name": "image"}]
    person.http.post(f"/api/tasks/{task['id']}/annotations/", json={"result": result}).raise_for_status()


def test_lines_are_transcribed_and_leave_label_studio_when_finished(run, client, people, database, crops, monkeypatch):
    ann, ben, _ = people
    monkeypatch.setattr("model_export.annotation.label_studio.PAGE", 1)
    assert run("lines").startswith("2 lines pushed, 0 new transcriptions")
    assert run("lines").startswith("0 lines pushed"), "each once"
    tasks = line_tasks(client)
    assert set(crops) <= tasks.keys()
    image = tasks[crops[0]]["data"]["image"].partition("base64,")[2]
    assert base64.b64decode(image) == PNG
    (start,) = tasks[crops[0]]["predictions"]
    assert start["result"][0]["value"]["text"] == ["서울우유 1L"]

    typed = {crops[0]: ("서울무유 1L", "서울무유1L"), crops[1]: ("두부 010-1234-5678", "두부 300g")}
    for sample, texts in typed.items():
        type_text(ann, tasks[sample], texts[0])
    assert "0 new transcriptions, 0 finished tasks" in run("lines"), "one annotator has not finished a task"
    for sample, texts in typed.items():
        type_text(ben, tasks[sample], texts[1])
    assert "3 new transcriptions, 2 finished tasks and 0 of withdrawn crops deleted" in run("lines")
    assert not line_tasks(client).keys() & set(crops)
    assert run("lines").startswith("0 lines pushed, 0 new transcriptions"), "and are not asked again"
    rows = database.execute("select sample_id::text, line_text from private.transcribed_lines").fetchall()
    assert {row["sample_id"]: row["line_text"].replace(" ", "") for row in rows if row["sample_id"] in crops} == {
        crops[0]: "서울무유1L"
    }, "personal data is not stored"
    assert "2 lines transcribed, 100.0% of the pairs alike" in run("quality")
    database.execute("delete from private.reading_samples where id = %s", [crops[0]])
    stored = database.execute("select 1 from public.line_transcriptions where sample_id = %s", [crops[0]]).fetchall()
    assert stored == []


def test_withdrawn_lines_go_first_and_tasks_that_are_not_readable_stop_nothing(
    run, client, people, database, crops, monkeypatch
):
    ann, ben, _ = people
    monkeypatch.setattr("model_export.annotation.label_studio.PAGE", 2)
    assert run("lines").startswith("2 lines pushed")
    project = client.find_project(transcription.TITLE)["id"]
    bad = ["no id", 7, None, ["a"], {"id": 1}]
    client.import_tasks(project, [{"data": {"image": "data:,", "sample_id": sample}} for sample in bad])
    client.import_tasks(project, [{"data": {"image": "data:,"}}])
    tasks = line_tasks(client)
    for person in (ann, ben):
        type_text(person, tasks[crops[1]], "두부 \x00300g")  # Postgres stores no such character
        type_text(person, tasks["no id"], "두부")

    # Whatever fails later: the crop of a user who withdrew has left.
    database.execute("delete from private.reading_samples where id = %s", [crops[0]])
    with monkeypatch.context() as patch:
        patch.setattr(LabelStudioClient, "emails", lambda _: (_ for _ in ()).throw(LabelStudioDown("down")))
        assert "down" in run("exchange", status=1)
    assert crops[0] not in line_tasks(client)

    assert "0 finished tasks and 0 of withdrawn crops deleted" in run("lines")
    left = line_tasks(client)
    assert {crops[1], *map(str, bad)} <= left.keys()
    database.execute("delete from private.reading_samples where id = %s", [crops[1]])
    assert "and 1 of withdrawn crops deleted" in run("lines")
    assert crops[1] not in line_tasks(client)
    for task in line_tasks(client).values():
        client.delete_task(task["id"])
        client.delete_task(task["id"])  # an interrupted exchange repeats it


def test_failures_have_clear_messages(run, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_TOKEN", "no.such.token")
    assert "rejects the personal access token" in run("push", status=1)
    monkeypatch.setenv("LABEL_STUDIO_URL", f"http://127.0.0.1:{free_port()}")
    assert "does not answer" in run("pull", status=1)
    monkeypatch.delenv("DATABASE_URL")
    assert "Set DATABASE_URL" in run("quality", status=1)
