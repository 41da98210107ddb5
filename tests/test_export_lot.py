"""Packs of one lot: its own rows and money in every format, what it needs of others marked."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ezdxf
import openpyxl
import pandas as pd
import pyogrio
import pytest
from pack_plan import pack_plan
from sample_plan import ROWS, sample_plan

from geoplan.export import FORMATS, Selection, export_packs, known_lots
from geoplan.plan import Plan

# ways by hand: A-T1 starts in B (stretch 2), goes on in A (1, 4) and ends in M (3); B-T1 runs
# through B alone, U-1 of lot M through A and M
STEPS = {
    "A-T1/1": [2, 1, 4, 3],
    "B-T1/1": [2],
    "U-1/1": [4, 1, 3],
    "U-1/2": [3, 3, 3, 2],
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    made = pack_plan()
    schedule = [
        {
            **{"path_id": path, "site_id": path.partition("/")[0], "position": position},
            **{"edge_id": edge, "cable_id": f"N{edge}-1", "core_first": 1, "core_last": 2},
            "phase": 1 if path.startswith("U") else 2,
        }
        for path, edges in STEPS.items()
        for position, edge in enumerate(edges)
    ]
    steps = sample_plan(core_schedule=schedule)["core_schedule"]
    return replace(made, tables={**made.tables, "core_schedule": steps})


def schedule(plan: Plan, selection: Selection) -> dict[str, list[int]]:
    rows = plan["core_schedule"][selection.rows(plan, "core_schedule")]
    return {str(path): part["position"].tolist() for path, part in rows.groupby("path_id")}


def test_the_core_schedule_of_a_lot_by_hand(plan: Plan) -> None:
    # own sites whole; of other ways the stretches of the lot and the next one on either side
    assert schedule(plan, Selection(lot="A")) == {"A-T1/1": [0, 1, 2, 3], "U-1/1": [0, 1, 2]}
    assert schedule(plan, Selection(lot="B")) == {
        **{"A-T1/1": [0, 1], "B-T1/1": [0], "U-1/2": [2, 3]}
    }
    assert schedule(plan, Selection(lot="M")) == {
        **{"A-T1/1": [2, 3], "U-1/1": [0, 1, 2], "U-1/2": [0, 1, 2, 3]}
    }
    assert schedule(plan, Selection(1, "B")) == {"U-1/2": [2, 3]}


def test_a_lot_works_in_some_phases(plan: Plan) -> None:
    assert known_lots(plan) == ("A", "B", "M")
    assert [Selection(lot=lot).numbers(plan) for lot in "ABM"] == [(1, 2), (2,), (1,)]
    assert Selection(1, "B").numbers(plan) == ()
    for wrong in ({"lot": "C"}, {"lot": "B", "phase": 1}):
        with pytest.raises(ValueError, match="lot"):
            export_packs(plan, Path(), **wrong)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def packs(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("packs")
    files = export_packs(plan, out, formats=FORMATS, lot="B")
    assert sorted(files) == sorted(out.iterdir())
    return {path.name: path for path in files}


def test_files_are_named_after_the_lot_and_none_is_empty(
    plan: Plan, packs: dict[str, Path], tmp_path: Path
) -> None:
    drawings = {f"works-lotB-zh.{end}" for end in ("gpkg", "kmz", "dxf", "shp.zip", "ofds.json")}
    lists = {f"{name}-lotB.csv" for name in ("sites", "routes", "bill", "core_schedule")}
    books = {"overview-lotB-zh.xlsx", "sites-phase2-lotB-zh.xlsx", "sites-unserved-lotB-zh.xlsx"}
    assert set(packs) == drawings | lists | books
    for name in lists:
        assert len(packs[name].read_text("utf-8-sig").splitlines()) > 1
    (both,) = export_packs(plan, tmp_path, formats=["kmz"], lot="B", phase=2, language="en")
    assert both.name == "works-phase2-lotB-en.kmz"


def test_each_format_says_whose_pack_it_is(packs: dict[str, Path]) -> None:
    title = "标段 B 乙区 · 甲乙规划"
    with zipfile.ZipFile(packs["works-lotB-zh.kmz"]) as pack:
        kml = pack.read("doc.kml").decode()
    root = ElementTree.fromstring(kml)
    assert root.findtext("*/{http://www.opengis.net/kml/2.2}name") == title
    assert "B 乙区：工程、站点和清单只含本标段" in kml
    (network,) = json.loads(packs["works-lotB-zh.ofds.json"].read_text("utf-8"))["networks"]
    assert network["name"] == title
    drawing = ezdxf.readfile(packs["works-lotB-zh.dxf"])
    said = {text.plain_text() for text in drawing.modelspace().query("TEXT")}
    assert title in said
    for name in packs:
        if name.endswith(".xlsx"):
            book = openpyxl.load_workbook(packs[name])
            assert {str(tab["A1"].value).split(" · 甲乙规划")[0] for tab in book} == {"标段 B 乙区"}
    about = pyogrio.read_dataframe(packs["works-lotB-zh.gpkg"], layer="about")
    assert "B 乙区" in about.set_index("key").loc["标段", "value"]
    with zipfile.ZipFile(packs["works-lotB-zh.shp.zip"]) as pack:
        assert "B 乙区" in pack.read("about.csv").decode("utf-8-sig")


def test_totals_are_those_of_the_lot_by_hand(packs: dict[str, Path]) -> None:
    totals = pyogrio.read_dataframe(packs["works-lotB-zh.gpkg"], layer="totals")
    assert totals.drop(columns=["phase_name", "lot_name"]).to_numpy().tolist() == [
        [2, "B", 1, 200.0, 0.0, 210.0, 3, 9600.0]
    ]
    book = openpyxl.load_workbook(packs["overview-lotB-zh.xlsx"])
    assert book.sheetnames == ["使用说明", "分期与标段", "工程量清单", "路由", "单价"]
    rows = [[cell.value for cell in row] for row in book["分期与标段"].iter_rows(min_row=5)]
    assert rows == [
        ["二期", "B", "乙区", 1, 9600],
        ["未接入站点", "B", "乙区", 1, 0],
        ["合计", None, None, 2, 9600],
    ]
    book = openpyxl.load_workbook(packs["sites-phase2-lotB-zh.xlsx"])
    assert book.sheetnames[:2] == ["标段汇总", "B 乙区"]
    assert "A-T1" not in [cell.value for cell in book["B 乙区"]["A"]]
    assert [cell.value for cell in book["路由"]["A"]][4:] == [2, "合计"]


def test_what_belongs_to_others_is_marked(packs: dict[str, Path]) -> None:
    own, other = "B 乙区（本标段）", "A 甲区（他标段，仅供衔接参考）"
    with packs["core_schedule-lotB.csv"].open(encoding="utf-8-sig", newline="") as stream:
        rows = [(r["路由段编号"], r["路由段所属标段"]) for r in csv.DictReader(stream)]
    assert rows == [
        *(("2", own), ("1", other)),
        ("2", own),
        *(("3", "M 市级（他标段，仅供衔接参考）"), ("2", own)),
    ]
    file = packs["works-lotB-zh.gpkg"]
    districts: Any = pyogrio.read_dataframe(file, layer="districts").set_index("code")
    assert districts["whose_lot"].to_dict() == {"A": other, "B": own}
    for layer in ("new_routes", "cables", "sites"):
        assert set(pyogrio.read_dataframe(file, layer=layer)["lot"]) == {"B"}
    drawing = ezdxf.readfile(packs["works-lotB-zh.dxf"])
    layers = pd.Series([line.dxf.layer for line in drawing.modelspace().query("LWPOLYLINE")])
    assert layers[layers.str.startswith("行政区界")].tolist() == [
        *("行政区界-他标段", "行政区界-本标段")
    ]


def test_the_standard_refers_to_phases_of_others(plan: Plan, tmp_path: Path) -> None:
    routes = [dict(row) for row in ROWS["routes"]]
    for row, ends in zip(routes, ((1, 2), (2, 3), (1, 4)), strict=True):
        row["tail_node"], row["head_node"] = ends
    made = sample_plan(routes=routes)
    cables = plan["cables"][plan["cables"]["edge_id"] != 4]
    made = replace(made, tables={**made.tables, "cables": cables})
    (path,) = export_packs(made, tmp_path, formats=["ofds"], lot="B", language="en")
    (network,) = json.loads(path.read_text("utf-8"))["networks"]
    assert [span["id"] for span in network["spans"]] == ["N2-1"]
    told = {phase["id"]: phase["description"] for phase in network["phases"]}
    assert told["1"] == "no works of this lot"
    assert "cost of works (yuan) 9,600.00" in told["2"]
