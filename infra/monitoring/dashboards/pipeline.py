"""Receipts from upload to done, and the services they pass."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard

from infra.monitoring.dashboards import panels, promises

ANSWERED = 'ocr_requests_total{path="/v1/receipts"}'


def board() -> dashboard.Dashboard:
    """The dashboard."""
    board = panels.board("Jangbogi: pipeline", "jangbogi-pipeline", "Receipts from upload to done.")
    promises.add(board)
    board.with_row(panels.row("Receipts"))
    board.with_panel(panels.figure("Open receipts", "sum(jangbogi_receipts_open)"))
    board.with_panel(
        panels.figure(
            "Oldest due", "max(jangbogi_oldest_due_receipt_seconds)", 300, unit=panels.SECONDS,
            text="How long a receipt has been due and nobody took it. The sweep runs every minute.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.figure("Oldest open", "max(jangbogi_oldest_open_receipt_seconds)", 3600, unit=panels.SECONDS)
    )
    board.with_panel(
        panels.figure(
            "Dead letters of 24 hours", 'sum(jangbogi_receipts_failed_recent{dead_letter="true"}) or vector(0)', 1,
            text="Receipts whose every attempt failed.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Receipts of 24 hours by state", {"{{state}}": "sum by (state) (jangbogi_receipts_recent)"}, stacked=True
        )
    )
    board.with_panel(
        panels.lines(
            "Receipts of 24 hours by attempts", {"{{attempts}}": "sum by (attempts) (jangbogi_receipts_recent)"},
            stacked=True,
        )
    )  # fmt: skip
    board.with_panel(panels.lines("Open by state", {"{{state}}": "sum by (state) (jangbogi_receipts_open)"}))
    board.with_panel(
        panels.lines(
            "Failed of 24 hours by code", {"{{code}}": "sum by (code) (jangbogi_receipts_failed_recent)"}, stacked=True
        )
    )
    board.with_panel(
        panels.lines(
            "Upload to done", {"quantile {{quantile}}": "max by (quantile) (jangbogi_upload_to_done_seconds)"},
            unit=panels.SECONDS, text="Of receipts uploaded in the last 24 hours.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Answers of the functions",
            {"{{function}} {{class}}": "sum by (function, class) (rate(jangbogi_api_answers_total[10m]))"},
            unit="reqps",
        )
    )
    board.with_row(panels.row("OCR service"))
    board.with_panel(
        panels.lines("Answers by status", {"{{status}}": f"sum by (status) (rate({ANSWERED}[10m]))"}, unit="reqps")
    )
    board.with_panel(
        panels.lines("Problems by code", {"{{code}}": "sum by (code) (rate(ocr_errors_total[10m]))"}, unit="reqps")
    )
    stage = "sum by (le, stage) (rate(ocr_stage_seconds_bucket[10m]))"
    board.with_panel(
        panels.lines(
            "Time of each stage, 95 %", {"{{stage}}": f"histogram_quantile(0.95, {stage})"}, unit=panels.SECONDS
        )
    )
    board.with_panel(
        panels.lines(
            "Queue", {"waiting": "sum(ocr_queue_depth)", "in flight": "sum(ocr_in_flight)"},
            text="Requests that wait for the engine, and all that hold a place.",
        )
    )  # fmt: skip
    board.with_panel(panels.lines("Memory", {"{{instance}}": "process_resident_memory_bytes"}, unit="bytes"))
    board.with_row(panels.row("Accounts"))
    board.with_panel(
        panels.figure(
            "Oldest deletion", "max(jangbogi_account_deletion_oldest_seconds)", 86400, unit=panels.SECONDS,
            text="How long a user who asked to be deleted has been waiting. Minutes are usual.",
        )
    )  # fmt: skip
    board.with_row(panels.row("Monitoring itself"))
    board.with_panel(panels.lines("Database answers the exporter", {"up": "max(jangbogi_database_up)"}))
    board.with_panel(
        panels.lines("Time of a snapshot", {"seconds": "max(jangbogi_snapshot_seconds)"}, unit=panels.SECONDS)
    )
    return board
