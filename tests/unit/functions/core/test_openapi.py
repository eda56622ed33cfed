"""The description of the app's functions: complete, and served by each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from functions.barcode.name_request import NameRequest
from functions.core import openapi
from functions.core.errors import FunctionError, ReceiptError, SourceUnavailable
from functions.core.http import RequestBody
from functions.receipts.corrections import Correction

FUNCTIONS = ("barcode_lookup", "category_feedback")
ROOT = Path(__file__).resolve().parents[4]


def every_error(base: type[FunctionError]) -> Iterator[type[FunctionError]]:
    for error in base.__subclasses__():
        if error not in (ReceiptError, SourceUnavailable):  # of the sweep and of the product index
            yield error
            yield from every_error(error)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_serves_its_description_without_a_token(
    create_client: Callable[..., FlaskClient], function: str
) -> None:
    response = create_client(function).get("/openapi.json")
    assert response.status_code == 200
    assert json.loads(response.data) == openapi.description(function)
    assert list(openapi.description(function)["paths"]) == ["/"]


def test_every_function_of_the_app_and_every_error_is_described() -> None:
    document = json.loads(openapi.FILE.read_text(encoding="utf-8"))
    main = (ROOT / "functions" / "main.py").read_text(encoding="utf-8")
    for_users = re.findall(r"@cors\(.*\)\n(?:@.*\n)*def (\w+)", main)
    assert {f"/{name}" for name in for_users} == set(document["paths"]) == {f"/{name}" for name in FUNCTIONS}
    assert all(f"@described\n@request_counter.count\n@json_endpoint\ndef {name}" in main for name in for_users)
    text = json.dumps(document)
    assert [error.code for error in every_error(FunctionError) if f"`{error.code}`" not in text] == []
    statuses = {status for path in document["paths"].values() for each in path.values() for status in each["responses"]}
    assert {str(error.status) for error in every_error(FunctionError)} <= statuses


@pytest.mark.parametrize(("function", "body"), [("barcode_lookup", NameRequest), ("category_feedback", Correction)])
def test_bodies_are_described_as_they_are_validated(function: str, body: type[RequestBody]) -> None:
    content = openapi.description(function)["paths"]["/"]["post"]["requestBody"]["content"]
    described = content["application/json"]["schema"]
    actual = body.model_json_schema()
    assert set(described["properties"]) == set(actual["properties"])
    assert described["required"] == actual["required"]
    assert described["additionalProperties"] is actual["additionalProperties"] is False
    for name, field in actual["properties"].items():
        limits = next(iter(field.get("anyOf", [field])))
        for limit in ("minLength", "maxLength"):
            assert described["properties"][name].get(limit) == limits.get(limit), name


def test_a_wrong_method_names_the_right_ones(create_client: Callable[..., FlaskClient]) -> None:
    assert create_client("barcode_lookup").delete("/").headers["Allow"] == "GET, POST"
    assert create_client("category_feedback").get("/").headers["Allow"] == "POST"
