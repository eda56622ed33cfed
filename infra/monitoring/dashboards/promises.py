"""The success criteria of the product, as they are shown and asked for in one place."""

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
ACCURACY_BY_MONTH = """
  sum by (month) (jangbogi_reviewed_items_by_month{result="right"}) / sum by (month) (jangbogi_reviewed_items_by_month)
"""


def add(board: dashboard.Dashboard) -> dashboard.Dashboard:
    """The row of promises, over four weeks, and accuracy by month."""
    return (
        board.with_row(panels.row("What the product promises (four weeks)"))
        .with_panel(
            panels.goal(
                "Photos processed (≥ 95 %)", PHOTOS_PROCESSED, 0.95, unit=panels.SHARE,
                text="Of the photos that were processed or failed for good. A photo that its user replaced is none.",
            )
        )
        .with_panel(
            panels.goal(
                "Items categorised without correction (≥ 80 %)", UNCORRECTED, 0.8, unit=panels.SHARE,
                text="Of the items that users reviewed: the category they were offered was kept.",
            )
        )
        .with_panel(
            panels.goal(
                "Right items a photo (≥ 3)", RIGHT_ITEMS, 3, unit=panels.COUNT,
                text="Items added to the inventory as they were offered, name and category, by reviewed photo.",
            )
        )
        .with_panel(
            panels.goal(
                "API success (≥ 99 %)", API_SUCCESS, 0.99, unit=panels.SHARE,
                text="Answers of the functions that are no server errors.",
            )
        )
        .with_panel(
            panels.by_month(
                "Accuracy by month", ACCURACY_BY_MONTH, width=panels.WIDTH,
                text="Share of the reviewed items whose predicted category was right, by month of upload.",
            )
        )
    )  # fmt: skip
