"""Nearest terminals, terminal bottlenecks, and the reductions that rest on them.

The *bottleneck Steiner distance* s(u, v) is the least value, over all walks from u to v, of the
longest stretch between two consecutive terminals of the walk (its ends count as terminals).
With s(u, v) < c an edge {u, v} of cost c is in no optimal tree (C. W. Duin, A. Volgenant 1989);
here s is bounded by a few nearest terminals of each end and the minimum spanning tree of the
terminals' distance network (K. Mehlhorn 1988; T. Polzin, S. Vahdati Daneshmand 2001).

Contractions: nearest vertex and short links (T. Polzin, S. Vahdati Daneshmand, "Improved
algorithms for the Steiner problem in networks", Discrete Applied Mathematics 112, 2001).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, grow, pop, push
from geoplan._kernels.steiner_reduce_graph import N_TERMINALS, Graph, contract, remove_edge

__all__ = [
    "contract_links",
    "delete_by_bottleneck",
    "nearest_terminals",
    "terminal_bottlenecks",
]

_MOST = 9223372036854775807


@njit(cache=True)
def nearest_terminals(g: Graph, k: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return for each node its ``k`` nearest terminals, nearest first, and their distances.

    Only ways that pass no other terminal count. Returns int32 (n, k), -1 where there is none,
    and int64 (n, k).
    """
    n = len(g.first)
    near = np.full((n, k), -1, np.int32)
    dist = np.full((n, k), _MOST, np.int64)
    found = np.zeros(n, np.int32)
    keys = np.empty(n + 16, np.int64)
    items = np.empty(n + 16, np.int64)
    size = 0
    for t in range(n):
        if g.terminal[t]:
            size = push(keys, items, size, 0, t * n + t)
    while size > 0:
        d = keys[0]
        v = items[0] // n
        t = items[0] % n
        size = pop(keys, items, size)
        f = found[v]
        if f == k or (g.terminal[v] and v != t):
            continue
        known = False
        for j in range(f):
            known = known or near[v, j] == t
        if known:
            continue
        near[v, f] = t
        dist[v, f] = d
        found[v] = f + 1
        h = g.first[v]
        while h >= 0:
            w = g.end[h]
            if found[w] < k and not g.terminal[w]:
                known = False
                for j in range(found[w]):
                    known = known or near[w, j] == t
                if not known:
                    if size == len(keys):
                        keys, items = grow(keys, items)
                    size = push(keys, items, size, d + g.cost[h >> 1], w * n + t)
            h = g.following[h]
    return near, dist


@njit(cache=True)
def _find(parent: NDArray[np.int32], v: int) -> Int:
    while parent[v] != v:
        v = parent[v]
    return v


@njit(cache=True)
def terminal_bottlenecks(
    g: Graph, near: NDArray[np.int32], dist: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], Int]:
    """Return the bottlenecks between terminals as a tree of low depth.

    Kruskal on the edges between regions of nearest terminals, united by size without shortening
    ways: node v hangs on ``parent[v]`` since the edge of length ``since[v]`` came.

    Returns int32 (n,), int64 (n,), and the largest length in the spanning tree.
    """
    n = len(g.first)
    m = len(g.alive)
    bridge = np.empty(m, np.int32)
    length = np.empty(m, np.int64)
    n_bridges = 0
    for e in range(m):
        if g.alive[e]:
            u = g.end[2 * e]
            v = g.end[2 * e + 1]
            if near[u, 0] != near[v, 0]:
                bridge[n_bridges] = e
                length[n_bridges] = dist[u, 0] + g.cost[e] + dist[v, 0]
                n_bridges += 1
    order = np.argsort(length[:n_bridges], kind="mergesort")
    parent = np.arange(n).astype(np.int32)
    weight = np.ones(n, np.int32)
    since = np.full(n, _MOST, np.int64)
    longest = 0
    for i in order:
        e = bridge[i]
        a = _find(parent, near[g.end[2 * e], 0])
        b = _find(parent, near[g.end[2 * e + 1], 0])
        if a != b:
            if weight[a] < weight[b]:
                a, b = b, a
            parent[b] = a
            weight[a] += weight[b]
            since[b] = length[i]
            longest = length[i]
    return parent, since, longest


@njit(cache=True)
def _bottleneck(parent: NDArray[np.int32], since: NDArray[np.int64], a: int, b: int) -> Int:
    """Return the bottleneck between two terminals."""
    most = 0
    while a != b:
        if since[a] > since[b]:
            a, b = b, a
        most = since[a]  # links get longer towards the root
        a = parent[a]
    return most


