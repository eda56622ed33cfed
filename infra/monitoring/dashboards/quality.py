"""The quality of the category model: users' corrections, confidence, drift and model releases."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard

from infra.monitoring.dashboards import panels, promises


def share(metric: str, condition: str, *, by: str, among: str = "") -> str:
    """PromQL for the share of a metric's sum that meets a condition on its labels."""
    both = ",".join(part for part in (among, condition) if part)
    return f"sum by ({by}) ({metric}{{{both}}}) / sum by ({by}) ({metric}{{{among}}})"


def board() -> dashboard.Dashboard:
    """The dashboard."""
    board = panels.board("Jangbogi: model quality", "jangbogi-quality", "Predicted categories and users' corrections.")
    reviewed, week, month = "jangbogi_reviewed_items", 'window="7d"', 'window="28d"'
    board.with_row(panels.row("Users' reviews"))
    board.with_panel(
        panels.goal(
            "Categorised without correction (≥ 80 %)", promises.UNCORRECTED, 0.8, unit=panels.SHARE, width=8,
            text="28 days. Includes categories from users' aliases and from barcodes.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.goal("Right items per photo (≥ 3)", promises.RIGHT_ITEMS, 3, unit=panels.COUNT, width=8, text="28 days.")
    )
    board.with_panel(
        panels.goal(
            "Photos with at least three right items",
            'sum(jangbogi_photos_with_three_right_items{window="28d"}) / sum(jangbogi_photos_reviewed{window="28d"})',
            0.8, unit=panels.SHARE, width=8, text="Share of the photos reviewed in 28 days.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.by_month(
            "Audited accuracy by month, with interval and goal", promises.AUDITED_ACCURACY,
            text="Of the random audit samples that annotators decided, by month of upload.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.by_month(
            "Kept by users, by month", promises.KEPT_BY_MONTH, text="Of reviewed items, by month of upload."
        )
    )
    board.with_panel(
        panels.lines(
            "Accuracy by model (7 days)",
            {"{{model_version}}": share(reviewed, 'result="right"', by="model_version", among=week)},
            unit=panels.SHARE, text="Share of the reviewed items whose predicted category the user kept.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Correction rate by category",
            {"{{category}}": share(reviewed, 'result="corrected"', by="category", among=month)},
            unit=panels.SHARE, text="28 days, by predicted category.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Correction rate by model",
            {"{{model_version}}": share(reviewed, 'result="corrected"', by="model_version", among=week)},
            unit=panels.SHARE, text="Of the items reviewed in 7 days.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Reviewed items (7 days)", {"{{result}}": f"sum by (result) ({reviewed}{{{week}}})"}, stacked=True,
            text="right: the user kept the prediction. known: the user kept the category of their alias or of the "
            "barcode. corrected: the user chose another category.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines("Feedback per day", {"{{kind}}": 'sum by (kind) (jangbogi_feedback{window="1d"})'}, stacked=True)
    )
    board.with_panel(
        panels.lines(
            "Other changes by users",
            {
                "{{field}}": f"sum by (field) (jangbogi_item_changes{{{month}}})"
                f" / on () group_left sum({reviewed}{{{month}}})"
            },
            unit=panels.SHARE, text="Share of the items reviewed in 28 days, by the field that users changed.",
        )
    )  # fmt: skip
    names = "jangbogi_reading_names"
    board.with_panel(
        panels.lines(
            "Names read (transcribed)",
            {
                "{{model_version}} {{store}}":
                f'sum by (model_version, store) ({names}{{result=~"kept|renamed"}})'
                f" / sum by (model_version, store) ({names})",
            },
            unit=panels.SHARE,
            text="On reviewed items of users who agreed to it, of eight weeks: names that users kept, or changed "
            "although annotators read the line as the recogniser did. Lines without a transcription count as misread.",
        )
    )  # fmt: skip
    board.with_row(panels.row("Predictions"))
    board.with_panel(
        panels.lines(
            "Uncertain items", {"{{version}}": _share_of_rate("ocr_items_total", 'uncertain="true"', "version")},
            unit=panels.SHARE, text="Share of the items that the app marks uncertain.",
        )
    )  # fmt: skip
    confidence = "sum by (le, version) (rate(ocr_item_confidence_bucket[1h]))"
    board.with_panel(
        panels.lines(
            "Confidence",
            {
                f"{name} {{{{version}}}}": f"histogram_quantile({quantile}, {confidence})"
                for name, quantile in (("median", 0.5), ("lowest tenth", 0.1))
            },
            unit=panels.SHARE,
        )
    )
    board.with_panel(
        panels.lines(
            "Predicted categories (7 days)", {"{{category}}": f"sum by (category) (jangbogi_items{{{week}}})"},
            stacked=True,
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Agreement of challenger and champion",
            {"{{challenger}}": _share_of_rate("ocr_shadow_agreement_total", 'agree="true"', "challenger")},
            unit=panels.SHARE, text="Only in shadow mode, while a challenger is published.",
        )
    )  # fmt: skip
    board.with_row(panels.row("Drift and model releases"))
    board.with_panel(
        panels.lines(
            "Drift (PSI)", {"{{feature}}": "max by (feature) (jangbogi_drift_psi)"},
            text="Population stability index against the training distribution; above 0.25 is a shift.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Drift (Jensen-Shannon, bits)", {"{{feature}}": "max by (feature) (jangbogi_drift_js)"},
            text="0 for equal distributions, 1 for disjoint ones.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines(
            "Model that drift is measured against", {"{{version}}": "max by (version) (jangbogi_drift_reference)"},
            text="Empty if the champion has no training distribution; drift is not measured then.",
        )
    )  # fmt: skip
    board.with_panel(
        panels.lines("Models in use", {"{{model}} {{version}}": "count by (model, version) (ocr_model_info)"})
    )
    board.with_panel(
        panels.lines("Refused releases", {"{{reason}}": "sum by (reason) (increase(ocr_release_refused_total[1h]))"})
    )
    return board


def _share_of_rate(metric: str, condition: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}{{{condition}}}[1h])) / sum by ({by}) (rate({metric}[1h]))"
