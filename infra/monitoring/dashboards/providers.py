"""Product providers for barcodes."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard

from infra.monitoring.dashboards import panels

ANSWERS = "jangbogi_provider_outcomes_total"
USABLE = 'outcome=~"hit|miss"'
CALLED = 'outcome=~"hit|miss|transient|invalid"'


def board() -> dashboard.Dashboard:
    """The dashboard."""
    board = panels.board("Jangbogi: providers", "jangbogi-providers", "Outcomes of product provider lookups.")
    board.with_row(panels.row("Barcodes"))
    calls = 'jangbogi_api_answers_total{function="barcode_lookup"}'
    failures = 'jangbogi_api_answers_total{function="barcode_lookup",class="5xx"}'
    board.with_panel(
        panels.goal(
            "Success of barcode_lookup in 24 hours (≥ 99 %)",
            f"1 - sum(increase({failures}[1d])) / sum(increase({calls}[1d]))", 0.99, unit=panels.SHARE,
            text="Share of responses that are not server errors; provider failures do not cause any.",
        )
    )  # fmt: skip
    board.with_panel(panels.current("Pending barcodes", "sum(jangbogi_barcode_lookups_waiting)"))
    board.with_panel(
        panels.current("Oldest due", "max(jangbogi_oldest_barcode_lookup_seconds)", 3600, unit=panels.SECONDS)
    )
    board.with_panel(
        panels.current(
            "Age of the product index", "max(jangbogi_product_index_age_seconds)", 14 * 86400, unit=panels.SECONDS
        )
    )
    board.with_panel(panels.current("Set aside by the product index", "max(jangbogi_product_index_set_aside)", 1))
    board.with_panel(panels.current("Reported product names", "max(jangbogi_product_names_reported)", 1))
    board.with_row(panels.row("Providers"))
    board.with_panel(
        panels.lines(
            "Outcomes per hour",
            {"{{provider}} {{outcome}}": f"sum by (provider, outcome) (increase({ANSWERS}[1h])) > 0"},
            width=panels.WIDTH, stacked=True,
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Usable responses",
            {
                "{{provider}}": f"sum by (provider) (increase({ANSWERS}{{{USABLE}}}[1h]))"
                f" / sum by (provider) (increase({ANSWERS}{{{CALLED}}}[1h]))"
            },
            unit=panels.SHARE, text="A response that the product is unknown is usable as well.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Known products",
            {
                "{{provider}}": f'sum by (provider) (increase({ANSWERS}{{outcome="hit"}}[1d]))'
                f" / sum by (provider) (increase({ANSWERS}{{{USABLE}}}[1d]))"
            },
            unit=panels.SHARE, text="Share of the usable responses of the last 24 hours that contain a product.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Held back",
            {"{{provider}} {{reason}}": 'max by (provider, reason) (jangbogi_provider_held_back{reason!="none"})'},
            text="1 while a provider is not called. breaker: it fails; closed, quota, auth: it said so; "
            "probe: one trial call.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Calls in the quota window",
            {"{{provider}}, {{period}}": "max by (provider, period) (jangbogi_provider_calls)"},
            text="By our count. The limits are settings of the functions.",
        )
    )
    return board
