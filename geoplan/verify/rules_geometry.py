"""Rules on what is drawn: edges meet at their nodes, and routes and paths lie on the edges."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import NEW_ROUTE, Facts, from_scenario
from geoplan.verify.report import RuleResult, judge

__all__ = ["edges_geometry", "lines_drawn"]

_TOUCH_M = 1.0
_SAME_BUILDING_M = 50.0
_SCALE_ERROR = 2e-4
"""The planning CRS stretches lengths by at most 101 ppm within the city; twice that is allowed."""
_ROUNDING_M = 0.1
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
"""Length of the envelope in a GeoPackage geometry header, by its indicator (flag bits 1-3)."""


def _shapes(blobs: Iterable[Any]) -> NDArray[np.object_]:
    """Return shapely geometries of GeoPackage blobs; ``None`` where null or unreadable."""
    wkb = np.array([_wkb(blob) for blob in blobs], dtype=object)
    shapes: NDArray[np.object_] = shapely.from_wkb(wkb, on_invalid="ignore")
    return shapes


def _wkb(blob: Any) -> bytes | None:
    """Return the WKB behind the header of a GeoPackage geometry (OGC 12-128r, 2.1.3)."""
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        return None
    indicator = blob[3] >> 1 & 7
    return blob[8 + _ENVELOPE_BYTES[indicator] :] if indicator < len(_ENVELOPE_BYTES) else None


def _ends(lines: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return first and last point of each line, float64 (n, 2); nan where there is none."""
    first, last = (shapely.get_point(lines, index) if len(lines) else lines for index in (0, -1))
    return (
        np.column_stack((shapely.get_x(first), shapely.get_y(first))),
        np.column_stack((shapely.get_x(last), shapely.get_y(last))),
    )


def edges_geometry(facts: Facts) -> RuleResult:
    """Check that edges meet at their nodes, sites stand at theirs, no length is under the line."""
    edges, sites = facts["candidate_edges"], facts["sites"]
    lines = _shapes(facts.data.geometry["candidate_edges"])
    first, last = _ends(lines)
    node = np.concatenate((edges["tail_node"], edges["head_node"]))
    points = np.concatenate((first, last))
    names = np.concatenate((edges["edge_id"], edges["edge_id"]))
    known, where, inverse = np.unique(node, return_index=True, return_inverse=True)
    away = np.hypot(*(points - points[where][inverse]).T)
    faults = [
        Text(
            f"候选段{names[row]}的端点不在节点{node[row]}",
            f"candidate edge {names[row]} does not end at node {node[row]}",
        )
        for row in np.flatnonzero(~(away <= _TOUCH_M))
    ]
    new = np.isin(edges["method"].astype(str), NEW_ROUTE)
    drawn = shapely.length(lines)
    short = new & (edges["length_m"] < drawn * (1 - _SCALE_ERROR) - _ROUNDING_M)
    faults += [
        Text(
            f"候选段{edges['edge_id'][row]}长{edges['length_m'][row]}米，短于图上{drawn[row]:.1f}米",
            f"candidate edge {edges['edge_id'][row]} is {edges['length_m'][row]} m, "
            f"its line {drawn[row]:.1f} m",
        )
        for row in np.flatnonzero(short)
    ]
    room = from_scenario(facts.data, "route", "same_building_m", "value")
    within = float(room) if isinstance(room, int | float) else _SAME_BUILDING_M
    at = dict(zip(known.tolist(), points[where].tolist(), strict=True))
    spots = _shapes(facts.data.geometry["sites"])
    for row in np.flatnonzero(sites["attached"]).tolist():
        spot, place = spots[row], at.get(int(sites["node_id"][row]))
        if spot is None or place is None:
            continue  # no position: sites.state; a node without edges: paths.walk
        if not np.hypot(spot.x - place[0], spot.y - place[1]) <= within + _TOUCH_M:
            name = sites["site_id"][row]
            faults.append(Text(f"{name}不在其节点处", f"{name} does not stand at its node"))
    return judge(
        "edges.geometry",
        faults,
        Text(f"{edges.count}条候选段首尾与节点相符", f"{edges.count} edges meet at their nodes"),
    )


def lines_drawn(facts: Facts) -> RuleResult:
    """Check that routes and cables are drawn as their edges and paths as long as theirs."""
    lines = _shapes(facts.data.geometry["candidate_edges"])
    routes, cables, paths = facts["routes"], facts["cables"], facts["core_paths"]
    cable_edge = np.array([facts.edge_row[e] for e in cables["edge_id"].tolist()], dtype=np.int64)
    faults = []
    for layer, ids, edge in (
        ("routes", routes["edge_id"], facts.route_edge),
        ("cables", cables["cable_id"], cable_edge),
    ):
        shapes = _shapes(facts.data.geometry[layer])
        same = shapely.equals_exact(shapes, lines[edge], tolerance=_ROUNDING_M)
        faults += [
            Text(f"{layer} {name}的图形与候选段不同", f"{layer} {name} is not drawn as its edge")
            for name in ids[~same]
        ]
    shapes = _shapes(facts.data.geometry["core_paths"])
    drawn = np.nan_to_num(shapely.length(shapes))
    along = facts.sum_over_paths(shapely.length(lines))
    faults += [
        Text(f"{name}的图形与路由段不符", f"core path {name} is not drawn along its stretches")
        for name in paths["path_id"][~(np.abs(drawn - along) <= _TOUCH_M)]
    ]
    faults += _rings_drawn(facts, shapely.length(lines))
    return judge(
        "lines.drawn", faults, Text("图形与数据一致", "routes, cables and paths are drawn right")
    )


def _rings_drawn(facts: Facts, drawn_m: NDArray[np.float64]) -> list[Text]:
    """Check that rings are lines as long as their stretches (m,) are drawn, closed at one core."""
    rings = facts["rings"]
    shapes = _shapes(facts.data.geometry["rings"])
    faults = []
    for row in range(rings.count):
        edges = [facts.edge_row[edge] for edge in json.loads(rings["edge_ids"][row])]
        off = abs(float(np.nan_to_num(shapely.length(shapes[row]))) - drawn_m[edges].sum())
        back = rings["core_id"][row] == rings["end_core_id"][row]
        if not (off <= _TOUCH_M and bool(shapely.is_closed(shapes[row])) == back):
            name = rings["ring_id"][row]
            faults.append(
                Text(f"环{name}的图形与路由段不符", f"ring {name} is not drawn along its stretches")
            )
    return faults
