"""The Label Studio project: its configuration, its tasks, and the content of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Xml

from model_export.annotation.label_studio import Json, LabelStudioClient

TITLE = "장보기 품목 분류"
INSTRUCTION = """\
<p>영수증에 찍힌 품목이 어느 분류에 드는지 골라 주세요. 미리 골라 둔 분류는 모델의 추측이며 틀릴 수 있습니다.</p>
<ul>
<li>무엇인지 알 수 없으면 <b>건너뛰기(Skip)</b>를 누르세요.</li>
<li>데이터에 없을 만한 새 상품이면 <b>새 상품명</b>을 고르고, 글자가 잘못 읽혔으면 바르게 고쳐 적어 주세요.</li>
<li>*로 가린 곳은 개인정보입니다. 무엇이었는지 짐작해 적지 마세요.</li>
</ul>"""
PREDICTED_BY = "category-model"
"""Name of all predictions: Label Studio shows those of one name only. The model's version is in the task's data."""

CATEGORY, KIND, NEW_NAME, TEXT = "category", "kind", "new_name", "text"


@dataclass(frozen=True)
class Label:
    """A category that annotators choose from."""

    id: int
    code: str
    name_ko: str


@dataclass(frozen=True)
class Answer:
    """One annotator's answer: a category code, and the product name if the annotator marked it as new."""

    code: str
    new_name: str | None


def configuration(labels: Sequence[Label]) -> str:
    """Label Studio's XML configuration for these labels. Answers contain codes; annotators see Korean names."""
    view = Xml.Element("View")
    Xml.SubElement(view, "Text", name=TEXT, value="$text")
    choices = Xml.SubElement(
        view, "Choices", name=CATEGORY, toName=TEXT, choice="single-radio", required="true", showInline="true"
    )
    for label in labels:
        Xml.SubElement(choices, "Choice", value=label.name_ko, alias=label.code)
    kind = Xml.SubElement(view, "Choices", name=KIND, toName=TEXT, choice="multiple", showInline="true")
    Xml.SubElement(kind, "Choice", value="새 상품명", alias=NEW_NAME)
    field = Xml.SubElement(view, "View", visibleWhen="choice-selected", whenTagName=KIND, whenChoiceValue=NEW_NAME)
    Xml.SubElement(field, "TextArea", name=NEW_NAME, toName=TEXT, value="$text", maxSubmissions="1", editable="true")
    return Xml.tostring(view, encoding="unicode")


def ensure(client: LabelStudioClient, labels: Sequence[Label], overlap: int) -> int:
    """Create the project, or update it to these labels and this overlap. Returns its id.

    Each task is shown to `overlap` annotators and is finished when all of them have answered.
    """
    settings: Json = {
        "label_config": configuration(labels),
        "maximum_annotations": overlap,
        "expert_instruction": INSTRUCTION,
        "show_instruction": True,
        "show_collab_predictions": True,
        "model_version": PREDICTED_BY,
        "enable_empty_annotation": False,
    }
    project = client.find_project(TITLE)
    if project is None:
        return int(client.create_project({"title": TITLE, **settings})["id"])
    if any(project.get(name) != value for name, value in settings.items()):
        client.update_project(project["id"], settings)
    return int(project["id"])


def task(text: str, text_key: str, round_no: int, guess: str, confidence: float, version: str) -> Json:
    """A task with its suggestion. `text_key` and round identify the question when the answers are pulled."""
    suggestion = {"from_name": CATEGORY, "to_name": TEXT, "type": "choices", "value": {"choices": [guess]}}
    return {
        "data": {"text": text, "text_key": text_key, "round": round_no, "model_version": version},
        "predictions": [{"model_version": PREDICTED_BY, "score": confidence, "result": [suggestion]}],
    }


def read_answer(text: str, result: Sequence[Json]) -> Answer | None:
    """The answer in an annotation's `result`; None if no category was chosen.

    A product marked as new without a corrected name keeps the printed name.
    """
    values: dict[str, Any] = {part["from_name"]: part["value"] for part in result}
    codes = values.get(CATEGORY, {}).get("choices", [])
    if len(codes) != 1:
        return None
    if NEW_NAME not in values.get(KIND, {}).get("choices", []):
        return Answer(codes[0], None)
    new_name = " ".join(values.get(NEW_NAME, {}).get("text", [])).strip()
    return Answer(codes[0], new_name or text)
