"""Reuse edges: free bores and free cores of the existing plant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.candidates.graph import METHODS
from geoplan.candidates.places import Places
from geoplan.existing import free_bores, free_cores

__all__ = ["ReuseEdges", "reuse_edges"]

_PULL, _LIGHT = METHODS.index("pull"), METHODS.index("light")
_AT_PLACE_M = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class ReuseEdges:
    """Ducts of use, and the edges in them.

    Parameters
    ----------
    duct_id, geometry, tail, head
        (d,), ducts in use order of the layer; lines run from tail to head.
    duct
        int64 (r,), duct of each edge (sorted; ``pull`` first, then its cables).
    method, length_m, existing_id, free
        (r,), method, recorded length, id of duct or cable, free bores or cores.
    """

    duct_id: NDArray[np.object_]
    geometry: NDArray[np.object_]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    duct: NDArray[np.int64]
    method: NDArray[np.int8]
    length_m: NDArray[np.float64]
    existing_id: NDArray[np.object_]
    free: NDArray[np.int64]


def reuse_edges(
    ducts: gpd.GeoDataFrame,
    cables: gpd.GeoDataFrame,
    places: Places,
    *,
    reuse: Literal["none", "ducts", "ducts_and_cores"],
) -> ReuseEdges:
    """Return what the policy (rule P2) lets the extranet take over from the existing plant.

    One ``pull`` edge per duct with free bores; with ``ducts_and_cores`` one ``light`` edge per
    cable with free cores. Ducts within one building are left out.
    """
    if reuse == "none":
        ducts, cables = ducts.iloc[:0], cables.iloc[:0]
    if reuse == "ducts":
        cables = cables.iloc[:0]
    ids = ducts["duct_id"].astype(str).to_numpy(dtype=np.object_)
    node_place = places.plant_place
    tail = np.array([node_place[node] for node in ducts["node_a"].astype(str)], dtype=np.int64)
    head = np.array([node_place[node] for node in ducts["node_b"].astype(str)], dtype=np.int64)
    row_of = {duct: row for row, duct in enumerate(ids.tolist())}
    cable_row = np.array(
        [row_of.get(duct, -1) for duct in cables["duct_id"].astype(str)], dtype=np.int64
    )
    bores, cores = free_bores(ducts).to_numpy(), free_cores(cables).to_numpy()
    edge_row = np.concatenate([np.arange(len(ids)), cable_row]).astype(np.int64)
    free = np.concatenate([bores, cores]).astype(np.int64)
    method = np.concatenate([np.full(len(ids), _PULL), np.full(len(cables), _LIGHT)])
    length_m = np.concatenate([ducts["length_m"].to_numpy(), cables["length_m"].to_numpy()])
    existing_id = np.concatenate([ids, cables["cable_id"].astype(str).to_numpy(dtype=np.object_)])
    usable = np.flatnonzero((edge_row >= 0) & (free > 0))
    usable = usable[tail[edge_row[usable]] != head[edge_row[usable]]]
    usable = usable[np.argsort(edge_row[usable], kind="stable")]
    used, duct = np.unique(edge_row[usable], return_inverse=True)
    return ReuseEdges(
        ids[used],
        _between_places(
            shapely.force_2d(ducts.geometry.to_numpy()[used]),
            places.xy[tail[used]],
            places.xy[head[used]],
        ),
        tail[used],
        head[used],
        duct.astype(np.int64),
        method[usable].astype(np.int8),
        length_m[usable].astype(np.float64),
        existing_id[usable],
        free[usable],
    )


def _between_places(
    lines: NDArray[np.object_], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return the lines (d,), each from and to the very places (d, 2) that its ends belong to.

    A duct may end anywhere in the building of a site; the building is one node of the graph.
    """
    led = lines.copy()
    for row, line in enumerate(lines):
        at = shapely.get_coordinates(line)
        first = 1 if np.hypot(*(at[0] - start[row])) <= _AT_PLACE_M else 0
        last = len(at) - (1 if np.hypot(*(at[-1] - end[row])) <= _AT_PLACE_M else 0)
        led[row] = shapely.LineString([start[row], *at[first:last], end[row]])
    return led
