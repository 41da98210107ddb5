"""From a Plan to the data island of the page: columns of short values, nothing computed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoplan.cuts import single_cuts
from geoplan.maps import figures
from geoplan.maps.access import shared_access
from geoplan.maps.lines import (
    UNITS_PER_DEGREE,
    delta_coded_all,
    point_coded,
    reprojected,
    ring_coded,
)
from geoplan.maps.tiles import TileSource
from geoplan.maps.words import LEVELS, METHODS, QUALITIES, WORDS
from geoplan.plan import Plan
from geoplan.plan_styles import PHASE_COLOURS
from geoplan.text import LANGUAGES, Language

__all__ = ["build_payload"]

# What a line may be off on the picture: below one pixel at the zoom it is looked at
_ROUTE_TOLERANCE_M = 4.0
_DISTRICT_TOLERANCE_M = 40.0
_BASE_TOLERANCE_DEG = 0.0005
_EXISTING_TOLERANCE_M = 4.0


def build_payload(plan: Plan, *, language: Language, tiles: TileSource | None) -> dict[str, Any]:
    """Return everything the page's script needs, as JSON values.

    Coordinates are WGS-84 in units of 1e-5 degrees; bilingual texts are ``[zh, en]``.
    """
    crs = str(plan.provenance["planning_crs"])
    site_index = {str(site): i for i, site in enumerate(plan["sites"]["site_id"])}
    city = _city(plan, crs)
    return {
        "language": LANGUAGES.index(language),
        "units": UNITS_PER_DEGREE,
        "title": [str(plan.provenance["title_zh"]), str(plan.provenance["title_en"])],
        "classification": [
            str(plan.provenance["classification_zh"]),
            str(plan.provenance["classification_en"]),
        ],
        "attributions": [str(line) for line in plan.provenance.get("attributions") or []],
        "version": str(plan.provenance.get("geoplan_version", "")),
        "colours": list(PHASE_COLOURS),
        "words": dict(WORDS),
        "methods": dict(METHODS),
        "levels": dict(LEVELS),
        "qualities": dict(QUALITIES),
        "reconstructed": bool(plan.provenance.get("reconstructed")),
        "steps": figures.steps(plan),
        "proof": figures.proof(plan),
        "notes": figures.notes(plan),
        "districts": _districts(plan, crs),
        "roads": _lines(_base(plan, "roads_base", crs, city)),
        "water": _rings(_base(plan, "water_base", crs, city)),
        "existing": _existing(plan, crs),
        "sites": _sites(plan, crs),
        "routes": _routes(plan, crs),
        "paths": _paths(plan, site_index),
        "cuts": _cuts(plan, site_index),
        "bounds": _bounds(plan, crs),
        "tile": None if tiles is None else tiles.url,
    }


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    return frame[column].fillna("").astype(str).tolist()


def _whole(frame: pd.DataFrame, column: str) -> list[int]:
    values: list[int] = frame[column].astype("int64").tolist()
    return values


def _maybe(frame: pd.DataFrame, column: str, digits: int) -> list[float | None]:
    values = pd.to_numeric(frame[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    return [None if np.isnan(value) else round(float(value), digits) for value in values]


def _sites(plan: Plan, crs: str) -> dict[str, Any]:
    frame = plan["sites"]
    columns = ("site_id", "name", "level", "district_code", "district_name", "position_quality")
    record: dict[str, Any] = {column: _texts(frame, column) for column in columns}
    for column in ("home_id", "note", "optic", "weight_reason", "why_zh", "why_en"):
        record[column] = _texts(frame, column)
    for column in ("villages", "phase", "weight", "ways_required", "cost_share_cents"):
        record[column] = _whole(frame, column)
    access = shared_access(plan)
    record["access_zh"] = [access[site].zh if site in access else "" for site in record["site_id"]]
    record["access_en"] = [access[site].en if site in access else "" for site in record["site_id"]]
    record["path_length_m"] = _maybe(frame, "path_length_m", 1)
    record["loss_db"] = _maybe(frame, "loss_db", 3)
    record["at"] = [point_coded(shape) for shape in reprojected(frame, crs, 0.0)]
    return record


def _routes(plan: Plan, crs: str) -> dict[str, Any]:
    frame = plan["routes"]
    record: dict[str, Any] = {
        column: _whole(frame, column)
        for column in ("edge_id", "phase", "cores_used", "sites_served", "cost_cents")
    }
    for column in ("method", "existing_id"):
        record[column] = _texts(frame, column)
    record["length_m"] = _maybe(frame, "length_m", 1)
    record["cables"] = _cable_sizes(plan)
    record["line"] = delta_coded_all(reprojected(frame, crs, _ROUTE_TOLERANCE_M))
    return record


def _cable_sizes(plan: Plan) -> list[str]:
    """Return the new cables of each route in words: ``"1 x 96 + 1 x 24"``."""
    sizes: dict[int, Counter[int]] = {}
    cables = plan["cables"]
    for edge, size in zip(_whole(cables, "edge_id"), _whole(cables, "size_cores"), strict=True):
        sizes.setdefault(edge, Counter())[size] += 1
    return [
        " + ".join(f"{n} × {size}" for size, n in sorted(sizes[edge].items(), reverse=True))
        if edge in sizes
        else ""
        for edge in _whole(plan["routes"], "edge_id")
    ]


def _paths(plan: Plan, site_index: dict[str, int]) -> list[list[int]]:
    """Return ``[site, way, route, route, ...]`` (row numbers) of each path that is in service."""
    route_index = {edge: i for i, edge in enumerate(_whole(plan["routes"], "edge_id"))}
    frame = plan["core_paths"]
    rows: list[list[int]] = []
    for site, way, edges in zip(
        _texts(frame, "site_id"), _whole(frame, "way"), _texts(frame, "edge_ids"), strict=True
    ):
        routes = [route_index.get(int(edge), -1) for edge in json.loads(edges or "[]")]
        if site in site_index and -1 not in routes:
            rows.append([site_index[site], way, *routes])
    return rows


def _cuts(plan: Plan, site_index: dict[str, int]) -> dict[str, list[list[int]]]:
    """Return per route the row numbers of what a cut takes down, leaves, and cuts with it."""
    edges = _whole(plan["routes"], "edge_id")
    route_index = {edge: i for i, edge in enumerate(edges)}
    cuts = single_cuts(plan)
    return {
        "down": [[site_index[site] for site in cuts[edge].down] for edge in edges],
        "kept": [[site_index[site] for site in cuts[edge].kept] for edge in edges],
        "together": [[route_index[other] for other in cuts[edge].together] for edge in edges],
    }


def _districts(plan: Plan, crs: str) -> list[dict[str, Any]]:
    frame = plan["districts"]
    sites = plan["sites"]
    towns = sites[sites["level"] == "township"]
    phases = [int(n) for n in plan["phases"].sort_values("number")["number"]]
    simplified = reprojected(frame, crs, _DISTRICT_TOLERANCE_M)
    labels = reprojected(frame, crs, 0.0)
    rows = []
    for i, (code, name) in enumerate(
        zip(_texts(frame, "code"), _texts(frame, "name"), strict=True)
    ):
        own = towns.loc[towns["district_code"].astype(str) == code, "phase"]
        served = [int(((own > 0) & (own <= step)).sum()) for step in (0, *phases)]
        rows.append(
            {
                "code": code,
                "name": name,
                "rings": ring_coded(simplified[i]),
                "label": [] if labels[i] is None else point_coded(_middle(labels[i])),
                "total": len(own),
                "served": served,
            }
        )
    return rows


def _middle(shape: Any) -> Any:
    """Return the pole of inaccessibility of the largest part: where a label has most room."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=0.002)
    return shapely.Point(shapely.get_coordinates(circle)[0])


