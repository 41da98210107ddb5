"""The shapefile pack, read back with GDAL from the archive."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from pack_plan import HOSTILE, pack_plan
from sample_plan import CRS, FORMULA

from geoplan.export import export_packs
from geoplan.plan import Plan

LONG = "塘沽" * 43  # 258 bytes: four too many


@pytest.fixture(scope="module")
def plan() -> Plan:
    return pack_plan()


@pytest.fixture(scope="module")
def pack(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packs")
    (path,) = export_packs(plan, out, formats=["shp"])
    assert [p.name for p in out.iterdir()] == ["works-zh.shp.zip"]
    return path


def layer(path: Path, name: str) -> Any:
    return pyogrio.read_dataframe(f"/vsizip/{path}/{name}.shp")


def table(path: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as pack:
        return list(csv.DictReader(pack.read(name).decode("utf-8-sig").splitlines()))


def test_layers_are_whole_and_in_the_planning_crs(plan: Plan, pack: Path) -> None:
    with zipfile.ZipFile(pack) as archive:
        names = set(archive.namelist())
    layers = ("cables", "existing_used", "feeders", "new_routes", "sites")
    for name in layers:
        assert {f"{name}.{part}" for part in ("shp", "shx", "dbf", "prj", "cpg")} <= names
        found = layer(pack, name)
        assert found.crs.to_epsg() == int(CRS.split(":")[1])
        assert all(len(column) <= 10 and column.isascii() for column in found.columns[:-1])
    new = layer(pack, "new_routes").set_index("edge_id")
    routes = plan["routes"].set_index("edge_id")
    for edge in (1, 2):
        assert new.loc[edge, "geometry"].equals_exact(routes.loc[edge, "geometry"], 1e-6)
        assert new.loc[edge, "length_m"] == routes.loc[edge, "length_m"]


def test_the_table_of_names_leads_back_to_the_sheets(pack: Path) -> None:
    rows = table(pack, "fields.csv")
    for name in ("cables", "existing_used", "feeders", "new_routes", "sites"):
        mine = [row["字段"] for row in rows if row["图层"] == name]
        assert mine == list(layer(pack, name).columns[:-1])
    labels = {(row["图层"], row["方案字段"]): row["含义"] for row in rows}
    assert labels["sites", "district_name"] == "所属区"
    assert labels["cables", "cost_yuan"] == "费用合计（元）"


def test_names_and_figures_survive(pack: Path) -> None:
    sites = layer(pack, "sites")
    assert {HOSTILE, FORMULA} <= set(sites["name"])
    totals = table(pack, "totals.csv")
    assert [row["工程费用（元）"] for row in totals] == ["17500.00", "0.00", "200.55", "9600.00"]
    about = {row["项"]: row["说明"] for row in table(pack, "about.csv")}
    assert about["密级"] == "内部资料"
    assert "OpenStreetMap" in about["数据来源"]


def test_no_text_is_ever_cut(plan: Plan, tmp_path: Path) -> None:
    sites = plan["sites"].copy()
    sites.loc[0, "why_zh"] = LONG
    sites.loc[0, "name"] = LONG[:84]
    tables = {**plan.tables, "sites": sites}
    (path,) = export_packs(replace(plan, tables=tables), tmp_path, formats=["shp"])
    found = layer(path, "sites")
    assert "why" not in found.columns
    assert found.loc[0, "name"] == LONG[:84]
    (row,) = [
        r for r in table(path, "fields.csv") if (r["图层"], r["方案字段"]) == ("sites", "why")
    ]
    assert (row["字段"], row["备注"]) == ("", "文字过长，未列入")


def test_same_plan_gives_the_same_bytes(plan: Plan, pack: Path, tmp_path: Path) -> None:
    (again,) = export_packs(plan, tmp_path, formats=["shp"])
    assert again.read_bytes() == pack.read_bytes()
    (one,) = export_packs(plan, tmp_path, formats=["shp"], phase=2, language="en")
    assert one.name == "works-phase2-en.shp.zip"
    assert set(layer(one, "cables")["phase"]) == {2}
    assert table(one, "fields.csv")[0]["layer"] == "sites"
