"""The success criteria of the product: their queries and their panels."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard

from infra.monitoring.dashboards import panels

PHOTOS_PROCESSED = 'sum(jangbogi_photos{window="28d",result="processed"}) / sum(jangbogi_photos{window="28d"})'
UNCORRECTED = """
  sum(jangbogi_reviewed_items{window="28d",result!="corrected"}) / sum(jangbogi_reviewed_items{window="28d"})
"""
RIGHT_ITEMS = 'sum(jangbogi_right_items{window="28d"}) / sum(jangbogi_photos_reviewed{window="28d"})'
API_SUCCESS = """
  1 - sum(increase(jangbogi_api_answers_total{class="5xx"}[28d])) / sum(increase(jangbogi_api_answers_total[28d]))
"""
KEPT_BY_MONTH = {
    "kept": 'sum by (month) (jangbogi_reviewed_items_by_month{result="right"})'
    " / sum by (month) (jangbogi_reviewed_items_by_month)"
}
AUDITED_ACCURACY = {
    "accuracy": 'max by (month) (jangbogi_audit_accuracy{bound="estimate"})',
    "at least": 'max by (month) (jangbogi_audit_accuracy{bound="low"})',
    "at most": 'max by (month) (jangbogi_audit_accuracy{bound="high"})',
    "goal": "max by (month) (jangbogi_audit_goal)",
}


def add(board: dashboard.Dashboard) -> dashboard.Dashboard:
    """Add the row of success criteria over 28 days, and the accuracy by month."""
    return (
        board.with_row(panels.row("What the product promises (28 days)"))
        .with_panel(
            panels.goal(
                "Photos processed (≥ 95 %)", PHOTOS_PROCESSED, 0.95, unit=panels.SHARE,
                text="Of the photos that were processed or failed permanently. Replaced photos do not count.",
            )
        )
        .with_panel(
            panels.goal(
                "Items categorised without correction (≥ 80 %)", UNCORRECTED, 0.8, unit=panels.SHARE,
                text="Share of the reviewed items whose offered category the user kept.",
            )
        )
        .with_panel(
            panels.goal(
                "Right items per photo (≥ 3)", RIGHT_ITEMS, 3, unit=panels.COUNT,
                text="Items added to the inventory with the offered name and category, per reviewed photo.",
            )
        )
        .with_panel(
            panels.goal(
                "API success (≥ 99 %)", API_SUCCESS, 0.99, unit=panels.SHARE,
                text="Share of the functions' responses that are not server errors.",
            )
        )
        .with_panel(
            panels.by_month(
                "Accuracy by month (goal: 80 %, each month 2 points more, up to 95 %)", AUDITED_ACCURACY,
                text="Of the random audit samples that annotators decided, by month of upload, with the 95 % interval.",
            )
        )
        .with_panel(
            panels.by_month(
                "Kept by users, by month", KEPT_BY_MONTH,
                text="Share of the reviewed items whose predicted category users kept, by month of upload. Items that "
                "were added without a look count as kept.",
            )
        )
    )  # fmt: skip