def _existing(plan: Plan, crs: str) -> list[list[int]]:
    """Return the lines of the existing plant: ducts, and cables that lie in none of them."""
    ducts, cables = plan["existing_ducts"], plan["existing_cables"]
    lines = delta_coded_all(reprojected(ducts, crs, _EXISTING_TOLERANCE_M))
    if len(cables):
        alone = cables[~cables["duct_id"].astype(str).isin(set(_texts(ducts, "duct_id")))]
        lines += delta_coded_all(reprojected(alone, crs, _EXISTING_TOLERANCE_M))
    return [line for parts in lines for line in parts]


def _city(plan: Plan, crs: str) -> Any:
    """Return the city's outline: the base ends there instead of at its extract's straight edges."""
    shapes = [shape for shape in reprojected(plan["districts"], crs, 0.0) if shape is not None]
    # coverage union needs valid coverages; outlines of several sources are not one
    return shapely.union_all(shapely.make_valid(shapes)) if shapes else None


def _base(plan: Plan, name: str, crs: str, city: Any) -> Any:
    """Return a base layer within the city as one geometry, ``None`` when there is nothing."""
    if name not in plan.tables:
        return None
    known = [shape for shape in reprojected(plan[name], crs, 0.0) if shape is not None]
    if not known:
        return None
    whole = shapely.union_all(shapely.make_valid(known))
    return whole if city is None else shapely.intersection(whole, city)


def _lines(shape: Any) -> list[list[int]]:
    """Return the lines of a base layer as long chains, simplified for the picture."""
    if shape is None or shapely.is_empty(shape):
        return []
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "LineString"]
    # long chains instead of many short pieces: fewer vertices after simplification
    chains = shapely.get_parts(shapely.line_merge(shapely.MultiLineString(parts)))
    simple = shapely.simplify(chains, _BASE_TOLERANCE_DEG, preserve_topology=False)
    return [line for lines in delta_coded_all(simple) for line in lines]


def _rings(shape: Any) -> list[list[int]]:
    """Return the rings of a base layer of areas, simplified for the picture."""
    if shape is None or shapely.is_empty(shape):
        return []
    return ring_coded(shapely.simplify(shape, _BASE_TOLERANCE_DEG, preserve_topology=True))


def _bounds(plan: Plan, crs: str) -> list[int]:
    """Return west, south, east, north of the districts (of the sites when there are none)."""
    for name in ("districts", "sites"):
        shapes = [shape for shape in reprojected(plan[name], crs, 0.0) if shape is not None]
        if shapes:
            return [round(x * UNITS_PER_DEGREE) for x in shapely.total_bounds(shapes).tolist()]
    raise ValueError("a plan without districts and without placed sites has no map")
