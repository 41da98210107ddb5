"""Node a line network: junctions where roads cross, and ends that belong together.

Real road layers are not noded: lines cross without a shared vertex, and ends stop short of
the road they lead to. Crossings of bridges, tunnels and motorways are not junctions.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geoplan.candidates.network import Pieces, components, split_pieces

__all__ = ["join_abutments", "join_ends", "join_motorways", "join_parts", "node_crossings"]

SNAP_M = 15.0
"""A new junction this close to a vertex of the same piece takes that vertex."""

AHEAD_DEG = 35.0
"""A gap lies in the direction of a road when it deviates from it by at most this."""

ACCESS_M = 60.0
"""Length of the link between a motorway and a road that crosses it."""

_CHUNK = 64


def node_crossings(pieces: Pieces) -> Pieces:
    """Make a junction wherever two ordinary roads cross at one level."""
    plain = np.flatnonzero(~(pieces.motorway | pieces.bridge))
    i, j, at = _crossings(pieces, plain, plain)
    i, j, at = i[i < j], j[i < j], at[i < j]
    if len(i) == 0:
        return pieces
    vertex = len(pieces.xy) + np.arange(len(i), dtype=np.int64)
    xy = np.concatenate([pieces.xy, at])
    share_i, share_j = _share(pieces, i, at), _share(pieces, j, at)
    split = split_pieces(
        pieces,
        np.concatenate([i, j]),
        np.concatenate([share_i, share_j]),
        np.concatenate([vertex, vertex]),
        xy,
    )
    return split.unique()


def _crossings(
    pieces: Pieces, a: NDArray[np.int64], b: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return pairs (piece of ``a``, piece of ``b``) that cross, and where."""
    lines = pieces.lines()
    i, j = shapely.STRtree(lines[b]).query(lines[a], predicate="crosses")
    i, j = a[i], b[j]
    at = shapely.get_coordinates(shapely.intersection(lines[i], lines[j]))
    return i.astype(np.int64), j.astype(np.int64), np.round(at, 2)


def join_abutments(pieces: Pieces, *, reach_m: float) -> Pieces:
    """Link the end of a bridge (or tunnel) to the ordinary road it crosses.

    The crossing itself is no junction; but a route can leave the road where the bridge begins
    and go down to the road below. The link is a piece of its own, with its own length, and is
    left out where the bridge begins more than ``reach_m`` from the crossing.
    """
    ordinary = ~pieces.motorway
    on_bridge = np.flatnonzero(ordinary & pieces.bridge)
    plain = np.flatnonzero(ordinary & ~pieces.bridge)
    i, j, at = _crossings(pieces, on_bridge, plain)
    if len(i) == 0:
        return pieces
    n = len(pieces.xy)
    length = np.maximum(pieces.lengths_m(), 0.01)
    ends = (pieces.tail[on_bridge], pieces.head[on_bridge])
    graph = coo_array((length[on_bridge], ends), shape=(n, n)).tocsr()
    ground = np.zeros(n, dtype=np.bool_)
    ground[pieces.tail[plain]] = ground[pieces.head[plain]] = True
    touched = np.zeros(n, dtype=np.bool_)
    touched[ends[0]] = touched[ends[1]] = True
    abutment = np.flatnonzero(ground & touched)
    if len(abutment) == 0:
        return pieces
    away_m, _, nearest = dijkstra(
        graph,
        directed=False,
        indices=abutment,
        limit=reach_m,
        min_only=True,
        return_predecessors=True,
    )
    along = _share(pieces, i, at) * length[i]
    by_tail = away_m[pieces.tail[i]] + along
    by_head = away_m[pieces.head[i]] + length[i] - along
    start = np.where(by_tail <= by_head, nearest[pieces.tail[i]], nearest[pieces.head[i]])
    keep = np.minimum(by_tail, by_head) <= reach_m
    i, j, at, start = i[keep], j[keep], at[keep], start[keep].astype(np.int64)
    vertex = n + np.arange(len(j), dtype=np.int64)
    xy = np.concatenate([pieces.xy, at])
    split = split_pieces(pieces, j, _share(pieces, j, at), vertex, xy)
    false = np.zeros(len(j), dtype=np.bool_)
    return Pieces(
        xy,
        np.concatenate([split.tail, start]),
        np.concatenate([split.head, vertex]),
        np.concatenate([split.motorway, false]),
        np.concatenate([split.bridge, false]),
    ).unique()


