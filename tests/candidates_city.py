"""Small cities for the tests of the candidate graph: metres from a corner in EPSG:4548."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.candidates import METHODS, CandidateGraph
from geoplan.layers import Layers
from geoplan.read import read_scenario
from geoplan.scenario import Scenario

CRS = "EPSG:4548"
ORIGIN = np.array([500_000.0, 4_330_000.0])
"""On the central meridian: the projection's scale there is 1, so metres are metres."""

_ROOT = Path(__file__).resolve().parent.parent
SCENARIO = read_scenario(_ROOT / "data" / "tianjin" / "scenario.toml")


def scenario(*, detour: float = 1.5, **route: Any) -> Scenario:
    """The embedded scenario with its route rules replaced; ``120101`` is urban."""
    policy = {"reuse": route.pop("reuse")} if "reuse" in route else {}
    factor = replace(SCENARIO.route.detour_factor, value=detour)
    rules = {"urban_districts": ("120101",), "detour_factor": factor, **route}
    return replace(
        SCENARIO,
        route=replace(SCENARIO.route, **rules),
        policy=replace(SCENARIO.policy, **policy),
    )


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(np.array(points, dtype=float) + ORIGIN)


def roads(*rows: tuple[Any, ...]) -> gpd.GeoDataFrame:
    """Roads as (line, class, structure); class and structure may be left out."""
    full = [(*row, "primary", "none")[:3] if len(row) == 1 else (*row, "none")[:3] for row in rows]
    return gpd.GeoDataFrame(
        {"road_class": [row[1] for row in full], "structure": [row[2] for row in full]},
        geometry=[row[0] for row in full],
        crs=CRS,
    )


def districts(*, size_m: float = 20_000.0) -> gpd.GeoDataFrame:
    """An urban district west of x = 10 km, a rural one east of it."""
    low = -size_m / 2
    boxes = [shapely.box(low, low, 10_000.0, size_m), shapely.box(10_000.0, low, 30_000.0, size_m)]
    geometry = [
        shapely.MultiPolygon([shapely.transform(box, lambda c: c + ORIGIN)]) for box in boxes
    ]
    return gpd.GeoDataFrame(
        {"code": ["120101", "120110"], "name": ["城", "郊"], "population": [1000, 2000]},
        geometry=geometry,
        crs=CRS,
    )


def sites(*rows: tuple[str, str, tuple[float, float] | None] | tuple[Any, ...]) -> gpd.GeoDataFrame:
    """Sites as (id, level, position[, existing node])."""
    count = len(rows)
    return gpd.GeoDataFrame(
        {
            "site_id": [row[0] for row in rows],
            "name": [f"site {row[0]}" for row in rows],
            "level": [row[1] for row in rows],
            "district_code": ["120101"] * count,
            "district_name": ["城"] * count,
            "position_quality": ["given"] * count,
            "villages": [1] * count,
            "uses_system": [False] * count,
            "existing_node": [row[3] if len(row) > 3 else "" for row in rows],
            "note": [""] * count,
        },
        geometry=[None if row[2] is None else shapely.Point(ORIGIN + row[2]) for row in rows],
        crs=CRS,
    )


def plant(*rows: tuple[Any, ...]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Ducts as (id, node a, node b, line, bores, bores used, ((cores, used), ...))."""
    ducts = gpd.GeoDataFrame(
        {
            "duct_id": [row[0] for row in rows],
            "node_a": [row[1] for row in rows],
            "node_b": [row[2] for row in rows],
            "length_m": [round(row[3].length) for row in rows],
            "bores": [row[4] for row in rows],
            "bores_used": [row[5] for row in rows],
            "origin": ["surveyed"] * len(rows),
        },
        geometry=[row[3] for row in rows],
        crs=CRS,
    )
    cables = [
        (f"{row[0]}-{number}", row[0], round(row[3].length) + 7, cores, used, row[3])
        for row in rows
        for number, (cores, used) in enumerate(row[6])
    ]
    return ducts, gpd.GeoDataFrame(
        {
            "cable_id": [cable[0] for cable in cables],
            "duct_id": [cable[1] for cable in cables],
            "length_m": np.array([cable[2] for cable in cables], dtype=int),
            "cores": np.array([cable[3] for cable in cables], dtype=int),
            "cores_used": np.array([cable[4] for cable in cables], dtype=int),
            "origin": ["surveyed"] * len(cables),
        },
        geometry=[cable[5] for cable in cables],
        crs=CRS,
    )


def layers(
    site_rows: gpd.GeoDataFrame,
    *,
    road_rows: gpd.GeoDataFrame | None = None,
    plant_rows: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame] | None = None,
    water: gpd.GeoDataFrame | None = None,
) -> Layers:
    ducts, cables = plant_rows if plant_rows is not None else plant()
    return Layers(
        districts=districts(),
        sites=site_rows,
        roads=road_rows,
        water=water,
        existing_ducts=ducts,
        existing_cables=cables,
        notes=(),
        attributions=(),
        hashes=(),
    )


def groups_of(graph: CandidateGraph, edge: int) -> set[int]:
    return set(graph.risk_groups[graph.risk_ptr[edge] : graph.risk_ptr[edge + 1]].tolist())


def edges_with(graph: CandidateGraph, method: str) -> list[int]:
    return np.flatnonzero(graph.method == METHODS.index(method)).tolist()  # type: ignore[arg-type]
