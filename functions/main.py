"""The entry points that Google Cloud calls. Each checks the caller, reads the request and delegates."""

from __future__ import annotations

from functions.core import startup

# isort: split
from typing import Any

import functions_framework
from flask import Request, Response, current_app, has_app_context
from supabase import Client

from functions.accounts.deletion import DueDeletions
from functions.accounts.wiring import build_due_deletions
from functions.barcode.connections import Connections
from functions.barcode.haccp.load import BulkIndex
from functions.barcode.haccp.wiring import build_bulk_index
from functions.barcode.lookup import Lookup
from functions.barcode.name_request import NameRequest
from functions.barcode.settings import BarcodeSettings
from functions.barcode.store import ProductStore
from functions.barcode.wiring import build_lookup
from functions.canary.canary import Canary
from functions.canary.wiring import build_canary
from functions.core import logs, tracing
from functions.core.auth import UserTokens
from functions.core.bodies import LimitedBodies, arrived_at
from functions.core.concurrency import once, run_concurrently
from functions.core.cors import cors
from functions.core.http import json_endpoint, request_id_of, require_method, require_secret
from functions.core.openapi import described
from functions.core.request_counts import RequestCounter
from functions.core.settings import Settings, TracingSettings, WebhookSettings
from functions.core.supabase import UserApi, connect
from functions.ocr.client import OcrClient
from functions.receipts.corrections import Correction, correct
from functions.receipts.process import Pipeline
from functions.receipts.reading_samples import ReadingSamples
from functions.receipts.webhook import Notice, Relay
from functions.receipts.wiring import build_pipeline, build_reading_samples
from functions.reminders import unsubscribe
from functions.reminders.digest import Reminders
from functions.reminders.settings import ReminderSettings
from functions.reminders.wiring import build_reminders

tracing_settings = TracingSettings()
logs.configure(tracing_settings.traces_project)
tracing.configure(tracing_settings)

if has_app_context():  # The framework loads this module within its application.
    current_app.wsgi_app = LimitedBodies(current_app.wsgi_app)  # type: ignore[method-assign]

# Each of these is built by the first request that needs it, and lives as long as the process.


@once
def settings() -> Settings:
    return Settings()


@once
def webhook_settings() -> WebhookSettings:
    return WebhookSettings()


@once
def barcode_settings() -> BarcodeSettings:
    return BarcodeSettings()


@once
def supabase() -> Client:
    return connect(settings())


@once
def user_api() -> UserApi:
    return UserApi.from_settings(settings())


@once
def user_tokens() -> UserTokens:
    return UserTokens.from_settings(settings())


@once
def ocr() -> OcrClient:
    return OcrClient.connect(settings())


@once
def provider_connections() -> Connections:
    return Connections()


@once
def pipeline() -> Pipeline:
    return build_pipeline(settings(), supabase(), ocr())


@once
def reading_samples() -> ReadingSamples:
    return build_reading_samples(settings(), supabase(), ocr())


@once
def relay() -> Relay:
    return Relay()


@once
def lookup() -> Lookup:
    return build_lookup(barcode_settings(), ProductStore(supabase(), user_api()), provider_connections(), ocr())


@once
def bulk_index() -> BulkIndex:
    return build_bulk_index(barcode_settings(), supabase(), provider_connections())


@once
def due_deletions() -> DueDeletions:
    return build_due_deletions(settings(), supabase())


@once
def canary_of_project() -> Canary:
    return build_canary(settings(), supabase(), user_api())


@once
def reminder_settings() -> ReminderSettings:
    return ReminderSettings()


@once
def due_reminders() -> Reminders:
    return build_reminders(reminder_settings(), supabase())


def app_origins() -> frozenset[str]:
    return settings().app_origins


request_counter = RequestCounter(supabase)