@njit(cache=True)
def delete_by_bottleneck(
    g: Graph,
    near: NDArray[np.int32],
    dist: NDArray[np.int64],
    parent: NDArray[np.int32],
    since: NDArray[np.int64],
    longest: int,
) -> Int:
    """Delete each edge that costs more than a bound of its bottleneck; return their number.

    An edge that costs more than every edge of the terminals' spanning tree goes as well: in a
    tree it has terminals on both sides. Strictly more, so the edges are in no optimal tree and
    the order does not matter.
    """
    k = near.shape[1]
    n_deleted = 0
    for e in range(len(g.alive)):
        if not g.alive[e]:
            continue
        c = g.cost[e]
        u = g.end[2 * e]
        v = g.end[2 * e + 1]
        useless = c > longest
        for i in range(k):
            if useless or near[u, i] < 0 or dist[u, i] >= c:
                break
            for j in range(k):
                if near[v, j] < 0 or dist[v, j] >= c:
                    break
                if _bottleneck(parent, since, near[u, i], near[v, j]) < c:
                    useless = True
                    break
        if useless:
            remove_edge(g, e)
            n_deleted += 1
    return n_deleted


@njit(cache=True)
def _cut_minima(
    g: Graph, region: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Return for each region its cheapest leaving edge, that cost, and the second cheapest."""
    n = len(g.first)
    edge = np.full(n, -1, np.int32)
    cheapest = np.full(n, _MOST, np.int64)
    second = np.full(n, _MOST, np.int64)
    for e in range(len(g.alive)):
        if not g.alive[e]:
            continue
        a = region[g.end[2 * e]]
        b = region[g.end[2 * e + 1]]
        if a == b:
            continue
        for t in (a, b):
            if t < 0:
                continue
            if g.cost[e] < cheapest[t]:
                second[t] = cheapest[t]
                cheapest[t] = g.cost[e]
                edge[t] = e
            elif g.cost[e] < second[t]:
                second[t] = g.cost[e]
    return edge, cheapest, second


@njit(cache=True)
def _contract_nearest(
    g: Graph,
    near: NDArray[np.int32],
    dist: NDArray[np.int64],
    touched: NDArray[np.bool_],
    region_touched: NDArray[np.bool_],
) -> Int:
    """Contract the cheapest edge of a terminal when the way on is no longer than its second."""
    n_done = 0
    for t in range(len(g.first)):
        if not g.terminal[t] or touched[t] or g.degree[t] == 0 or g.scalar[N_TERMINALS] < 2:
            continue
        best = -1
        cheapest = _MOST
        second = _MOST
        h = g.first[t]
        while h >= 0:
            c = g.cost[h >> 1]
            if c < cheapest or (c == cheapest and h < best):
                second = cheapest
                cheapest = c
                best = h
            elif c < second:
                second = c
            h = g.following[h]
        u = g.end[best]
        on = _MOST
        if touched[u] or cheapest == 0:
            on = 0
        else:
            for j in range(near.shape[1]):
                if near[u, j] >= 0 and near[u, j] != t:
                    on = dist[u, j]
                    break
        if on < _MOST and on <= second - cheapest:
            region_touched[near[t, 0]] = True
            region_touched[near[u, 0]] = True
            touched[t] = True
            touched[u] = True
            contract(g, best >> 1)
            n_done += 1
    return n_done


@njit(cache=True)
def contract_links(g: Graph, near: NDArray[np.int32], dist: NDArray[np.int64]) -> Int:
    """Contract edges that some optimal tree holds; return their number.

    Nearest vertex and short links: an edge is the cheapest that leaves a terminal (its region of
    nearest nodes), and a way through it to another terminal is no longer than the second
    cheapest. The argument swaps one edge of the cut, so it holds again after other contractions
    as long as none of them touched that cut's inside.
    """
    n = len(g.first)
    region = near[:, 0].copy()
    edge, cheapest, second = _cut_minima(g, region)
    touched = np.zeros(n, np.bool_)
    region_touched = np.zeros(n, np.bool_)
    n_done = _contract_nearest(g, near, dist, touched, region_touched)
    for t in range(n):
        e = edge[t]
        if e < 0 or region_touched[t] or not g.alive[e] or g.scalar[N_TERMINALS] < 2:
            continue
        u = g.end[2 * e]
        v = g.end[2 * e + 1]
        if touched[v]:  # a terminal by now
            way = dist[u, 0] + cheapest[t]
        elif touched[u]:
            way = dist[v, 0] + cheapest[t]
        else:
            way = dist[u, 0] + cheapest[t] + dist[v, 0]
        if way <= second[t]:
            region_touched[region[u]] = True
            region_touched[region[v]] = True
            touched[u] = True
            touched[v] = True
            contract(g, e)
            n_done += 1
    return n_done
