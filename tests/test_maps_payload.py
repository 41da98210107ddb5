"""The data island: the plan's rows, WGS-84, nothing left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pytest
import shapely
from test_maps_sample import X0, Y0, tiny_plan

from geoplan.maps.payload import build_payload


@pytest.fixture(scope="module")
def payload() -> dict[str, Any]:
    return build_payload(tiny_plan(), language="zh", tiles=None)


def test_rows_are_the_plans(payload: dict[str, Any]) -> None:
    plan = tiny_plan()
    assert payload["sites"]["site_id"] == plan["sites"]["site_id"].tolist()
    assert payload["routes"]["edge_id"] == plan["routes"]["edge_id"].tolist()
    assert payload["routes"]["cost_cents"] == plan["routes"]["cost_cents"].tolist()
    assert payload["sites"]["why_en"][1] == "reason of 甲区汇聚"


def test_a_site_without_position_has_none_and_stays_in(payload: dict[str, Any]) -> None:
    index = payload["sites"]["site_id"].index("T-7")
    assert payload["sites"]["at"][index] == []
    assert payload["sites"]["path_length_m"][index] is None
    assert sum(not at for at in payload["sites"]["at"]) == 1


def test_paths_hold_row_numbers_in_order(payload: dict[str, Any]) -> None:
    hub = payload["sites"]["site_id"].index("C-HUB")
    assert [hub, 1, 2, 1, 0] in payload["paths"]


def test_coverage_counts_townships_per_step(payload: dict[str, Any]) -> None:
    served = {row["name"]: (row["served"], row["total"]) for row in payload["districts"]}
    assert served == {
        "甲区": ([0, 1, 2, 2], 2),
        "乙区": ([0, 0, 2, 2], 2),
        "丙区": ([0, 0, 0, 1], 3),
    }


def test_cables_read_as_number_times_size(payload: dict[str, Any]) -> None:
    assert payload["routes"]["cables"][:4] == ["1 × 48", "1 × 24", "1 × 48", ""]


def test_existing_cables_without_duct_are_drawn_too(payload: dict[str, Any]) -> None:
    assert len(payload["existing"]) == 2


def test_base_layers_end_at_the_city() -> None:
    plan = tiny_plan()
    road = shapely.LineString([(X0 - 50_000, Y0 + 5_000), (X0 + 50_000, Y0 + 5_000)])
    lake = shapely.box(X0 + 25_000, Y0 + 1_000, X0 + 60_000, Y0 + 2_000)
    tables = {
        **plan.tables,
        "roads_base": gpd.GeoDataFrame({"road_class": ["x"]}, geometry=[road], crs="EPSG:4548"),
        "water_base": gpd.GeoDataFrame(geometry=[lake], crs="EPSG:4548"),
    }
    payload = build_payload(replace(plan, tables=tables), language="zh", tiles=None)
    west, _, east, _ = payload["bounds"]
    (line,) = payload["roads"]
    assert abs(line[0] - west) < 60 or abs(line[0] - east) < 60
    assert abs(line[0] + sum(line[2::2]) - (east if abs(line[0] - west) < 60 else west)) < 60
    assert len(payload["water"]) == 1


def test_a_plan_without_districts_is_framed_by_its_sites() -> None:
    plan = tiny_plan()
    tables = {**plan.tables, "districts": plan["districts"].iloc[:0]}
    bounds = build_payload(replace(plan, tables=tables), language="zh", tiles=None)["bounds"]
    assert bounds[0] > 117 * 100_000
    assert bounds[2] > bounds[0]
