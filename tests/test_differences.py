"""What differs between two plans: by place, not by number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from test_maps_sample import at, tiny_plan

from geoplan.differences import SiteChange, plan_difference
from geoplan.plan import Plan


def changed(plan: Plan, table: str, **columns: Any) -> Plan:
    """The plan with columns of one table replaced."""
    return replace(plan, tables={**plan.tables, table: plan[table].assign(**columns)})


def test_a_plan_differs_in_nothing_from_itself_under_other_numbers_and_directions() -> None:
    plan = tiny_plan()
    routes = plan["routes"]
    turned = changed(
        plan,
        "routes",
        edge_id=routes["edge_id"] + 1000,
        geometry=shapely.reverse(routes.geometry.to_numpy()),
    )
    found = plan_difference(plan, turned)
    assert (found.only_first, found.only_second, found.sites) == ((), (), ())
    assert (found.other_method, found.other_phase) == ((), ())


def test_stretches_of_one_plan_only() -> None:
    plan = tiny_plan()
    moved = plan["routes"].copy()
    moved.loc[moved["edge_id"] == 10, "geometry"] = gpd.GeoSeries(
        [shapely.LineString([at(25, 5), at(23, 7), at(22, 8)])], index=[9], crs="EPSG:4548"
    )
    other = replace(plan, tables={**plan.tables, "routes": moved[moved["edge_id"] != 4]})
    found = plan_difference(plan, other)
    assert found.only_first == (4, 10)
    assert found.only_second == (10,)
    assert plan_difference(other, plan).only_second == (4, 10)


def test_another_method_at_one_place_is_no_new_stretch() -> None:
    plan = tiny_plan()
    method = plan["routes"]["method"].replace({"aerial": "duct"})
    found = plan_difference(plan, changed(plan, "routes", method=method))
    assert found.other_method == ((8, 8),)
    assert found.only_first == found.only_second == ()


def test_two_methods_at_one_place_are_matched_method_by_method() -> None:
    """A duct with a pulled cable and lit cores is two stretches at one place."""
    plan = tiny_plan()
    routes = plan["routes"].copy()
    twin = routes[routes["edge_id"] == 9].assign(edge_id=99, method="light")
    both = gpd.GeoDataFrame(pd.concat([routes, twin], ignore_index=True), crs=routes.crs)
    other = replace(plan, tables={**plan.tables, "routes": both})
    found = plan_difference(plan, other)
    assert found.only_second == (99,)
    assert found.other_method == ()


def test_a_stretch_of_another_phase() -> None:
    plan = tiny_plan()
    phases = plan["routes"]["phase"].where(plan["routes"]["edge_id"] != 6, 3)
    found = plan_difference(plan, changed(plan, "routes", phase=phases))
    assert found.other_phase == ((6, 6),)


@pytest.mark.parametrize(
    ("first", "second", "earlier"), [(2, 1, True), (1, 2, False), (0, 3, True), (3, 0, False)]
)
def test_served_at_all_is_earlier_than_never(first: int, second: int, earlier: bool) -> None:
    assert SiteChange("x", first, second).earlier is earlier


def test_sites_that_change_and_sites_that_only_one_plan_knows() -> None:
    plan = tiny_plan()
    sites = plan["sites"]
    phases = sites["phase"].where(sites["site_id"] != "T-5", 2).where(sites["site_id"] != "T-1", 3)
    other = changed(plan, "sites", phase=phases)
    other = replace(other, tables={**other.tables, "sites": other["sites"].iloc[1:]})
    found = plan_difference(plan, other).sites
    assert found == (SiteChange("T-1", 1, 3), SiteChange("T-5", 3, 2))
