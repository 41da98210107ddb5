"""A plan of six sites in two districts and two phases, for the tests of what is written from it.

Costs, by hand: phase 1 pays 100 m of duct at 165.00 = 16500.00 yuan and a hub at 1000.00 yuan;
phase 2 pays 200 m buried at 48.00 = 9600.00 yuan and a township at 200.55 yuan.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.plan import Plan
from geoplan.schema import PLAN_TABLES, Table

CRS = "EPSG:4548"
X0, Y0 = 500_000.0, 4_320_000.0
FORMULA = '=HYPERLINK("http://x","y")'
_BLANK: dict[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False}


def _table(contract: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    data = {
        column.name: [row.get(column.name, _BLANK[column.kind]) for row in rows]
        for column in contract.columns
    }
    if contract.geometry is None:
        return pd.DataFrame(data)
    shapes = gpd.GeoSeries([row.get("geometry") for row in rows], crs=CRS)
    return gpd.GeoDataFrame(data, geometry=shapes)


def _site(site_id: str, name: str, level: str, lot: str, phase: int, **more: Any) -> dict[str, Any]:
    offset = len(site_id) + sum(map(ord, site_id)) % 50
    return {
        "site_id": site_id,
        "name": name,
        "level": level,
        "district_name": {"A": "甲区", "B": "乙区"}.get(lot, "甲区"),
        "position_quality": "seat",
        "placed": True,
        "phase": phase,
        "served": phase > 0,
        "lot": lot,
        "path_length_m": 300.0,
        "loss_db": 1.5,
        "optic": "10GBASE-LR",
        "why_zh": "理由",
        "why_en": "reason",
        "geometry": shapely.Point(X0 + offset, Y0),
        **more,
    }


def _line(*xs: float) -> shapely.LineString:
    return shapely.LineString([(X0 + x, Y0) for x in xs])


ROWS: dict[str, list[dict[str, Any]]] = {
    "districts": [{"code": "A", "name": "甲区"}, {"code": "B", "name": "乙区"}],
    "sites": [
        _site("CORE-1", "核心", "core", "A", 1, loss_db=None, path_length_m=None),
        _site("A-HUB", "甲区", "district", "A", 1, equipment_cents=100_000),
        _site("U-1", FORMULA, "municipal", "M", 1, position_quality="reconstructed"),
        _site("A-T1", "@镇", "township", "A", 2, equipment_cents=20_055),
        _site("B-T1", "-乡", "township", "B", 2),
        _site("B-T2", "远乡", "township", "B", 0, placed=False, geometry=None),
    ],
    "routes": [
        {
            "edge_id": 1,
            "method": "duct",
            "phase": 1,
            "lot": "A",
            "length_m": 100.0,
            "cost_cents": 1_650_000,
            "geometry": _line(0, 100),
        },
        {
            "edge_id": 2,
            "method": "direct_buried",
            "phase": 2,
            "lot": "B",
            "length_m": 200.0,
            "cost_cents": 960_000,
            "geometry": _line(100, 300),
        },
        {
            "edge_id": 3,
            "method": "light",
            "phase": 1,
            "lot": "M",
            "length_m": 50.0,
            "geometry": _line(0, 50),
        },
    ],
    "bill": [
        {
            "item_id": "1-A-duct",
            "category": "trench",
            "price_id": "trench_duct",
            "phase": 1,
            "lot": "A",
            "quantity": 100.0,
            "unit": "route_m",
            "unit_price_cents": 16_500,
            "price_kind": "placeholder",
            "cost_cents": 1_650_000,
        },
        {
            "item_id": "1-A-hub",
            "category": "equipment",
            "price_id": "equipment_hub",
            "phase": 1,
            "lot": "A",
            "quantity": 1.0,
            "unit": "site",
            "unit_price_cents": 100_000,
            "price_kind": "cited",
            "cost_cents": 100_000,
        },
        {
            "item_id": "2-B-buried",
            "category": "trench",
            "price_id": "trench_direct_buried",
            "phase": 2,
            "lot": "B",
            "quantity": 200.0,
            "unit": "route_m",
            "unit_price_cents": 4_800,
            "price_kind": "placeholder",
            "cost_cents": 960_000,
        },
        {
            "item_id": "2-A-township",
            "category": "equipment",
            "price_id": "equipment_township",
            "phase": 2,
            "lot": "A",
            "quantity": 1.0,
            "unit": "site",
            "unit_price_cents": 20_055,
            "price_kind": "placeholder",
            "cost_cents": 20_055,
        },
    ],
    "phases": [
        {
            "number": 1,
            "name_zh": "一期",
            "name_en": "Phase 1",
            "budget_cents": 2_000_000,
            "cost_cents": 1_750_000,
            "carry_cents": 250_000,
            "sites": 3,
            "weight_share": 0.5,
            "weight_bound_share": 0.75,
            "route_m": 100.0,
        },
        {
            "number": 2,
            "name_zh": "二期",
            "name_en": "Phase 2",
            "budget_cents": 1_000_000,
            "cost_cents": 980_055,
            "carry_cents": 269_945,
            "sites": 5,
            "weight_share": 1.0,
            "weight_bound_share": 1.0,
            "route_m": 300.0,
            "sheath_m": 330.0,
            "core_m_new": 7920.0,
            "core_m_reused": 100.0,
        },
    ],
    "core_schedule": [
        {
            "path_id": "A-T1/1",
            "site_id": "A-T1",
            "edge_id": 1,
            "cable_id": "N1-1",
            "core_first": 1,
            "core_last": 2,
            "phase": 2,
        },
    ],
    "prices": [
        {"price_id": "trench_duct", "value_cents": 16_500, "kind": "placeholder"},
        {"price_id": "equipment_hub", "value_cents": 100_000, "kind": "cited"},
    ],
    "notes": [
        {
            "rule": "sites.no_position",
            "layer": "townships",
            "row": "B-T2",
            "what_zh": "没有位置",
            "what_en": "no position",
            "cure_zh": "补上",
            "cure_en": "add it",
        }
    ],
}

CERTIFICATE: dict[str, Any] = {
    "status": "feasible",
    "cost_cents": 2_730_055,
    "bound_cents": 2_600_000,
    "gap": 0.05002115384615385,
    "phase_gap": 0.125,
}
PROVENANCE: dict[str, Any] = {
    "title_zh": "甲乙规划",
    "title_en": "A & B plan",
    "classification_zh": "内部资料",
    "classification_en": "Internal",
    "attributions": ["© OpenStreetMap contributors (ODbL 1.0)"],
    "levels": {
        "municipal": {"total": 1, "placed": 1, "served": 1},
        "district": {"total": 1, "placed": 1, "served": 1},
        "township": {"total": 3, "placed": 2, "served": 2},
    },
    "reconstructed": ["existing_ducts"],
    "corridors": "settlements",
    "geoplan_version": "0.1.0",
}


def sample_plan(**changed: list[dict[str, Any]]) -> Plan:
    """The plan, with the rows of some tables replaced."""
    rows = {**ROWS, **changed}
    tables = {table.name: _table(table, rows.get(table.name, [])) for table in PLAN_TABLES}
    return Plan(tables=tables, certificate=CERTIFICATE, provenance=PROVENANCE)
