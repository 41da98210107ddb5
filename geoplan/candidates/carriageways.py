"""Merge the carriageways of one road into one corridor.

Counted twice they would cost twice and fake a second way that shares no trench. A piece is
dropped when a piece of a better-ranked chain runs alongside it; its vertices move onto that
chain, and everything that met them moves along, so nothing that was joined comes apart.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.candidates.network import Pieces, components

__all__ = ["merge_carriageways", "pieces_of_lines"]

STEP_M = 60.0
"""Long segments are cut into pieces of at most this length before they are compared."""

ALONGSIDE_DEG = 25.0
"""Two pieces run alongside when their directions differ by at most this."""

TURN_COSINE = 0.5
"""A chain ends where it turns by more than 60 degrees."""


def _densify(lines: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the coordinates of ``lines`` at most ``STEP_M`` apart, and their line numbers."""
    dense = shapely.segmentize(lines, STEP_M)
    xy, line = shapely.get_coordinates(dense, return_index=True)
    return np.round(xy, 2), line.astype(np.int64)


def pieces_of_lines(
    lines: NDArray[np.object_], motorway: NDArray[np.bool_], bridge: NDArray[np.bool_]
) -> tuple[Pieces, NDArray[np.int64]]:
    """Cut lines into pieces; return them with the number of the chain each belongs to.

    Lines meet where they share a coordinate, with one exception: a motorway, a bridge or a
    tunnel that passes *through* a point is joined there only to lines that end in it (it
    crosses all others at another level). A chain is a run of lines that simply continue one
    another.
    """
    xy, line = _densify(lines)
    first = np.ones(len(line), dtype=np.bool_)
    first[1:] = line[1:] != line[:-1]
    last = np.ones(len(line), dtype=np.bool_)
    last[:-1] = first[1:]
    _, place = np.unique(np.round(xy * 100).astype(np.int64), axis=0, return_inverse=True)
    place = place.astype(np.int64).ravel()
    is_end = first | last
    ends_at = np.bincount(place[is_end], minlength=place.max() + 1)
    apart = (motorway | bridge)[line] & ~is_end & (ends_at[place] == 0)
    vertex = place.copy()
    vertex[apart] = place.max() + 1 + np.arange(int(apart.sum()))
    vertex_xy = np.empty((int(vertex.max()) + 1, 2))
    vertex_xy[vertex] = xy
    inside = ~first[1:]
    source = line[1:][inside]
    pieces = Pieces(
        vertex_xy, vertex[:-1][inside], vertex[1:][inside], motorway[source], bridge[source]
    )
    ends = is_end & (np.bincount(vertex)[vertex] == 2) & (ends_at[place] == 2)
    return pieces, _chain_numbers(pieces, source, vertex, ends)