@functions_framework.http
@request_counter.count
@json_endpoint
def receipt_uploaded(request: Request) -> dict[str, Any]:
    """Webhook of the upload trigger: `POST {"receipt_id": uuid}`. Losing or repeating a call is harmless."""
    require_method(request, "POST")
    secret = webhook_settings().receipt_webhook_secret.get_secret_value()
    require_secret(request, "X-Webhook-Secret", secret)
    notice = Notice.read(request)
    if notice.read_now:
        outcome = pipeline().process_one(notice.receipt_id, request_id_of(request))
    else:
        relay().pass_on(request, notice.receipt_id, secret)
        outcome = "passed_on"
    return {"receipt_id": str(notice.receipt_id), "outcome": outcome}


@functions_framework.http
@request_counter.count
@json_endpoint
def receipt_sweep(request: Request) -> dict[str, Any]:
    """Scheduler, every minute: reads due receipts, looks up queued barcodes, deletes and crops what is due.

    Access is controlled by the platform's IAM.
    """
    require_method(request, "POST")
    core, request_id, receipts = settings(), request_id_of(request), pipeline()
    # Polling the queue may take the whole minute, and barcodes and deletions must not wait that long. They are built
    # inside their own task, so that a wrong setting of theirs does not stop receipts.
    outcomes, recovery_counts, barcodes, deletions, counted, samples = run_concurrently(
        lambda: receipts.sweep(
            request_id,
            budget_s=core.sweep_budget_s,
            workers=core.sweep_workers,
            poll_s=core.sweep_poll_s,
        ),
        receipts.recover_lost,
        lambda: lookup().look_up_queued(barcode_settings().barcode_sweep_budget_s),
        lambda: due_deletions().delete_due(budget_s=core.deletion_budget_s),
        lambda: receipts.count(core.count_budget_s),
        lambda: reading_samples().collect(),
    )
    return {
        **outcomes,
        **recovery_counts,
        "barcodes": barcodes,
        "deletions": deletions,
        "counted": counted,
        "reading_samples": samples,
    }


@functions_framework.http
@cors(app_origins, "POST")
@described
@request_counter.count
@json_endpoint
def category_feedback(request: Request) -> dict[str, Any]:
    """The app, as a user: `POST {"receipt_item_id": uuid, "category": code}`. Returns the updated item."""
    require_method(request, "POST")
    user = user_tokens().verify(request)
    return correct(user_api(), user, Correction.read(request))


@functions_framework.http
@cors(app_origins, "GET", "POST")
@described
@request_counter.count
@json_endpoint
def barcode_lookup(request: Request) -> dict[str, Any]:
    """The app, as a user: `GET ?barcode=…` looks up a product; `POST` names an unknown one, see `NameRequest`."""
    if request.method == "POST":
        user = user_tokens().verify(request)
        body = NameRequest.read(request)
        return lookup().add_name(body.barcode, body.name, body.category, body.quantity, user)
    require_method(request, "GET", also="POST")
    user = user_tokens().verify(request)
    return lookup().answer(request.args.get("barcode", ""), user, arrived_at(request))


@functions_framework.http
@request_counter.count
@json_endpoint
def product_index(request: Request) -> dict[str, Any]:
    """Scheduler, daily: resumes loading the HACCP index, or loads it again if it is too old.

    Access is controlled by the platform's IAM.
    """
    require_method(request, "POST")
    barcode = barcode_settings()
    return bulk_index().refresh(max_age_s=barcode.haccp_refresh_s, budget_s=barcode.haccp_budget_s)


@functions_framework.http
@request_counter.count
@json_endpoint
def canary(request: Request) -> dict[str, Any]:
    """Scheduler, every 15 minutes: a receipt of the canary's own user goes through the whole pipeline.

    Access is controlled by the platform's IAM.
    """
    require_method(request, "POST")
    return canary_of_project().run()


@functions_framework.http
@request_counter.count
@json_endpoint
def reminders(request: Request) -> dict[str, Any]:
    """Scheduler, every five minutes: sends the reminders of use-by dates that are due.

    Access is controlled by the platform's IAM.
    """
    require_method(request, "POST")
    return due_reminders().run(budget_s=reminder_settings().reminder_budget_s)


@functions_framework.http
@request_counter.count
def reminder_unsubscribe(request: Request) -> Response:
    """The link in reminders by mail: `GET ?token=…` shows a button, `POST ?token=…` ends the mails."""
    return unsubscribe.respond(request, supabase())


startup.finish()
