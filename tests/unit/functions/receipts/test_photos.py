"""Downloading photos: a missing photo is told apart from a failing Storage."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest

from functions.core.errors import PhotoMissing, PhotoUnavailable
from functions.receipts.process import Pipeline
from functions.receipts.queue import Claim
from tests.support.scripted import Step, json_step, serving

ConnectPipeline = Callable[[str], AbstractContextManager[Pipeline]]

CLAIM = Claim(
    id=UUID(int=1),
    bucket="ocr",
    object_path="photo.jpg",
    attempts=1,
    lease_token=UUID(int=3),
    waited_s=0,
)


@pytest.mark.parametrize(
    "answer",
    [
        (503, {"Content-Type": "text/plain"}, b"upstream: host not found"),
        json_step(503, {"statusCode": "503", "error": "not_found", "message": "tenant config not found"}),
        (500, {"Content-Type": "text/html"}, b"<html>"),
    ],
)
def test_a_failing_storage_does_not_make_a_photo_missing(connect_pipeline: ConnectPipeline, answer: Step) -> None:
    with (
        serving(answer, answer) as server,
        connect_pipeline(server.url) as pipeline,
        pytest.raises(PhotoUnavailable) as error,
    ):
        pipeline.photos.download(CLAIM)
    assert not error.value.counts_attempt


def test_an_object_that_storage_does_not_have_is_missing(connect_pipeline: ConnectPipeline) -> None:
    not_found = json_step(400, {"statusCode": "404", "error": "not_found", "message": "Object not found"})
    with (
        serving(not_found) as server,
        connect_pipeline(server.url) as pipeline,
        pytest.raises(PhotoMissing),
    ):
        pipeline.photos.download(CLAIM)
