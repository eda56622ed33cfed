"""The kinds of panels that the dashboards consist of."""

from __future__ import annotations

from grafana_foundation_sdk.builders import barchart, common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    DataTransformerConfig,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
SHARE, SECONDS, COUNT = "percentunit", "s", "short"
WIDTH = 24


def board(title: str, uid: str, text: str) -> dashboard.Dashboard:
    """An empty dashboard with a variable for its Prometheus data source."""
    return (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(text)
        .tags(["jangbogi"])
        .time("now-7d", "now")
        .refresh("1m")
        .timezone("Asia/Seoul")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )


def row(title: str) -> dashboard.Row:
    """A heading above the following panels."""
    return dashboard.Row(title)


def goal(title: str, expr: str, least: float, *, unit: str, text: str, width: int = 6) -> stat.Panel:
    """A current value, green if it reaches the promised `least`. Without a colour there is no data yet."""
    return _stat(title, expr, ("red", None), ("green", least), unit=unit, text=text).decimals(1).span(width)


def current(title: str, expr: str, most: float | None = None, *, unit: str = COUNT, text: str = "") -> stat.Panel:
    """A current value, red from `most` on."""
    red = [("red", most)] if most is not None else []
    return _stat(title, expr, ("green", None), *red, unit=unit, text=text).span(6)


def lines(
    title: str,
    expressions: dict[str, str],
    *,
    unit: str = COUNT,
    text: str = "",
    width: int = 12,
    stacked: bool = False,
) -> timeseries.Panel:
    """Curves over time. expressions: by legend, in which `{{label}}` is the value of a label."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .fill_opacity(10)
        .show_points(VisibilityMode.NEVER)
        .span(width)
        .height(8)
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(40)
    for name, (legend, expr) in zip("ABCDEF", expressions.items(), strict=False):
        panel.with_target(_query(expr, legend).ref_id(name))
    return panel


def by_month(title: str, expressions: dict[str, str], *, text: str, width: int = 12) -> barchart.Panel:
    """A group of bars per value of the label `month`. expressions: by the name of the bar."""
    panel = (
        barchart.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .with_transformation(DataTransformerConfig(id_val="joinByField", options={"byField": "month"}))
        .with_transformation(
            DataTransformerConfig(
                id_val="organize",
                options={
                    "excludeByName": {"Time": True} | {f"Time {place}": True for place in range(1, 5)},
                    "renameByName": {f"Value #{ref}": name for ref, name in zip("ABCDEF", expressions, strict=False)},
                },
            )
        )
        .with_transformation(DataTransformerConfig(id_val="sortBy", options={"sort": [{"field": "month"}]}))
        .x_field("month")
        .unit(SHARE)
        .min(0)
        .max(1)
        .span(width)
        .height(8)
    )
    for ref, (legend, expr) in zip("ABCDEF", expressions.items(), strict=False):
        panel.with_target(_query(expr, legend).ref_id(ref).instant().format(PromQueryFormat.TABLE))
    return panel


def _stat(title: str, expr: str, *limits: tuple[str, float | None], unit: str, text: str) -> stat.Panel:
    return (
        stat.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .with_target(_query(expr))
        .unit(unit)
        .no_value("–")
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_steps(*limits))
        .height(5)
    )


def _query(expr: str, legend: str = "") -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(" ".join(expr.split())).ref_id("A").legend_format(legend or "__auto")


def _steps(*steps: tuple[str, float | None]) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(color=color, value=value) for color, value in steps])
    )
