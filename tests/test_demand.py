"""Weight, home, ways, cores and equipment of each site."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geoplan.datasets import tianjin_dir, tianjin_scenario
from geoplan.demand import site_demand
from geoplan.errors import InputError
from geoplan.scenario import Scenario
from geoplan.scenario_toml import parse_scenario


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    path = tianjin_scenario()
    return parse_scenario(path.read_text(encoding="utf-8"), path=path)


def districts(*population: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "code": [f"12010{i + 1}" for i in range(len(population))],
            "name": [f"区{i + 1}" for i in range(len(population))],
            "population": list(population),
        },
        geometry=[box(i, 0, i + 1, 1) for i in range(len(population))],
        crs="EPSG:4548",
    )


def sites(*rows: tuple[str, str, str, int, bool, Point | None]) -> gpd.GeoDataFrame:
    """Rows: id, level, district, villages, uses_system, position."""
    ids, levels, codes, villages, systems, points = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "site_id": list(ids),
            "name": list(ids),
            "level": list(levels),
            "district_code": list(codes),
            "district_name": "",
            "position_quality": "given",
            "villages": list(villages),
            "uses_system": list(systems),
            "existing_node": "",
            "note": "",
        },
        geometry=list(points),
        index=[f"row {i}" for i in range(len(rows))],
        crs="EPSG:4548",
    )


def small_city() -> gpd.GeoDataFrame:
    """Two cores, one hub each in two districts, two units, townships 3 + 1 and 2.

    Population 1000 and 501. District 1: 1000 x 3/4 = 750 and 1000 x 1/4 = 250 (the second has
    no position and counts all the same). District 2: 501 x 1/2 = 250.5, half up 251, twice.
    """
    return sites(
        ("CORE-1", "core", "120101", 0, False, Point(0, 0)),
        ("CORE-2", "core", "120102", 0, False, Point(100, 0)),
        ("D120101", "district", "120101", 0, False, Point(10, 0)),
        ("D120102", "district", "120102", 0, False, Point(60, 0)),
        ("M001", "municipal", "120101", 0, True, Point(90, 5)),
        ("M002", "municipal", "120101", 0, False, None),
        ("T120101001", "township", "120101", 3, False, Point(99, 0)),
        ("T120101002", "township", "120101", 1, False, None),
        ("T120102001", "township", "120102", 1, False, Point(1, 0)),
        ("T120102002", "township", "120102", 1, False, Point(2, 0)),
    )


def test_the_small_city(scenario: Scenario) -> None:
    demand = site_demand(small_city(), districts(1000, 501), scenario)
    assert demand.index.equals(small_city().index)
    assert demand["weight"].tolist() == [0, 0, 20000, 20000, 6000, 2000, 750, 250, 251, 251]
    assert demand["home_id"].tolist() == [
        "CORE-1",
        "CORE-2",
        "CORE-1",
        "CORE-2",
        "CORE-2",
        "CORE-1",
        "D120101",
        "D120101",
        "D120102",
        "D120102",
    ]
    assert demand["ways_required"].tolist() == [0, 0, 2, 2, 1, 1, 1, 1, 1, 1]
    assert demand["cores_per_way"].tolist() == [0, 0] + [2] * 8
    yuan = {"core": 3_000_000, "district": 420_000, "municipal": 16_000, "township": 38_000}
    assert demand["equipment_cents"].tolist() == [100 * yuan[k] for k in small_city()["level"]]
    for column in ("weight", "ways_required", "cores_per_way", "equipment_cents"):
        assert demand[column].dtype == np.int64


def test_every_reason_is_told_in_both_languages(scenario: Scenario) -> None:
    reason = site_demand(small_city(), districts(1000, 501), scenario)["weight_reason"]
    assert (reason.str.count(" / ") == 1).all()
    assert reason["row 6"] == (
        "所属区人口 1,000 × 村（社区）3/4"
        " / district population 1,000 x villages and communities 3 of 4"
    )
    assert "业务系统" in reason["row 4"]
    assert "业务系统" not in reason["row 5"]


def test_policy_and_access_are_followed(scenario: Scenario) -> None:
    other = replace(
        scenario,
        policy=replace(scenario.policy, hub_ways=1),
        access=replace(scenario.access, cores_per_site=3, cores_per_hub_way=8),
    )
    demand = site_demand(small_city(), districts(1000, 501), other)
    assert demand["ways_required"].tolist() == [0, 0] + [1] * 8
    assert demand["cores_per_way"].tolist() == [0, 0, 8, 8] + [3] * 6


def test_without_village_counts_townships_share_evenly(scenario: Scenario) -> None:
    city = small_city().assign(villages=0)
    demand = site_demand(city, districts(1000, 501), scenario)
    assert demand["weight"].tolist()[6:] == [500, 500, 251, 251]
    assert demand["weight_reason"].iloc[6].startswith("所属区人口 1,000 ÷ 乡镇街道 2")


def test_a_city_of_hubs_alone_is_served_too(scenario: Scenario) -> None:
    city = small_city().iloc[:4]
    assert site_demand(city, districts(1000, 501), scenario)["weight"].sum() == 40_000


def test_all_homeless_sites_are_named_at_once(scenario: Scenario) -> None:
    city = small_city()
    city = city[~city["site_id"].isin(["CORE-1", "CORE-2", "D120102"])].copy()
    city.loc["row 6", "district_code"] = "999999"
    with pytest.raises(InputError) as caught:
        site_demand(city, districts(1000, 501), scenario)
    assert [(fault.rule, fault.row) for fault in caught.value.faults] == [
        ("sites.no_core", ""),
        ("sites.unknown_district", "T120101001"),
        ("P4.no_hub", "T120101001"),
        ("P4.no_hub", "T120102001"),
        ("P4.no_hub", "T120102002"),
    ]


@settings(max_examples=30, deadline=None)
@given(
    population=st.integers(0, 3_000_000),
    villages=st.lists(st.integers(0, 200), min_size=1, max_size=40),
)
def test_weights_of_a_district_sum_to_its_population(
    scenario: Scenario, population: int, villages: list[int]
) -> None:
    city = sites(
        ("CORE-1", "core", "120101", 0, False, Point(0, 0)),
        ("D120101", "district", "120101", 0, False, Point(1, 0)),
        *((f"T{i}", "township", "120101", v, False, None) for i, v in enumerate(villages)),
    )
    weight = site_demand(city, districts(population), scenario)["weight"].iloc[2:]
    assert (weight >= 0).all()
    assert abs(weight.sum() - population) <= (len(villages) + 1) / 2
    order = np.argsort(villages, kind="stable")
    assert (np.diff(weight.to_numpy()[order]) >= 0).all()


def test_tianjin_townships_weigh_about_its_population(scenario: Scenario) -> None:
    codes = {"code": str, "district_code": str}
    towns = pd.read_csv(tianjin_dir() / "townships.csv", dtype=codes)
    region = pd.read_csv(tianjin_dir() / "districts.csv", dtype=codes)
    city = sites(
        ("CORE-1", "core", "120103", 0, False, Point(0, 0)),
        *((f"D{code}", "district", code, 0, False, None) for code in region["code"]),
        *(
            (f"T{row.code}", "township", row.district_code, row.villages, False, None)
            for row in towns.itertuples()
        ),
    )
    demand = site_demand(city, gpd.GeoDataFrame(region), scenario)
    weight = demand.loc[city["level"] == "township", "weight"]
    assert len(weight) == 252
    assert abs(int(weight.sum()) - 13_866_009) <= 126
    assert (weight > 0).all()