def join_motorways(pieces: Pieces) -> Pieces:
    """Link every motorway to the roads that it crosses: ways in, at a price.

    Main-road layers show motorways without their ramps. A link of up to ``ACCESS_M`` leads
    from the road to the motorway at the crossing; stretches that end in a motorway count as a
    motorway crossing (:mod:`geoplan.candidates.crossings`), which is what it costs.
    """
    fast = np.flatnonzero(pieces.motorway)
    i, j, at = _crossings(pieces, np.arange(len(pieces.tail), dtype=np.int64), fast)
    once = ~pieces.motorway[i] | (i < j)
    i, j, at = i[once], j[once], at[once]
    if len(i) == 0:
        return pieces
    length = np.maximum(pieces.lengths_m()[i], 0.01)
    metre = _share(pieces, i, at) * length
    ahead, back = metre + ACCESS_M <= length, metre >= ACCESS_M
    farther_end = np.where(metre < length / 2, length, 0.0)
    leave = np.where(ahead, metre + ACCESS_M, np.where(back, metre - ACCESS_M, farther_end))
    n, count = len(pieces.xy), len(i)
    foot, top = n + np.arange(count), n + count + np.arange(count)
    a = pieces.xy[pieces.tail[i]]
    foot_xy = a + (leave / length)[:, None] * (pieces.xy[pieces.head[i]] - a)
    xy = np.concatenate([pieces.xy, np.round(foot_xy, 2), at])
    split = split_pieces(
        pieces,
        np.concatenate([i, j]),
        np.concatenate([leave / length, _share(pieces, j, at)]),
        np.concatenate([foot, top]),
        xy,
    )
    false = np.zeros(count, dtype=np.bool_)
    return Pieces(
        xy,
        np.concatenate([split.tail, foot]),
        np.concatenate([split.head, top]),
        np.concatenate([split.motorway, false]),
        np.concatenate([split.bridge, false]),
    ).unique()


