"""Crops of corrected lines, against a scripted server that stands for Supabase and the OCR service."""

from __future__ import annotations

import base64
import json
import uuid
from urllib.parse import unquote_plus

import pytest
import requests

from functions.core.settings import Settings
from functions.core.supabase import connect
from functions.ocr.client import OcrClient
from functions.receipts.wiring import build_reading_samples
from tests.support.scripted import Server, Step, json_step, serving

PHOTO = b"\xff\xd8\xff\xe0 and the rest of a JPEG"
JPEG: Step = (200, {"Content-Type": "image/jpeg"}, PHOTO)
LINE = json_step(200, {"line": {"text": "소금빵", "confidence": 0.9, "png": "aGk="}, "model_versions": {}})


def row(**changes: object) -> dict[str, object]:
    return {
        "id": str(uuid.uuid4()),
        "bucket": "ocr",
        "object_path": "user/photo.jpg",
        "name": "소금빵 2개",
        "box": [1, 2, 3, 4],
        **changes,
    }


def collect(server: Server) -> int:
    settings = Settings(
        supabase_url=server.url,
        supabase_secret_key="sb_secret_unit_test",
        supabase_publishable_key="sb_publishable_unit_test",
        ocr_service_url=server.url,
    )
    client = connect(settings)
    with requests.Session() as session:
        stored = build_reading_samples(settings, client, OcrClient(session, server.url)).collect()
    client.options.httpx_client.close()
    return stored


def test_the_name_travels_in_the_body_and_in_no_url() -> None:
    with serving(json_step(200, [row()]), JPEG, LINE, json_step(200, True)) as server:
        assert collect(server) == 1
    assert [unquote_plus(path).partition("?")[0] for path, _, _ in server.seen] == [
        "/rest/v1/rpc/claim_reading_samples",
        "/storage/v1/object/ocr/user/photo.jpg",
        "/v1/lines",
        "/rest/v1/rpc/store_reading_sample",
    ]
    for path, headers, _ in server.seen:
        assert "소금빵" not in unquote_plus(path)
        assert "소금빵" not in unquote_plus(str(headers))
    body = json.loads(server.seen[2][2])
    assert (body["name"], body["box"]) == ("소금빵 2개", [1, 2, 3, 4])
    assert base64.b64decode(body["image"]) == PHOTO


@pytest.mark.parametrize(
    "bad", [{}, "text", None, row(id="no id"), row(box=None), row(box=[1, 2]), row(name=7), row(object_path=None)]
)
def test_a_row_that_is_not_a_sample_stops_no_other(bad: object) -> None:
    with serving(json_step(200, [bad, row()]), JPEG, LINE, json_step(200, True)) as server:
        assert collect(server) == 1


@pytest.mark.parametrize(
    "answer",
    [json_step(200, {}), json_step(200, []), json_step(200, {"line": {"text": "a"}}), json_step(500, {}), None],
)
def test_an_answer_that_is_not_a_line_stops_no_other(answer: Step | None) -> None:
    script = (json_step(200, [row(), row()]), JPEG, answer, JPEG, LINE, json_step(200, True))
    with serving(*script) as server:
        assert collect(server) == 1
