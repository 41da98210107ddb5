"""The GeoPackage pack, read back with GDAL and with SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyogrio
import pytest
from pack_plan import HOSTILE, pack_plan
from sample_plan import CRS, FORMULA

from geoplan.export import export_packs
from geoplan.plan import Plan
from geoplan.plan_styles import PHASE_COLOURS


@pytest.fixture(scope="module")
def plan() -> Plan:
    return pack_plan()


@pytest.fixture(scope="module")
def pack(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packs")
    (path,) = export_packs(plan, out, language="zh", formats=["gpkg"])
    assert path == out / "works-zh.gpkg"
    assert [p.name for p in out.iterdir()] == ["works-zh.gpkg"]
    return path


def table(path: Path, name: str) -> Any:
    return pyogrio.read_dataframe(path, layer=name)


def query(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(statement).fetchall()


def test_layers_in_the_planning_crs(pack: Path) -> None:
    kinds = {name: kind for name, kind in pyogrio.list_layers(pack) if kind}
    assert kinds == {
        "districts": "MultiPolygon",
        "new_routes": "LineString",
        "existing_used": "LineString",
        "cables": "LineString",
        "feeders": "Point",
        "sites": "Point",
    }
    for name in kinds:
        assert pyogrio.read_info(pack, layer=name)["crs"] == CRS


def test_every_feature_is_the_plans(plan: Plan, pack: Path) -> None:
    routes = plan["routes"].set_index("edge_id")
    found = {}
    for name, methods in (("new_routes", {"直埋", "新建管道"}), ("existing_used", None)):
        rows = table(pack, name)
        assert set(rows["method"]) == (methods or {"启用现有空闲纤芯", "利用现有管孔穿缆"})
        for row in rows.itertuples():
            found[row.edge_id] = row.length_m
            assert row.geometry.equals_exact(routes.loc[row.edge_id, "geometry"], 1e-6)
            assert round(row.cost_yuan * 100) == routes.loc[row.edge_id, "cost_cents"]
    assert found == dict(zip(routes.index, routes["length_m"], strict=True))
    sites = table(pack, "sites").set_index("site_id")
    served = plan["sites"][plan["sites"]["phase"] > 0].set_index("site_id")
    assert sites["name"].to_dict() == served["name"].to_dict()
    assert {HOSTILE, FORMULA} <= set(sites["name"])
    assert sites["phase"].to_dict() == served["phase"].to_dict()
    assert sites.loc["A-HUB", "level"] == "区汇聚节点"
    assert sites.loc["A-HUB", "why"] == "理由"


def test_totals_by_hand(pack: Path) -> None:
    totals = table(pack, "totals")
    shown = [
        (r.phase, r.lot, r.sites, r.new_m, r.reused_m, r.sheath_m, r.closures, r.cost_yuan)
        for r in totals.itertuples()
    ]
    assert shown == [
        (1, "A", 2, 100.0, 80.0, 210.5, 3, 17500.0),
        (1, "M", 1, 0.0, 50.0, 0.0, 0, 0.0),
        (2, "A", 1, 0.0, 0.0, 0.0, 0, 200.55),
        (2, "B", 1, 200.0, 0.0, 210.0, 3, 9600.0),
    ]
    assert list(totals["lot_name"]) == ["甲区", "市级", "甲区", "乙区"]


def test_what_to_know_is_said(pack: Path) -> None:
    about = table(pack, "about").set_index("key")["value"]
    assert about["密级"] == "内部资料"
    assert "EPSG:4548" in about["坐标系"]
    assert "绕行系数" in about["长度"]
    assert "占位值" in about["费用"]
    assert about["占位单价"] == "新建管道"
    assert about["未列入"] == "没有任何一期接入的 1 个站点"
    assert "OpenStreetMap" in about["数据来源"]
    descriptions = query(pack, "SELECT description FROM gpkg_contents WHERE table_name = 'sites'")
    assert "内部资料" in descriptions[0][0]
    assert "OpenStreetMap" in descriptions[0][0]


def test_columns_are_called_as_in_the_sheets(pack: Path) -> None:
    rows = query(pack, "SELECT table_name, column_name, title FROM gpkg_data_columns")
    titles = {(name, column): title for name, column, title in rows}
    assert titles["sites", "name"] == "名称"
    assert titles["cables", "cost_yuan"] == "费用合计（元）"
    for name, _ in pyogrio.list_layers(pack):
        if name != "layer_styles":
            fields = list(pyogrio.read_info(pack, layer=name)["fields"])
            assert [column for table, column in titles if table == name] == fields
    assert query(pack, "SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_schema'")[
        0
    ] == (1,)


def test_styles_have_a_symbol_for_every_feature(pack: Path) -> None:
    rows = query(pack, "SELECT f_table_name, f_geometry_column, styleQML FROM layer_styles")
    styles = {name: (column, ElementTree.fromstring(qml)) for name, column, qml in rows}
    for name, column in (("sites", "level"), ("new_routes", "method"), ("cables", "method")):
        geometry, root = styles[name]
        assert geometry == "geom"
        renderer = root.find("renderer-v2")
        assert renderer is not None
        assert renderer.get("attr") == f'"{column}" || \' \' || "phase"'
        values = {c.get("value") for c in renderer.iter("category")}
        features = table(pack, name)
        assert values == {
            f"{v} {k}" for v, k in zip(features[column], features["phase"], strict=True)
        }
        symbols = {s.get("name"): s for s in renderer.findall("symbols/symbol")}
        for category in renderer.iter("category"):
            colour = PHASE_COLOURS[int(str(category.get("value")).split()[-1])]
            wanted = ",".join(str(b) for b in bytes.fromhex(colour[1:])) + ",255"
            options = {o.get("value") for o in symbols[category.get("symbol")].iter("Option")}
            assert wanted in options
    aliases = {a.get("field"): a.get("name") for a in styles["sites"][1].iter("alias")}
    assert aliases["district_name"] == "所属区"
    text = styles["sites"][1].find("labeling/settings/text-style")
    assert text is not None
    assert text.get("fieldName") == "name"
    assert styles["bill"][0] == ""


def test_one_phase_alone(plan: Plan, tmp_path: Path) -> None:
    (path,) = export_packs(plan, tmp_path, language="en", formats=["gpkg"], phase=2)
    assert path.name == "works-phase2-en.gpkg"
    for name in ("new_routes", "cables", "sites", "feeders", "bill", "totals", "core_schedule"):
        rows = table(path, name)
        assert set(rows["phase"]) == {2}, name
    assert "existing_used" not in dict(pyogrio.list_layers(path))
    about = table(path, "about").set_index("key")["value"]
    assert about["phases"] == "Phase 2"
    assert set(table(path, "new_routes")["method"]) == {"direct-buried"}


def test_same_plan_gives_the_same_bytes(plan: Plan, pack: Path, tmp_path: Path) -> None:
    (again,) = export_packs(plan, tmp_path, language="zh", formats=["gpkg"])
    assert again.read_bytes() == pack.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["works-zh.gpkg"]


def test_what_is_no_format_and_no_phase(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such format: dwg"):
        export_packs(plan, tmp_path, formats=["csv", "dwg"])
    with pytest.raises(ValueError, match="no such phase: 3"):
        export_packs(plan, tmp_path, phase=3)
    assert list(tmp_path.iterdir()) == []
