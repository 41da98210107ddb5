"""The sample plan as contractors' drawings need it: cables, a hostile name, a feeder, real methods.

By hand: phase 1 opens 100 m of duct, lights 50 m and pulls 80 m through what exists, with cables
of 120.0 m and 90.5 m and 1 + 2 closures; phase 2 opens 200 m buried with a cable of 210.0 m and
3 closures.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import shapely
from sample_plan import CRS, ROWS, X0, Y0, sample_plan

from geoplan.plan import Plan

HOSTILE = '<script>alert(1)</script> & ]]> "A" <![CDATA[ \'%%c 塘沽'


def _cable(number: int, edge: int, method: str, phase: int, lot: str, **more: Any) -> Any:
    return {
        "cable_id": f"N{edge}-{number}",
        "edge_id": edge,
        "number": number,
        "size_cores": 24,
        "cores_used": 4,
        "method": method,
        "phase": phase,
        "lot": lot,
        "geometry": shapely.LineString([(X0, Y0), (X0 + 100, Y0 + 5)]),
        **more,
    }


def pack_plan() -> Plan:
    """The plan; its districts have outlines, one site a name that breaks careless writers."""
    sites = [dict(row) for row in ROWS["sites"]]
    sites[3]["name"] = HOSTILE
    pull = {
        **{"edge_id": 4, "method": "pull", "phase": 1, "lot": "A", "length_m": 80.0},
        "geometry": shapely.LineString([(X0, Y0), (X0, Y0 + 80)]),
    }
    cables = [
        _cable(1, 1, "duct", 1, "A", sheath_m=120.0, closures=1, cost_cents=12_345),
        _cable(1, 4, "pull", 1, "A", sheath_m=90.5, closures=2),
        _cable(1, 2, "direct_buried", 2, "B", sheath_m=210.0, closures=3),
    ]
    feeder = {
        **{"feeder_id": "F1", "architecture": "splitter", "home_id": "A-HUB", "cores": 1},
        **{"site_ids": "[]", "phase": 2, "lot": "A", "geometry": shapely.Point(X0 + 9, Y0 + 9)},
    }
    shapes = [shapely.box(X0 - 500, Y0 - 400, X0, Y0 + 400)]
    shapes.append(shapely.box(X0, Y0 - 400, X0 + 500, Y0 + 400))
    districts = [
        {**row, "geometry": shapely.MultiPolygon([shape])}
        for row, shape in zip(ROWS["districts"], shapes, strict=True)
    ]
    return sample_plan(
        sites=sites,
        routes=[*ROWS["routes"], pull],
        cables=cables,
        feeders=[feeder],
        districts=districts,
    )


def moved_to_degrees(plan: Plan, table: str) -> gpd.GeoSeries:
    """Shapes of a table of the plan in WGS-84, computed here."""
    return gpd.GeoSeries(plan[table].geometry, crs=CRS).to_crs("EPSG:4326")
