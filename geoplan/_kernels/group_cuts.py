"""Cuts that must be crossed twice: what a hub's second way costs when one risk group is cut.

A hub has two ways to the core that share no risk group, so for every group g every node set
with the hub but without the core is left by a chosen edge outside g. For one hub and one g the
best packing of such cuts is a shortest path: raise the balls around the hub, in what is left
of the costs, until they meet the core.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, grow, pop, push

__all__ = ["raise_group_cuts"]

_FAR = 1 << 60


@njit(cache=True)
def _ball(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    left: NDArray[np.int64],
    closed: NDArray[np.int32],
    stamp: int,
    hub: int,
    root: int,
    dist: NDArray[np.int64],
    via: NDArray[np.int32],
    seen: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Grow distances from the hub over edges that are not closed until the root is met.

    Returns the root's distance (far when there is no way) and the number of nodes in ``seen``.
    """
    keys = np.empty(256, np.int64)
    items = np.empty(256, np.int64)
    size = push(keys, items, 0, 0, hub)
    dist[hub] = 0
    seen[0] = hub
    count = 1
    while size > 0:
        d = keys[0]
        u = items[0]
        size = pop(keys, items, size)
        if d > dist[u]:
            continue
        if u == root:
            return d, count
        for k in range(ptr[u], ptr[u + 1]):
            e = eid[k]
            v = nbr[k]
            if closed[e] == stamp or left[e] >= _FAR:
                continue
            if d + left[e] < dist[v]:
                if dist[v] >= _FAR:
                    seen[count] = v
                    count += 1
                dist[v] = d + left[e]
                via[v] = e
                if size == len(keys):
                    keys, items = grow(keys, items)
                size = push(keys, items, size, dist[v], v)
    return _FAR, count


@njit(cache=True)
def raise_group_cuts(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    left: NDArray[np.int64],
    risk_ptr: NDArray[np.int64],
    risk_groups: NDArray[np.int32],
    group_ptr: NDArray[np.int64],
    group_edges: NDArray[np.int32],
    root: int,
    hubs: NDArray[np.int32],
) -> Int:
    """Raise, hub by hub, the cuts without each group of a way that is paid for already.

    Parameters
    ----------
    ptr, nbr, eid
        CSR of the undirected graph, all cores merged into ``root``.
    tail, head
        int32 (m,), ends of each edge in that graph.
    left
        int64 (m,) >= 0, cost that other cuts left of each edge; reduced in place.
    risk_ptr, risk_groups, group_ptr, group_edges
        Groups of each edge and edges of each group, CSR.
    root, hubs
        Node of the cores; nodes of the hubs, none of them the root.

    Returns
    -------
    int
        The sum of all raises.
    """
    n = len(ptr) - 1
    dist = np.full(n, _FAR, np.int64)
    via = np.full(n, -1, np.int32)
    seen = np.empty(n, np.int32)
    closed = np.full(len(left), -1, np.int32)
    todo = np.empty(len(group_ptr), np.int32)
    listed = np.full(len(group_ptr), -1, np.int32)
    stamp = 0
    bound = 0
    for h in range(len(hubs)):
        # no group first: a ball that meets the core pays for one way and tells its groups
        n_todo = 0
        at = -1
        while at < n_todo:
            stamp += 1
            if at >= 0:
                g = todo[at]
                for k in range(group_ptr[g], group_ptr[g + 1]):
                    closed[group_edges[k]] = stamp
            reach, count = _ball(ptr, nbr, eid, left, closed, stamp, hubs[h], root, dist, via, seen)
            if at < 0 and reach < _FAR:
                v = root
                while v != hubs[h]:
                    e = via[v]
                    for k in range(risk_ptr[e], risk_ptr[e + 1]):
                        g = risk_groups[k]
                        if listed[g] != h:
                            listed[g] = h
                            todo[n_todo] = g
                            n_todo += 1
                    v = tail[e] if head[e] == v else head[e]
            if 0 < reach < _FAR:
                bound += reach
                for i in range(count):
                    u = seen[i]
                    d_u = min(dist[u], reach)
                    for k in range(ptr[u], ptr[u + 1]):
                        d_v = min(dist[nbr[k]], reach)
                        # an edge between two nodes of the ball comes up twice: rise only
                        if closed[eid[k]] != stamp and d_v > d_u:
                            left[eid[k]] -= d_v - d_u
            for i in range(count):
                dist[seen[i]] = _FAR
            at += 1
    return bound
