"""Corridors between neighbouring settlements, for want of a road layer.

Two settlements are neighbours when no third lies within the circle whose diameter they span
(Gabriel and Sokal 1969). A corridor is drawn straight; its length is the straight length times
a detour factor calibrated on real roads (``benchmarks/detour_factor.py``).
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay, QhullError, cKDTree

from geoplan.candidates.network import two_edge_blocks
from geoplan.candidates.places import NO_SITE, Places
from geoplan.candidates.routes import Routes
from geoplan.layers import LEVELS

__all__ = ["gabriel_edges", "settlement_routes"]

_MUNICIPAL = LEVELS.index("municipal")


def _delaunay_edges(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the edges (i < j, sorted) of the Delaunay triangulation.

    Up to four points, and points on one line, get the edges to their next and second-next
    neighbour along the line instead: every circle then still finds its edge.
    """
    if len(xy) > 4:
        try:
            simplices = Delaunay(xy - xy.mean(axis=0)).simplices
        except QhullError:
            pass
        else:
            pairs = np.concatenate(
                [simplices[:, [0, 1]], simplices[:, [1, 2]], simplices[:, [2, 0]]]
            )
            return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)
    if len(xy) <= 4:
        i, j = np.triu_indices(len(xy), 1)
        return np.stack([i, j], axis=1).astype(np.int64)
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    pairs = np.concatenate(
        [np.stack([order[:-1], order[1:]], axis=1), np.stack([order[:-2], order[2:]], axis=1)]
    )
    return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)


def gabriel_edges(xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the Gabriel edges of points, and the other Delaunay edges, shortest first.

    Parameters
    ----------
    xy
        (n, 2), distinct points.

    Returns
    -------
    (g, 2) and (r, 2), pairs i < j.
    """
    pairs = _delaunay_edges(xy)
    if len(pairs) == 0:
        return pairs, pairs
    a, b = xy[pairs[:, 0]], xy[pairs[:, 1]]
    length_m = np.hypot(*(b - a).T)
    middle_m, _ = cKDTree(xy).query((a + b) / 2)
    # the two ends lie on the circle; a third point on it does not count as inside
    empty = middle_m >= length_m / 2 * (1 - 1e-9)
    rest = pairs[~empty]
    return pairs[empty], rest[np.lexsort((rest[:, 1], rest[:, 0], length_m[~empty]))]


def _with_two_ways(
    n: int, pairs: NDArray[np.int64], rest: NDArray[np.int64], hubs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Add Delaunay edges, shortest first, until no single cut parts the hubs (cores too)."""
    for pair in rest:
        block = two_edge_blocks(n, pairs[:, 0], pairs[:, 1])
        if len(np.unique(block[hubs])) <= 1:
            break
        if block[pair[0]] != block[pair[1]]:
            pairs = np.concatenate([pairs, pair[None, :]])
    return pairs


def settlement_routes(places: Places, *, detour: float) -> Routes:
    """Return corridors between settlements, and a lead-in for each other place with a site.

    Townships, hubs and cores are settlements; municipal units are attached to the nearest
    one. Corridors that cross are not joined there.
    """
    level = places.level
    settled = np.flatnonzero((level != _MUNICIPAL) & (level != NO_SITE))
    xy = places.xy[settled]
    # places at one and the same point are one settlement: chained by links of no length
    _, distinct, copy = np.unique(np.round(xy, 1), axis=0, return_index=True, return_inverse=True)
    copy = copy.ravel()
    pairs, rest = gabriel_edges(xy[distinct])
    hubs = np.unique(copy[level[settled] < _MUNICIPAL])
    pairs = settled[distinct][_with_two_ways(len(distinct), pairs, rest, hubs)]
    doubles = np.flatnonzero(distinct[copy] != np.arange(len(settled)))
    links = np.stack([settled[distinct[copy[doubles]]], settled[doubles]], axis=1)
    units = np.flatnonzero(level == _MUNICIPAL)
    lead_ins = np.empty((0, 2), dtype=np.int64)
    if len(units) and len(settled):
        _, nearest = cKDTree(xy).query(places.xy[units])
        lead_ins = np.stack([units, settled[nearest]], axis=1)
    ends = np.concatenate([pairs.reshape(-1, 2), links, lead_ins])
    count = len(ends)
    return Routes(
        node_xy=places.xy,
        tail=ends[:, 0],
        head=ends[:, 1],
        geometry=shapely.linestrings(places.xy[ends]),
        factor=np.full(count, detour),
        motorway=np.zeros(count, dtype=np.bool_),
        lead_in=np.arange(count) >= count - len(lead_ins),
        bridges=np.full(count, None, dtype=np.object_),
    )
