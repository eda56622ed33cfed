"""Receipts from upload to done, and the services involved."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard

from infra.monitoring.dashboards import panels, promises

REQUESTS = 'ocr_requests_total{path="/v1/receipts"}'


def board() -> dashboard.Dashboard:
    """The dashboard."""
    board = panels.board("Jangbogi: pipeline", "jangbogi-pipeline", "Receipts from upload to done.")
    promises.add(board)
    board.with_row(panels.row("Receipts"))
    board.with_panel(panels.current("Open receipts", "sum(jangbogi_receipts_open)"))
    board.with_panel(
        panels.current(
            "Oldest due", "max(jangbogi_oldest_due_receipt_seconds)", 300, unit=panels.SECONDS,
            text="For how long a receipt has been due without being claimed. The sweep runs every minute.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.current("Oldest open", "max(jangbogi_oldest_open_receipt_seconds)", 3600, unit=panels.SECONDS)
    )
    board.with_panel(
        panels.current(
            "Dead letters in 24 hours", 'sum(jangbogi_receipts_failed_recent{dead_letter="true"}) or vector(0)', 1,
            text="Receipts whose attempts all failed.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Receipts in 24 hours by state", {"{{state}}": "sum by (state) (jangbogi_receipts_recent)"}, stacked=True
        )
    )
    board.with_panel(
        panels.lines(
            "Receipts in 24 hours by attempts", {"{{attempts}}": "sum by (attempts) (jangbogi_receipts_recent)"},
            stacked=True,
        )
    )  # fmt: skip
    board.with_panel(panels.lines("Open by state", {"{{state}}": "sum by (state) (jangbogi_receipts_open)"}))
    board.with_panel(
        panels.lines(
            "Failed in 24 hours by code", {"{{code}}": "sum by (code) (jangbogi_receipts_failed_recent)"}, stacked=True
        )
    )
    board.with_panel(
        panels.lines(
            "Upload to done", {"quantile {{quantile}}": "max by (quantile) (jangbogi_upload_to_done_seconds)"},
            unit=panels.SECONDS, text="Time of receipts uploaded in the last 24 hours.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Responses of the functions",
            {"{{function}} {{class}}": "sum by (function, class) (rate(jangbogi_api_answers_total[10m]))"},
            unit="reqps",
        )
    )
    board.with_row(panels.row("OCR service"))
    board.with_panel(
        panels.lines("Responses by status", {"{{status}}": f"sum by (status) (rate({REQUESTS}[10m]))"}, unit="reqps")
    )
    board.with_panel(
        panels.lines("Problems by code", {"{{code}}": "sum by (code) (rate(ocr_errors_total[10m]))"}, unit="reqps")
    )
    stage = "sum by (le, stage) (rate(ocr_stage_seconds_bucket[10m]))"
    board.with_panel(
        panels.lines(
            "Stage time (95th percentile)", {"{{stage}}": f"histogram_quantile(0.95, {stage})"}, unit=panels.SECONDS
        )
    )
    board.with_panel(
        panels.lines(
            "Queue", {"waiting": "sum(ocr_queue_depth)", "in flight": "sum(ocr_in_flight)"},
            text="waiting: requests queued for the engine. in flight: all accepted requests.",
        )
    )  # fmt: skip
    board.with_panel(panels.lines("Memory", {"{{instance}}": "process_resident_memory_bytes"}, unit="bytes"))
    board.with_row(panels.row("Accounts"))
    board.with_panel(
        panels.current(
            "Oldest pending deletion", "max(jangbogi_account_deletion_oldest_seconds)", 86400, unit=panels.SECONDS,
            text="Age of the oldest account deletion request that is not completed. A few minutes are normal.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.current(
            "Deletions set aside", "max(jangbogi_deletions_set_aside)", 1,
            text="Receipts whose deletion failed and is tried again later. None is normal.",
        )
    )  # fmt: skip
    board.with_row(panels.row("Monitoring"))
    board.with_panel(panels.lines("Database reachable by the exporter", {"up": "max(jangbogi_database_up)"}))
    board.with_panel(panels.lines("Snapshot time", {"seconds": "max(jangbogi_snapshot_seconds)"}, unit=panels.SECONDS))
    return board
