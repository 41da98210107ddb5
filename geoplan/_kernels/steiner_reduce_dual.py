"""What reduced costs and an upper bound rule out (bound-based reductions).

With the reduced costs of a dual solution of value L and rooted at r, an arborescence over arc
(u, v) costs at least L + d(r, u) + c(u, v) + d(v, T), distances in reduced costs, T the terminals
other than the root. What can't cost less than a known tree goes. A node that branches leads to
two terminals. T. Polzin, S. Vahdati Daneshmand, "Improved algorithms for the Steiner problem in
networks" (2001), with T. Wong's dual ascent.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import grow, pop, push

__all__ = ["distance_from", "doomed_arcs", "doomed_branchings", "two_nearest"]

_FAR = 1 << 60


@njit(cache=True)
def distance_from(
    out_ptr: NDArray[np.int64],
    out_arc: NDArray[np.int32],
    arc_head: NDArray[np.int32],
    reduced: NDArray[np.int64],
    root: int,
    limit: int,
) -> NDArray[np.int64]:
    """Return the distances from ``root``; what is not below ``limit`` counts as far."""
    n = len(out_ptr) - 1
    dist = np.full(n, _FAR, np.int64)
    dist[root] = 0
    keys = np.empty(n + 16, np.int64)
    items = np.empty(n + 16, np.int64)
    size = push(keys, items, 0, 0, root)
    while size > 0:
        d = keys[0]
        v = items[0]
        size = pop(keys, items, size)
        if d > dist[v]:
            continue
        for k in range(out_ptr[v], out_ptr[v + 1]):
            a = out_arc[k]
            w = arc_head[a]
            if d + reduced[a] < min(dist[w], limit):
                dist[w] = d + reduced[a]
                if size == len(keys):
                    keys, items = grow(keys, items)
                size = push(keys, items, size, dist[w], w)
    return dist


@njit(cache=True)
def two_nearest(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    reduced: NDArray[np.int64],
    goals: NDArray[np.int32],
    limit: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each node's distances to the nearest goal and to the nearest other goal."""
    n = len(in_ptr) - 1
    one = np.full(n, _FAR, np.int64)
    two = np.full(n, _FAR, np.int64)
    goal = np.full(n, -1, np.int64)
    full = np.zeros(n, np.bool_)
    keys = np.empty(2 * n + 16, np.int64)
    items = np.empty(2 * n + 16, np.int64)
    size = 0
    for t in goals:
        size = push(keys, items, size, 0, t * n + t)
    while size > 0:
        d = keys[0]
        v = items[0] // n
        t = items[0] % n
        size = pop(keys, items, size)
        if full[v] or goal[v] == t:
            continue
        if goal[v] < 0:
            goal[v] = t
            one[v] = d
        else:
            two[v] = d
            full[v] = True
        for k in range(in_ptr[v], in_ptr[v + 1]):
            a = in_arc[k]
            w = arc_tail[a]
            if d + reduced[a] < limit and not full[w] and goal[w] != t:
                if size == len(keys):
                    keys, items = grow(keys, items)
                size = push(keys, items, size, d + reduced[a], w * n + t)
    return one, two


@njit(cache=True)
def doomed_arcs(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    reduced: NDArray[np.int64],
    root_distance: NDArray[np.int64],
    one: NDArray[np.int64],
    slack: int,
) -> NDArray[np.bool_]:
    """Mark the arcs (edges forth, then back) whose cheapest use takes up the slack."""
    m = len(tail)
    doomed = np.zeros(2 * m, np.bool_)
    for e in range(m):
        u = tail[e]
        v = head[e]
        doomed[e] = root_distance[u] + reduced[e] + one[v] >= slack
        doomed[m + e] = root_distance[v] + reduced[m + e] + one[u] >= slack
    return doomed


@njit(cache=True)
def doomed_branchings(
    root_distance: NDArray[np.int64],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
    slack: int,
) -> NDArray[np.bool_]:
    """Mark the nodes where every branching takes up the slack."""
    doomed = np.zeros(len(one), np.bool_)
    for v in range(len(one)):
        doomed[v] = min(root_distance[v] + one[v], _FAR) + two[v] >= slack
    return doomed