def _chain_numbers(
    pieces: Pieces,
    source: NDArray[np.int64],
    vertex: NDArray[np.int64],
    is_end: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Number the chains: pieces of one line, and of lines that continue one another.

    Where a line turns sharply (at the far end of a dual carriageway) a chain ends:
    otherwise the way back would not count as alongside.
    """
    a = np.flatnonzero((source[1:] == source[:-1]) & (pieces.head[:-1] == pieces.tail[1:]))
    b = a + 1
    where = pieces.head[a]
    meeting = np.zeros(len(pieces.xy), dtype=np.bool_)
    meeting[vertex[is_end]] = True
    at = np.concatenate([pieces.tail, pieces.head])
    incident = np.tile(np.arange(len(pieces.tail), dtype=np.int64), 2)
    order = np.argsort(at, kind="stable")
    order = order[meeting[at[order]]]
    c, d = incident[order[0::2]], incident[order[1::2]]
    same = pieces.motorway[c] == pieces.motorway[d]
    a, b = np.concatenate([a, c[same]]), np.concatenate([b, d[same]])
    where = np.concatenate([where, at[order[0::2]][same]])
    before = pieces.xy[where] - pieces.xy[pieces.tail[a] + pieces.head[a] - where]
    after = pieces.xy[pieces.tail[b] + pieces.head[b] - where] - pieces.xy[where]
    cosine = (before * after).sum(axis=1) / np.maximum(
        np.hypot(*before.T) * np.hypot(*after.T), 1e-9
    )
    onwards = cosine > TURN_COSINE
    return components(len(source), a[onwards], b[onwards])


def _alongside(
    pieces: Pieces, chain: NDArray[np.int64], rank: NDArray[np.int64], distance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (i, j): piece j of a better-ranked chain runs alongside piece i."""
    lines = pieces.lines()
    middle = (pieces.xy[pieces.tail] + pieces.xy[pieces.head]) / 2
    tree = shapely.STRtree(lines)
    i, j = tree.query(shapely.points(middle), predicate="dwithin", distance=distance_m)
    # only carriageways of one road: a motorway and the road beside it stay two corridors
    keep = (rank[chain[j]] < rank[chain[i]]) & (pieces.motorway[i] == pieces.motorway[j])
    i, j = i[keep], j[keep]
    step = pieces.xy[pieces.head] - pieces.xy[pieces.tail]
    unit = step / np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
    parallel = np.abs((unit[i] * unit[j]).sum(axis=1)) >= np.cos(np.radians(ALONGSIDE_DEG))
    return i[parallel].astype(np.int64), j[parallel].astype(np.int64)


def _dropped(count: int, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Drop, best rank first, every piece that a kept piece runs alongside."""
    undecided = np.ones(count, dtype=np.bool_)
    dropped = np.zeros(count, dtype=np.bool_)
    while undecided.any():
        kept_beside = np.zeros(count, dtype=np.bool_)
        kept_beside[i[~undecided[j] & ~dropped[j]]] = True
        open_beside = np.zeros(count, dtype=np.bool_)
        open_beside[i[undecided[j]]] = True
        dropped |= undecided & kept_beside
        undecided &= open_beside & ~kept_beside
    return dropped


def _short_runs(
    pieces: Pieces, chain: NDArray[np.int64], marked: NDArray[np.bool_], least_m: float
) -> NDArray[np.bool_]:
    """Return which marked pieces lie in a run (within one chain) shorter than ``least_m``."""
    which = np.flatnonzero(marked)
    key = np.concatenate(
        [
            np.stack([chain[which], pieces.tail[which]], axis=1),
            np.stack([chain[which], pieces.head[which]], axis=1),
        ]
    )
    _, number = np.unique(key, axis=0, return_inverse=True)
    number = number.ravel()
    if len(which) == 0:
        return np.zeros_like(marked)
    run = components(int(number.max()) + 1, number[: len(which)], number[len(which) :])
    run_of = run[number[: len(which)]]
    length = np.bincount(run_of, weights=pieces.lengths_m()[which])
    # a chain that is marked from end to end is a whole carriageway, however short
    whole = np.bincount(chain, weights=pieces.lengths_m())
    short = length[run_of] < np.minimum(least_m, 0.99 * whole[chain[which]])
    result = np.zeros_like(marked)
    result[which[short]] = True
    return result


def merge_carriageways(
    pieces: Pieces, chain: NDArray[np.int64], *, distance_m: float, least_m: float
) -> Pieces:
    """Return the network with parallel carriageways merged.

    Parameters
    ----------
    pieces, chain
        From :func:`pieces_of_lines`.
    distance_m
        Pieces at most this far apart may be carriageways of one road.
    least_m
        They are when they run alongside for at least this length.
    """
    length = np.bincount(chain, weights=pieces.lengths_m())
    rank = np.empty(len(length), dtype=np.int64)
    rank[np.lexsort((np.arange(len(length)), -np.round(length, 1)))] = np.arange(len(length))
    i, j = _alongside(pieces, chain, rank, distance_m)
    dropped = _dropped(len(chain), i, j)
    dropped &= ~_short_runs(pieces, chain, dropped, least_m)
    # each vertex of a dropped piece moves to the nearest vertex of the pieces kept beside it
    pair = dropped[i] & ~dropped[j]
    i, j = i[pair], j[pair]
    mover = np.concatenate([pieces.tail[i], pieces.tail[i], pieces.head[i], pieces.head[i]])
    target = np.concatenate([pieces.tail[j], pieces.head[j], pieces.tail[j], pieces.head[j]])
    away = pieces.xy[mover] - pieces.xy[target]
    away_m = np.round(np.hypot(away[:, 0], away[:, 1]), 3)
    order = np.lexsort((target, away_m, mover))
    mover, target = mover[order], target[order]
    nearest = np.ones(len(mover), dtype=np.bool_)
    nearest[1:] = mover[1:] != mover[:-1]
    mover, target = mover[nearest], target[nearest]
    return _move(pieces, mover, target).select(~dropped).unique()


def _move(pieces: Pieces, mover: NDArray[np.int64], target: NDArray[np.int64]) -> Pieces:
    """Return the network with each mover merged into its target."""
    n = len(pieces.xy)
    group = components(n, mover, target)
    moves = np.zeros(n, dtype=np.bool_)
    moves[mover[mover != target]] = True
    # a group settles where one of its vertices stays; else (two that point at each other) at
    # the lowest number
    order = np.lexsort((np.arange(n), moves, group))
    first = np.ones(n, dtype=np.bool_)
    first[1:] = group[order][1:] != group[order][:-1]
    home = np.empty(int(group.max()) + 1, dtype=np.int64)
    home[group[order][first]] = order[first]
    new = home[group]
    return Pieces(pieces.xy, new[pieces.tail], new[pieces.head], pieces.motorway, pieces.bridge)
