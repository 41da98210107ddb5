from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from instances import CRS, ORIGIN, City, build_city_plan, city, city_unfinished
from pandas.testing import assert_frame_equal
from shapely.geometry import LineString, Polygon, box

from geoplan.errors import PlanFileError
from geoplan.optimize.bounds import design_bound
from geoplan.optimize.weight_bounds import weight_bounds
from geoplan.plan import PLAN_KEYS, Plan
from geoplan.plan_file import load_plan, save_plan
from geoplan.schema import PLAN_TABLES
from geoplan.verify import check_plan


def assert_same(first: Plan, second: Plan) -> None:
    assert set(first.tables) == set(second.tables)
    for name, frame in first.tables.items():
        assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(second[name]), obj=name)
        if isinstance(frame, gpd.GeoDataFrame):
            assert frame.crs == second[name].crs
    assert first.certificate == second.certificate
    assert first.provenance == second.provenance


@pytest.mark.parametrize("make", [city, city_unfinished])
def test_round_trip(make, tmp_path: Path) -> None:
    plan = build_city_plan(make())
    save_plan(plan, tmp_path / "out" / "plan.gpkg")
    assert_same(plan, load_plan(tmp_path / "out" / "plan.gpkg"))
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["plan.gpkg"]


def test_every_pair_of_a_plan_is_asked_for() -> None:
    plan = build_city_plan(city())
    assert {name: set(keys) for name, keys in PLAN_KEYS.items()} == {
        "certificate": set(plan.certificate),
        "provenance": set(plan.provenance),
    }


def test_round_trip_with_backdrop_and_empty_tables(tmp_path: Path) -> None:
    made = city()
    x, y = ORIGIN
    roads = gpd.GeoDataFrame(
        {"road_class": ["trunk"], "structure": ["none"]},
        geometry=[LineString([(x, y), (x + 1000, y)])],
        crs=CRS,
    )
    hole = Polygon([(x, y), (x + 90, y), (x + 90, y + 90)], [])
    water = gpd.GeoDataFrame(geometry=[box(x, y, x + 50, y + 900), hole], crs=CRS)
    plan = build_city_plan(replace(made, layers=replace(made.layers, roads=roads, water=water)))
    none = ("hubs", "witness_paths", "existing_ducts", "notes", "core_schedule", "core_paths")
    tables = {k: v.iloc[:0] if k in none else v for k, v in plan.tables.items()}
    plan = Plan(tables, plan.certificate, plan.provenance)
    save_plan(plan, tmp_path / "plan.gpkg")
    assert_same(plan, load_plan(tmp_path / "plan.gpkg"))


def test_one_plan_is_one_file_byte_by_byte(tmp_path: Path) -> None:
    for name in ("a.gpkg", "b.gpkg"):
        save_plan(build_city_plan(city()), tmp_path / name)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_styles_and_descriptions_are_what_qgis_looks_for(tmp_path: Path) -> None:
    save_plan(build_city_plan(city()), tmp_path / "plan.gpkg")
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as file:
        styles = dict(
            file.execute(
                "SELECT f_table_name, f_geometry_column FROM layer_styles WHERE useAsDefault"
            )
        )
        contents = {
            name: (kind, text)
            for name, kind, text in file.execute(
                "SELECT table_name, data_type, description FROM gpkg_contents"
            )
        }
    spatial = {table.name for table in PLAN_TABLES if table.geometry}
    assert set(styles) == spatial
    assert set(styles.values()) == {"geom"}
    assert contents["layer_styles"][0] == "attributes"
    assert contents["bill"][0] == "attributes"
    assert contents["routes"] == (
        "features",
        "路由 / routes. 内部资料 / Internal; made up for the tests",
    )


def test_the_file_says_that_it_is_a_geopackage(tmp_path: Path) -> None:
    save_plan(build_city_plan(city()), tmp_path / "plan.gpkg")
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert file.execute("PRAGMA user_version").fetchone()[0] >= 10200
        index = file.execute("SELECT count(*) FROM rtree_candidate_edges_geom").fetchone()
    assert index == (9,)


def test_an_older_plan_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    plan = build_city_plan(city())
    save_plan(plan, path)
    before = path.read_bytes()
    broken = Plan(
        {k: v for k, v in plan.tables.items() if k != "bill"}, plan.certificate, plan.provenance
    )
    with pytest.raises(KeyError):
        save_plan(broken, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["plan.gpkg"]


def rules(path: Path) -> list[str]:
    with pytest.raises(PlanFileError) as caught:
        load_plan(path)
    return [fault.rule for fault in caught.value.faults]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert rules(tmp_path / "none.gpkg") == ["plan.missing"]
    assert rules(tmp_path) == ["plan.missing"]  # a folder is no plan either


def test_a_foreign_file_is_no_plan(tmp_path: Path) -> None:
    text = tmp_path / "plan.gpkg"
    text.write_text("not a database, and longer than the header of one " * 9)
    assert rules(text) == ["plan.damaged"]
    text.write_text("")
    assert rules(text) == ["plan.damaged"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_damaged(tmp_path: Path, share: float) -> None:
    path = tmp_path / "plan.gpkg"
    save_plan(build_city_plan(city()), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert rules(path) == ["plan.damaged"]


def test_another_geopackage_lacks_tables(tmp_path: Path) -> None:
    path = tmp_path / "other.gpkg"
    city().layers.districts.to_file(path, layer="districts", driver="GPKG")
    found = rules(path)
    assert found == ["plan.table_missing"] * (len(PLAN_TABLES) - 1)


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    save_plan(build_city_plan(city()), path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("ALTER TABLE bill DROP COLUMN unit")
        file.execute("ALTER TABLE phases DROP COLUMN gain")
    with pytest.raises(PlanFileError) as caught:
        load_plan(path)
    assert {(f.layer, f.row) for f in caught.value.faults} == {("bill", "unit"), ("phases", "gain")}


def test_a_broken_certificate_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    save_plan(build_city_plan(city()), path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE certificate SET value = '{' WHERE key = 'gap'")
    assert rules(path) == ["plan.damaged"]


def certified(made: City) -> City:
    """The city with the bound that cuts prove, and their certificate, for the one by hand."""
    bound = design_bound(made.problem, made.solution.design.edge_cores)
    design = replace(
        made.solution.design,
        bound_cents=bound.bound_cents,
        cut_bound_cents=bound.bound_cents,
        slope_cents=bound.slope_cents,
        cuts=bound.cuts,
    )
    phases = made.solution.phases
    money = np.cumsum(phases.budgets_cents)
    most = weight_bounds(made.problem, money, edge_cores=design.edge_cores, reached=phases.weight)
    value_bound = int(made.problem.phase_gain @ most.weight)
    phases = replace(
        phases,
        weight_bound=most.weight,
        value_bound=value_bound,
        slope_cents=most.slope_cents,
        proofs=most.proofs,
    )
    gap = (value_bound - phases.value) / value_bound
    solution = replace(made.solution, design=design, phases=phases, status="feasible")
    return replace(made, solution=replace(solution, phase_gap=gap))


@pytest.mark.parametrize("make", [city, city_unfinished])
def test_the_verifier_finds_no_rule_broken(make, tmp_path: Path) -> None:
    save_plan(build_city_plan(certified(make())), tmp_path / "plan.gpkg")
    report = check_plan(tmp_path / "plan.gpkg")
    assert [rule for rule in report.rules if rule.holds is False] == []
