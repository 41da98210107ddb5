"""Searches for bottleneck Steiner distances around an edge or a node, and what they delete.

A search follows walks from a node; a walk's value is the longest stretch between consecutive
terminals on it. Every value found belongs to a walk of the present graph that keeps off a banned
edge or node, so equality deletes too: the tree can be mended along that walk.

Deletion of edges: C. W. Duin, A. Volgenant 1989. Nodes of degree three and four: the same, and
T. Polzin, S. Vahdati Daneshmand 2001: when on each set of neighbours the edges to the node cost
at least a spanning tree of bottleneck distances, some optimal tree has the node at degree two at
most, and its edges give way to edges between its neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, pop, push
from geoplan._kernels.steiner_reduce_graph import Graph, add_edge, implied_gain, remove_edge

__all__ = [
    "Walks",
    "delete_by_walks",
    "forget",
    "new_walks",
    "replace_node",
    "replace_nodes",
    "search",
]

_MOST = 9223372036854775807
_FAR = 1 << 55
"""Beyond every distance; four of them can be added."""


class Walks(NamedTuple):
    """Scratch of the searches: ``value`` is int64 (n,), the largest int where none was found."""

    value: NDArray[np.int64]
    stretch: NDArray[np.int64]
    left: NDArray[np.bool_]
    seen: NDArray[np.int32]
    keys: NDArray[np.int64]
    items: NDArray[np.int64]


def new_walks(n_nodes: int, n_scans: int) -> Walks:
    """Return scratch for searches of at most ``n_scans`` half-edges on ``n_nodes`` nodes."""
    return Walks(
        value=np.full(n_nodes, _MOST, np.int64),
        stretch=np.zeros(n_nodes, np.int64),
        left=np.zeros(n_nodes, np.bool_),
        seen=np.empty(n_scans + 2, np.int32),
        keys=np.empty(n_scans + 2, np.int64),
        items=np.empty(n_scans + 2, np.int64),
    )


@njit(cache=True)
def forget(s: Walks, n_seen: int) -> None:
    """Clear the values of the last search."""
    for i in range(n_seen):
        s.value[s.seen[i]] = _MOST
        s.left[s.seen[i]] = False


@njit(cache=True)
def _gain_at(g: Graph, v: int) -> Int:
    """Return what a tree gains by touching node ``v``: the implied gains of its terminals."""
    total = 0
    h = g.first[v]
    while h >= 0:
        t = g.end[h]
        if g.terminal[t] and implied_gain(g, t) > 0 and g.cheapest[t] == h >> 1:
            total += g.gain[t]
        h = g.following[h]
    return total


@njit(cache=True)
def search(
    g: Graph,
    s: Walks,
    source: int,
    target: int,
    banned_node: int,
    banned_edge: int,
    gains: bool,
    limit: int,
    n_scans: int,
) -> Int:
    """Fill ``value`` with bounds of bottleneck distances from ``source``; return nodes seen.

    Stops at the target (-1: none), above ``limit``, and after ``n_scans`` half-edges.
    One label for each node: the value, then the shorter last stretch.

    With ``gains`` a stretch is shortened, at most to nothing, by the gain at each node it passes
    (the value is that of the worst part of the stretch), as in D. Rehfeldt, T. Koch (2021). That
    fits where one way replaces one stretch of a tree, not where several ways are put together.
    Each node is left once only if it has a gain, and the edge that brings a gain does not serve
    as part of the stretch next to it.
    """
    end, following, cost, terminal = g.end, g.following, g.cost, g.terminal
    value, stretches, left, seen = s.value, s.stretch, s.left, s.seen
    keys, items, cheapest = s.keys, s.items, g.cheapest
    value[source] = 0
    stretches[source] = 0
    seen[0] = source
    n_seen = 1
    size = push(keys, items, 0, 0, source)
    scans = 0
    while size > 0:
        reached = keys[0]
        v = items[0]
        size = pop(keys, items, size)
        if reached > value[v] or left[v]:
            continue
        if v == target:
            break
        gain = 0
        start = 0
        if not terminal[v]:
            start = stretches[v]
            if gains and v != source:
                gain = _gain_at(g, v)
                left[v] = gain > 0
        h = g.first[v]
        while h >= 0:
            w = end[h]
            e = h >> 1
            if w != banned_node and e != banned_edge and not left[w]:
                scans += 1
                passed = gain
                held = 0  # gain that the next node must not count
                if gains and terminal[w] and cheapest[w] == e and not g.stale[w]:
                    passed -= g.gain[w] if gain > 0 else 0
                elif gains and terminal[v] and implied_gain(g, v) > 0 and cheapest[v] == e:
                    held = g.gain[v]
                stretch = max(start - passed, 0) + cost[e]
                reach = max(reached, stretch)
                stretch += held
                old = value[w]
                if reach <= limit and (
                    reach < old or (reach == old and stretch < stretches[w] and w != source)
                ):
                    if old == _MOST:
                        seen[n_seen] = w
                        n_seen += 1
                    value[w] = reach
                    stretches[w] = stretch
                    size = push(keys, items, size, reach, w)
                if scans >= n_scans:
                    return n_seen
            h = following[h]
    return n_seen


@njit(cache=True)
def delete_by_walks(g: Graph, s: Walks, n_scans: int, fresh: NDArray[np.bool_]) -> Int:
    """Delete each edge that a walk of no larger value replaces; return their number.

    ``fresh`` marks the nodes around which something changed; other edges are left out.
    """
    n_deleted = 0
    for e in range(len(g.alive)):
        if not g.alive[e]:
            continue
        u = g.end[2 * e]
        v = g.end[2 * e + 1]
        if not (fresh[u] or fresh[v]):
            continue
        c = g.cost[e]
        n_seen = search(g, s, u, v, -1, e, True, c, n_scans)
        useless = s.value[v] <= c
        forget(s, n_seen)
        if useless:
            remove_edge(g, e)
            n_deleted += 1
    return n_deleted


@njit(cache=True)
def _spanning_cost(between: NDArray[np.int64], members: int, k: int) -> Int:
    """Return the cost of a spanning tree of the members (a bit set) of ``k`` nodes (Prim)."""
    best = np.full(4, _FAR, np.int64)
    start = 0
    while not members >> start & 1:
        start += 1
    left = members ^ (1 << start)
    last = start
    total = 0
    while left:
        chosen = -1
        for j in range(k):
            if left >> j & 1:
                best[j] = min(best[j], between[last, j])
                if chosen < 0 or best[j] < best[chosen]:
                    chosen = j
        total += best[chosen]
        left ^= 1 << chosen
        last = chosen
    return total


@njit(cache=True)
def _can_branch(between: NDArray[np.int64], costs: NDArray[np.int64], k: int) -> bool:
    """Tell whether a tree may be better off with the node at degree three or more."""
    for members in range(7, 1 << k):
        n_members = 0
        cost = 0
        for j in range(k):
            if members >> j & 1:
                n_members += 1
                cost += costs[j]
        if n_members >= 3 and cost < _spanning_cost(between, members, k):
            return True
    return False


@njit(cache=True)
def replace_node(
    g: Graph,
    v: int,
    ends: NDArray[np.int32],
    needed: NDArray[np.bool_],
    most_new: int,
) -> bool:
    """Replace a node by edges between its neighbours, the pairs that are needed only.

    Fails when there would be more than ``most_new`` of them. ``ends`` holds the neighbours in
    the order of the node's list.
    """
    k = g.degree[v]
    n_new = 0
    for i in range(k):
        for j in range(i):
            n_new += needed[i, j]
    if n_new > most_new:
        return False
    costs = np.empty(k, np.int64)
    pieces = np.empty(k, np.int32)
    for i in range(k):
        e = g.first[v] >> 1
        costs[i] = g.cost[e]
        pieces[i] = g.piece[e]
        remove_edge(g, e)
    for i in range(k):
        for j in range(i):
            if needed[i, j]:
                add_edge(g, ends[i], ends[j], costs[i] + costs[j], pieces[i], pieces[j])
    return True


@njit(cache=True)
def replace_nodes(
    g: Graph,
    s: Walks,
    n_scans: int,
    fresh: NDArray[np.bool_],
    branchless: NDArray[np.bool_],
) -> Int:
    """Replace nodes that need no degree above two by edges; return their number.

    Looks at nodes of degree two to four that are fresh or have a fresh neighbour. ``branchless``
    marks nodes that are known to need no test.
    """
    n_done = 0
    ends = np.empty(4, np.int32)
    costs = np.empty(4, np.int64)
    between = np.empty((4, 4), np.int64)
    needed = np.empty((4, 4), np.bool_)
    for v in range(len(g.first)):
        k = g.degree[v]
        if g.terminal[v] or k < 2 or k > 4:
            continue
        total = 0
        wanted = fresh[v] or branchless[v]
        h = g.first[v]
        for i in range(k):
            ends[i] = g.end[h]
            costs[i] = g.cost[h >> 1]
            total += costs[i]
            wanted = wanted or fresh[ends[i]]
            h = g.following[h]
        if not wanted:
            continue
        for i in range(k - 1):
            n_seen = search(g, s, ends[i], -1, v, -1, False, total, n_scans)
            for j in range(i + 1, k):
                between[i, j] = min(s.value[ends[j]], _FAR)
                between[j, i] = between[i, j]
            forget(s, n_seen)
        if k > 2 and not branchless[v] and _can_branch(between, costs, k):
            continue
        for i in range(k):
            for j in range(i):
                needed[i, j] = between[i, j] > costs[i] + costs[j]
        if replace_node(g, v, ends, needed, k):
            n_done += 1
    return n_done
