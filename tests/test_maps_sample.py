"""A tiny plan for the map's tests: three square districts, three phases, hostile names.

::

    A (core, hub A)  --1--  B (hub B)  --2--  C (hub C)

Every table of the schema is there, with every column, so that the sample can't fall behind.
"""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.plan import Plan
from geoplan.schema import PLAN_TABLES, Table

HOSTILE = "<img src=x onerror=alert(1)>${7*7}{{7*7}}{% raw %}</script><!--"
X0, Y0 = 500_000.0, 4_320_000.0
_BLANK: dict[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False}


def table(contract: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Build one table of the schema; columns that a row leaves out are blank."""
    known = {column.name for column in contract.columns} | {"geometry"}
    assert all(set(row) <= known for row in rows)
    data: dict[str, Any] = {
        column.name: [row.get(column.name, _BLANK[column.kind]) for row in rows]
        for column in contract.columns
    }
    if contract.geometry is None:
        return pd.DataFrame(data)
    shapes = [row.get("geometry") for row in rows]
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, crs="EPSG:4548"))


def at(x_km: float, y_km: float) -> shapely.Point:
    return shapely.Point(X0 + 1000 * x_km, Y0 + 1000 * y_km)


def _site(
    site_id: str, name: str, level: str, code: str, phase: int, **more: Any
) -> dict[str, Any]:
    return {
        "site_id": site_id, "name": name, "level": level, "district_code": code,
        "district_name": {"A": "甲区", "B": "乙区", "C": "丙区"}[code],
        "position_quality": "seat", "placed": True, "attached": True, "phase": phase,
        "served": phase > 0, "weight": 1000, "cost_share_cents": 1_234_500,
        "path_length_m": 10_000.0, "loss_db": 4.25, "optic": "10GBASE-LR",
        "why_zh": f"{name}的理由", "why_en": f"reason of {name}", **more,
    }  # fmt: skip


def _sites() -> list[dict[str, Any]]:
    town = {"level": "township", "villages": 10}
    rows = [
        _site("CORE-1", "市级核心节点", "core", "A", 1, geometry=at(5, 5)),
        _site("A-HUB", "甲区汇聚", "district", "A", 1, geometry=at(6, 5), home_id="CORE-1"),
        _site("B-HUB", "乙区汇聚", "district", "B", 1, geometry=at(15, 5), home_id="CORE-1"),
        _site("C-HUB", "丙区汇聚", "district", "C", 2, geometry=at(25, 5), home_id="CORE-1"),
        _site("M-1", "市发改委", "municipal", "A", 1, geometry=at(4, 4), home_id="CORE-1"),
        _site("M-2", "市教委", "municipal", "A", 2, geometry=at(4, 6), home_id="CORE-1"),
    ]
    places = [("A", 2, 8, 1), ("A", 8, 2, 2), ("B", 12, 8, 2), ("B", 18, 2, 2), ("C", 22, 8, 3)]
    for n, (code, x, y, phase) in enumerate(places, start=1):
        more = {**town, "geometry": at(x, y), "home_id": f"{code}-HUB"}
        more.pop("level")
        rows.append(_site(f"T-{n}", f"第{n}镇", "township", code, phase, **more))
    rows.append(
        _site("T-6", HOSTILE, "township", "C", 0, geometry=at(28, 2), home_id="C-HUB", villages=10,
              note=HOSTILE, path_length_m=float("nan"), loss_db=float("nan"))
    )  # fmt: skip
    rows.append(
        _site("T-7", "无位置街道", "township", "C", 0, placed=False, villages=10,
              path_length_m=float("nan"), loss_db=float("nan"))
    )  # fmt: skip
    return rows


_ROUTES = [
    # edge, method, phase, district, points
    (1, "duct", 1, "A", [(5, 5), (6, 5)]),
    (2, "duct", 1, "B", [(6, 5), (10, 6), (15, 5)]),
    (3, "direct_buried", 2, "C", [(15, 5), (20, 4), (25, 5)]),
    (4, "light", 1, "A", [(4, 4), (5, 5)]),
    (5, "light", 2, "A", [(4, 6), (5, 5)]),
    (6, "direct_buried", 1, "A", [(6, 5), (2, 8)]),
    (7, "direct_buried", 2, "A", [(6, 5), (8, 2)]),
    (8, "aerial", 2, "B", [(15, 5), (12, 8)]),
    (9, "pull", 2, "B", [(15, 5), (18, 2)]),
    (10, "direct_buried", 3, "C", [(25, 5), (22, 8)]),
]
_WAYS = {
    "A-HUB": [1], "B-HUB": [2, 1], "C-HUB": [3, 2, 1], "M-1": [4], "M-2": [5], "T-1": [6],
    "T-2": [7], "T-3": [8], "T-4": [9], "T-5": [10],
}  # fmt: skip


def _routes() -> list[dict[str, Any]]:
    return [
        {
            "edge_id": edge, "method": method, "phase": phase, "district_code": code, "lot": code,
            "geometry": shapely.LineString([at(*point) for point in points]),
            "length_m": 1000.0 * edge, "cores_used": 2, "cost_cents": 10_000_000 * edge,
            "sites_served": sum(edge in ways for ways in _WAYS.values()),
            "existing_id": "D-1" if method in ("light", "pull") else "",
        }
        for edge, method, phase, code, points in _ROUTES
    ]  # fmt: skip


def _phases() -> list[dict[str, Any]]:
    names = [("一期", "Phase 1"), ("二期", "Phase 2"), ("三期", "Phase 3")]
    sites, hubs, towns = [5, 10, 11], [2, 3, 3], [1, 4, 5]
    return [
        {
            "number": k + 1, "name_zh": names[k][0], "name_en": names[k][1], "gain": 1,
            "budget_cents": [3, 8, 7][k] * 1_000_000_000,
            "cost_cents": [290_000_000_0, 799_990_000_0, 650_000_000_0][k],
            "carry_cents": [100_000_000, 100_100_000, 600_100_000][k],
            "sites": sites[k], "municipal": [1, 2, 2][k], "hubs": hubs[k], "townships": towns[k],
            "villages": 10 * towns[k], "weight": 1000 * sites[k],
            "weight_share": [0.41666, 0.8333, 0.91666][k],
            "weight_bound_share": [0.44441, 0.9, 1.0][k],
            "route_m": [21_049.9, 40_000.0, 55_000.0][k],
            "sheath_m": [22_000.0, 43_000.0, 60_000.0][k],
            "core_m_new": [1e6, 2e6, 3e6][k], "core_m_reused": [8000.0, 18_000.0, 18_000.0][k],
        }
        for k in range(3)
    ]  # fmt: skip


def tiny_plan(**certificate: Any) -> Plan:
    """Return the sample; keywords replace entries of its certificate."""
    rows: dict[str, list[dict[str, Any]]] = {
        "districts": [
            {"code": code, "name": f"{name}区", "population": 1000,
             "geometry": shapely.box(X0 + 10_000 * i, Y0, X0 + 10_000 * (i + 1), Y0 + 10_000)}
            for i, (code, name) in enumerate(zip("ABC", "甲乙丙", strict=True))
        ],
        "sites": _sites(),
        "routes": _routes(),
        "cables": [
            {"cable_id": f"N{edge}-1", "edge_id": edge, "number": 1,
             "size_cores": 24 * (1 + edge % 2)}
            for edge, method, *_ in _ROUTES if method != "light"
        ],
        "core_paths": [
            {"path_id": f"{site}/1", "site_id": site, "way": 1, "edge_ids": json.dumps(ways),
             "geometry": shapely.LineString([at(0, 0), at(1, 1)])}
            for site, ways in _WAYS.items()
        ],
        "existing_ducts": [
            {"duct_id": "D-1", "length_m": 1500, "bores": 4, "origin": "reconstructed",
             "geometry": shapely.LineString([at(3, 3), at(5, 5), at(6, 8)])}
        ],
        "existing_cables": [
            {"cable_id": "E-1", "duct_id": "D-1", "length_m": 1500, "cores": 48,
             "geometry": shapely.LineString([at(3, 3), at(5, 5)])},
            {"cable_id": "E-2", "duct_id": "", "length_m": 1500, "cores": 48,
             "geometry": shapely.LineString([at(3, 9), at(5, 5)])},
        ],
        "phases": _phases(),
        "prices": [
            {"price_id": "trench_duct", "value_cents": 16500, "per": "route_m",
             "kind": "placeholder"},
            {"price_id": HOSTILE, "value_cents": 1, "per": "site", "kind": "placeholder"},
            {"price_id": "cable_24", "value_cents": 221_259, "per": "sheath_km", "kind": "cited"},
        ],
        "figures": [{"figure_id": "cable.slack_share", "value": 0.03, "kind": "placeholder"}],
    }  # fmt: skip
    tables: dict[str, pd.DataFrame] = {
        contract.name: table(contract, rows.get(contract.name, [])) for contract in PLAN_TABLES
    }
    return Plan(
        tables=tables,
        certificate={
            "status": "feasible", "cost_cents": 17_399_900_000, "bound_cents": 17_000_000_000,
            "gap": 0.023523, "phase_gap": 0.0301, **certificate,
        },
        provenance={
            "title_zh": "示例规划", "title_en": "Sample plan", "classification_zh": "内部资料",
            "classification_en": "Internal", "planning_crs": "EPSG:4548",
            "geoplan_version": "0.1.0",
            "attributions": ["© OpenStreetMap contributors, ODbL 1.0"], "corridors": "roads",
            "levels": {
                "municipal": {"total": 2, "placed": 2, "served": 2},
                "district": {"total": 3, "placed": 3, "served": 3},
                "township": {"total": 7, "placed": 6, "served": 5},
            },
            "reconstructed": ["existing_ducts", "existing_cables"],
        },
    )  # fmt: skip


def test_the_sample_holds_every_table_and_column_of_the_schema() -> None:
    plan = tiny_plan()
    assert set(plan.tables) == {contract.name for contract in PLAN_TABLES}
    for contract in PLAN_TABLES:
        columns = [name for name in plan[contract.name].columns if name != "geometry"]
        assert columns == contract.column_names()