def _share(
    pieces: Pieces, piece: NDArray[np.int64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where along its piece each point lies, as a share of the piece's length."""
    a = pieces.xy[pieces.tail[piece]]
    step = pieces.xy[pieces.head[piece]] - a
    square = np.maximum((step**2).sum(axis=1), 1e-9)
    share: NDArray[np.float64] = np.clip(((at - a) * step).sum(axis=1) / square, 0.0, 1.0)
    return share


def _ends(pieces: Pieces) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the loose ends: vertex, its piece, and the unit vector pointing onwards."""
    loose = pieces.degree() == 1
    at_tail, at_head = loose[pieces.tail], loose[pieces.head]
    piece = np.concatenate([np.flatnonzero(at_tail), np.flatnonzero(at_head)])
    vertex = np.concatenate([pieces.tail[at_tail], pieces.head[at_head]])
    other = np.concatenate([pieces.head[at_tail], pieces.tail[at_head]])
    ahead = pieces.xy[vertex] - pieces.xy[other]
    ahead = ahead / np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]
    order = np.argsort(vertex, kind="stable")
    return vertex[order], piece[order], ahead[order]


def _network_distance(
    pieces: Pieces, start: NDArray[np.int64], limit_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (index into start, vertex) that lie within ``limit_m`` along the network."""
    n = len(pieces.xy)
    graph = coo_array(
        (np.maximum(pieces.lengths_m(), 0.01), (pieces.tail, pieces.head)), shape=(n, n)
    ).tocsr()
    rows, columns = [], []
    for begin in range(0, len(start), _CHUNK):
        reach = dijkstra(
            graph, directed=False, indices=start[begin : begin + _CHUNK], limit=limit_m
        )
        row, column = np.nonzero(np.isfinite(reach))
        rows.append(row + begin)
        columns.append(column)
    if not rows:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(rows).astype(np.int64), np.concatenate(columns).astype(np.int64)


def _apply(
    pieces: Pieces,
    start: NDArray[np.int64],
    target: NDArray[np.int64],
    motorway: NDArray[np.bool_],
) -> Pieces:
    """Join each start vertex to the nearest point of its target piece."""
    share = _share(pieces, target, pieces.xy[start])
    length = pieces.lengths_m()[target]
    to_tail = share * length <= SNAP_M
    to_head = ~to_tail & ((1.0 - share) * length <= SNAP_M)
    fresh = ~(to_tail | to_head)
    stop = np.where(to_tail, pieces.tail[target], pieces.head[target])
    stop[fresh] = len(pieces.xy) + np.arange(int(fresh.sum()))
    a, b = pieces.xy[pieces.tail[target[fresh]]], pieces.xy[pieces.head[target[fresh]]]
    at = a + share[fresh, None] * (b - a)
    xy = np.concatenate([pieces.xy, np.round(at, 2)])
    split = split_pieces(pieces, target[fresh], share[fresh], stop[fresh], xy)
    return Pieces(
        xy,
        np.concatenate([split.tail, start]),
        np.concatenate([split.head, stop]),
        np.concatenate([split.motorway, motorway]),
        np.concatenate([split.bridge, np.zeros(len(start), dtype=np.bool_)]),
    ).unique()


def join_ends(pieces: Pieces, *, reach_m: float, any_direction: bool) -> Pieces:
    """Join loose ends to the nearest road within ``reach_m`` that they belong to.

    An end belongs to a road when the road lies ahead of it (or anywhere, with
    ``any_direction``) and can't be reached along the network within five times the gap, or
    400 m. An ordinary road's end is never joined to a motorway.
    """
    vertex, own, ahead = _ends(pieces)
    if len(vertex) == 0:
        return pieces
    lines = pieces.lines()
    points = shapely.points(pieces.xy[vertex])
    i, j = shapely.STRtree(lines).query(points, predicate="dwithin", distance=reach_m)
    keep = ~(pieces.motorway[j] & ~pieces.motorway[own[i]])
    i, j = i[keep].astype(np.int64), j[keep].astype(np.int64)
    near_i, near_v = _network_distance(pieces, vertex, max(400.0, 5.0 * reach_m))
    n = np.int64(len(pieces.xy))
    near = np.unique(near_i * n + near_v)
    keep = ~(np.isin(i * n + pieces.tail[j], near) | np.isin(i * n + pieces.head[j], near))
    i, j = i[keep], j[keep]
    share = _share(pieces, j, pieces.xy[vertex[i]])
    a = pieces.xy[pieces.tail[j]]
    at = a + share[:, None] * (pieces.xy[pieces.head[j]] - a)
    gap = at - pieces.xy[vertex[i]]
    gap_m = np.round(np.hypot(gap[:, 0], gap[:, 1]), 3)
    if not any_direction:
        facing = (gap * ahead[i]).sum(axis=1) >= np.cos(np.radians(AHEAD_DEG)) * gap_m
        i, j, gap_m = i[facing], j[facing], gap_m[facing]
    order = np.lexsort((j, gap_m, i))
    i, j = i[order], j[order]
    first = np.ones(len(i), dtype=np.bool_)
    first[1:] = i[1:] != i[:-1]
    i, j = i[first], j[first]
    return _apply(pieces, vertex[i], j, pieces.motorway[own[i]])


def join_parts(pieces: Pieces, *, reach_m: float) -> Pieces:
    """Join parts of the network that come within ``reach_m`` of each other, nearest first.

    One join for each pair of parts, from a loose end where one is near enough, else from any
    vertex; ordinary roads are joined to motorways only where nothing else is in reach.
    """
    part = components(len(pieces.xy), pieces.tail, pieces.head)
    piece_part = part[pieces.tail]
    length = np.bincount(piece_part, weights=pieces.lengths_m(), minlength=int(part.max()) + 1)
    main = int(np.argmax(length))
    degree = pieces.degree()
    start = np.flatnonzero((degree > 0) & (part != main))
    if len(start) == 0:
        return pieces
    own_motorway = np.zeros(len(pieces.xy), dtype=np.bool_)
    own_motorway[pieces.tail[pieces.motorway]] = True
    own_motorway[pieces.head[pieces.motorway]] = True
    lines = pieces.lines()
    i, j = shapely.STRtree(lines).query(
        shapely.points(pieces.xy[start]), predicate="dwithin", distance=reach_m
    )
    keep = part[start[i]] != piece_part[j]
    i, j = start[i[keep]], j[keep].astype(np.int64)
    gap_m = shapely.distance(shapely.points(pieces.xy[i]), lines[j])
    mixed = pieces.motorway[j] != own_motorway[i]
    low = np.minimum(part[i], piece_part[j])
    high = np.maximum(part[i], piece_part[j])
    order = np.lexsort((j, i, np.round(gap_m, 3), degree[i] != 1, mixed, high, low))
    i, j, low, high = i[order], j[order], low[order], high[order]
    first = np.ones(len(i), dtype=np.bool_)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return _apply(pieces, i[first], j[first], own_motorway[i[first]] & pieces.motorway[j[first]])
