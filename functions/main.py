"""The entry points that Google Cloud calls. Each only checks the caller, reads the request and hands over."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

import functions_framework
import structlog
from flask import Request
from supabase import Client

from functions.accounts.wiring import Cleaning, build_cleaning
from functions.barcode.haccp.load import BulkIndex, build_bulk_index
from functions.barcode.lookup import Lookup
from functions.barcode.naming import Naming
from functions.barcode.settings import BarcodeSettings
from functions.barcode.wiring import build_lookup
from functions.core import logs
from functions.core.auth import UserTokens
from functions.core.concurrency import together
from functions.core.cors import open_to_pages
from functions.core.errors import BadRequest
from functions.core.http import json_endpoint, read_json, require_method, require_secret
from functions.core.request_counts import Tally
from functions.core.settings import Settings, WebhookSettings
from functions.core.supabase import UserApi, connect
from functions.receipts.corrections import Correction, correct
from functions.receipts.process import Pipeline
from functions.receipts.wiring import build_pipeline

logs.configure()


@cache
def settings() -> Settings:
    return Settings()


@cache
def webhook_settings() -> WebhookSettings:
    return WebhookSettings()


@cache
def service() -> Client:
    return connect(settings())


tally = Tally(service)


@cache
def pipeline() -> Pipeline:
    return build_pipeline(settings())


@cache
def user_tokens() -> UserTokens:
    return UserTokens.of(settings())


@cache
def user_api() -> UserApi:
    return UserApi(settings())


@cache
def cleaning() -> Cleaning:
    return build_cleaning(settings())


@cache
def barcode_settings() -> BarcodeSettings:
    return BarcodeSettings()


@cache
def lookup() -> Lookup:
    return build_lookup(settings(), barcode_settings())


@cache
def bulk_index() -> BulkIndex:
    return build_bulk_index(settings(), barcode_settings())


def app_origins() -> frozenset[str]:
    return settings().app_origins


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars()["request_id"])


@functions_framework.http
@tally.counted
@json_endpoint
def receipt_uploaded(request: Request) -> dict[str, Any]:
    """Webhook of the upload trigger: `POST {"receipt_id": uuid}`. A hint; losing or repeating it does no harm."""
    require_method(request, "POST")
    require_secret(request, "X-Webhook-Secret", webhook_settings().receipt_webhook_secret.get_secret_value())
    try:
        receipt_id = UUID(read_json(request)["receipt_id"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadRequest("`receipt_id` must be a UUID.") from error
    return {"receipt_id": str(receipt_id), "outcome": pipeline().process_one(receipt_id, _request_id())}


@functions_framework.http
@tally.counted
@json_endpoint
def receipt_sweep(request: Request) -> dict[str, Any]:
    """Scheduler, every minute: reads receipts that are due, looks up barcodes nobody knew yet, deletes what is due.

    Only the platform's IAM lets a caller in.
    """
    require_method(request, "POST")
    given, request_id, receipts = settings(), _request_id(), pipeline()
    # A watch may take its whole minute, and nobody should wait for a barcode or a deletion until then. Those are set up
    # within their own part: what is wrong with one keeps nobody from reading.
    counts, tidied, barcodes, deleted = together(
        lambda: receipts.sweep(
            request_id,
            budget_s=given.sweep_budget_s,
            workers=given.sweep_workers,
            poll_s=given.sweep_poll_s,
        ),
        receipts.tidy,
        lambda: lookup().drain(barcode_settings().barcode_sweep_budget_s),
        lambda: cleaning().sweep(budget_s=given.cleaning_budget_s),
    )
    return {**counts, **tidied, "barcodes": barcodes, "cleaning": deleted}


@functions_framework.http
@open_to_pages(app_origins, "POST")
@tally.counted
@json_endpoint
def category_feedback(request: Request) -> dict[str, Any]:
    """The app, as a user: `POST {"item_id": uuid, "category": code}`. Answers with the item as it is now."""
    require_method(request, "POST")
    user = user_tokens().verify(request)
    correction = Correction.read(read_json(request))
    return correct(user_api().acting_as(user), correction)


@functions_framework.http
@open_to_pages(app_origins, "GET", "POST")
@tally.counted
@json_endpoint
def barcode_lookup(request: Request) -> dict[str, Any]:
    """The app, as a user: `GET ?barcode=…` says what it is; `POST` tells us, where nobody knew (see `Naming`)."""
    if request.method == "POST":
        user = user_tokens().verify(request)
        naming = Naming.read(read_json(request))
        return lookup().name(naming.barcode, naming.name, naming.category, naming.quantity, user)
    require_method(request, "GET")
    user = user_tokens().verify(request)
    return lookup().answer(request.args.get("barcode", ""), user)


@functions_framework.http
@tally.counted
@json_endpoint
def product_index(request: Request) -> dict[str, Any]:
    """Scheduler, daily: loads the HACCP index when it is a week old, or goes on loading it. For the platform only."""
    require_method(request, "POST")
    barcode = barcode_settings()
    return bulk_index().refresh(max_age_s=barcode.haccp_refresh_s, budget_s=barcode.haccp_budget_s)
