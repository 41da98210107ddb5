"""Extended reductions: rule out an edge or a branching by everything it would entail.

Suppose an optimal tree holds a small tree Y, and at Y's inner nodes nothing else. A leaf of Y
that is no terminal goes on by some set of its other edges; when each such set leads to a tree
that is ruled out, Y is ruled out. A tree is ruled out when

* between two of its nodes the longest stretch without a branch or terminal is longer than their
  bottleneck Steiner distance (swap the stretch for the walk), or
* its leaves and terminals can be joined by bottleneck distances for less than it costs, or
* with reduced costs, ways from the root and ways on to terminals it costs no less than a tree
  that is known already.

All strict, on one fixed graph: what is ruled out is in no optimal tree (that is better than the
known one), so the order of the tests does not matter.

T. Polzin, S. Vahdati Daneshmand, "Extending reduction techniques for the Steiner tree problem"
(2002); D. Rehfeldt, T. Koch, "Implications, conflicts, and reductions for Steiner trees" (2021).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int
from geoplan._kernels.steiner_reduce_close import Close, between
from geoplan._kernels.steiner_reduce_graph import Graph

__all__ = ["Dual", "extended_branchless", "extended_edges"]

_FAR = 1 << 55
_MOST_NODES = 40
_MOST_LEAVES = 8
_MOST_DEPTH = 8
_MOST_DEGREE = 6


class Dual(NamedTuple):
    """A dual solution: reduced costs of half-edges, distances, and what is left of the gap.

    ``slack`` is int64 (1,), known cost less bound; negative when there is no dual solution.
    """

    root: NDArray[np.int64]
    reduced: NDArray[np.int64]
    from_root: NDArray[np.int64]
    nearest: NDArray[np.int64]
    slack: NDArray[np.int64]


class _Tree(NamedTuple):
    """The tree Y; parents come before children, node 0 is its first.

    ``half`` is the half-edge from the parent; ``inner`` marks nodes without further edges.
    ``between`` holds the bottleneck distances of its nodes, ``rows`` those of the ways on at each
    depth; ``scalar`` the number of nodes and the number of tests left.
    """

    node: NDArray[np.int32]
    parent: NDArray[np.int32]
    half: NDArray[np.int32]
    degree: NDArray[np.int32]
    inner: NDArray[np.bool_]
    stretch: NDArray[np.int64]
    most: NDArray[np.int64]
    between: NDArray[np.int64]
    rows: NDArray[np.int64]
    scalar: NDArray[np.int64]


@njit(cache=True)
def _grow(g: Graph, close: Close, y: _Tree, parent: int, h: int, known: int) -> None:
    """Add the node that half-edge ``h`` points at under tree node ``parent``.

    The caller sets its bottleneck distances to the first ``known`` nodes.
    """
    i = y.scalar[0]
    y.node[i] = g.end[h]
    y.parent[i] = parent
    y.half[i] = h
    y.degree[i] = 1
    y.inner[i] = False
    y.degree[parent] += 1
    y.scalar[0] += 1
    for j in range(known, i):
        y.between[i, j] = between(close, close.gained, y.node[i], y.node[j])


@njit(cache=True)
def _shrink(y: _Tree, size: int) -> None:
    """Take away all nodes from number ``size`` on."""
    for i in range(size, y.scalar[0]):
        y.degree[y.parent[i]] -= 1
    y.scalar[0] = size


@njit(cache=True)
def _in_tree(y: _Tree, v: int) -> bool:
    node = y.node
    found = False
    for i in range(y.scalar[0]):
        found = found or node[i] == v
    return found


@njit(cache=True)
def _longer_than_walk(g: Graph, y: _Tree, i: int) -> bool:
    """Tell whether from tree node ``i`` (a leaf) some node is nearer by a walk than in Y."""
    n = y.scalar[0]
    node, parent, half, degree, inner = y.node, y.parent, y.half, y.degree, y.inner
    stretch, most, between = y.stretch, y.most, y.between
    cost, terminal = g.cost, g.terminal
    for j in range(n):
        most[j] = -1
    stretch[i] = 0
    most[i] = 0
    a = i
    nearer = False
    while parent[a] >= 0:
        b = parent[a]
        free = degree[a] == 2 and inner[a] and not terminal[node[a]]
        stretch[b] = cost[half[a] >> 1] + (stretch[a] if free else 0)
        most[b] = max(most[a], stretch[b])
        a = b
    for b in range(1, n):
        if most[b] < 0:
            a = parent[b]
            free = degree[a] == 2 and inner[a] and not terminal[node[a]]
            stretch[b] = cost[half[b] >> 1] + (stretch[a] if free else 0)
            most[b] = max(most[a], stretch[b])
    for b in range(n):
        if b != i:
            nearer = nearer or between[max(i, b), min(i, b)] < most[b]
    return nearer


@njit(cache=True)
def _joined_cheaper(g: Graph, close: Close, y: _Tree) -> bool:
    """Tell whether bottleneck distances join Y's leaves and terminals for less than Y costs."""
    half, inner, node = y.half, y.inner, y.node
    cost, terminal = g.cost, g.terminal
    n = y.scalar[0]
    total = 0
    ends = np.empty(_MOST_NODES, np.int32)
    k = 0
    for i in range(n):
        if i > 0:
            total += cost[half[i] >> 1]
        if not inner[i] or terminal[node[i]]:
            ends[k] = node[i]
            k += 1
    best = np.full(k, _FAR, np.int64)
    left = k - 1
    last = ends[k - 1]
    spent = 0
    while left > 0:
        chosen = 0
        for j in range(left):
            best[j] = min(best[j], between(close, close.value, last, ends[j]))
            if best[j] < best[chosen]:
                chosen = j
        spent += best[chosen]
        if spent >= total:
            return False
        last = ends[chosen]
        left -= 1
        ends[chosen] = ends[left]
        best[chosen] = best[left]
    return spent < total


@njit(cache=True)
def _too_dear(dual: Dual, y: _Tree) -> bool:
    """Tell whether an arborescence with Y costs no less than the known tree."""
    half, inner, node, parent = y.half, y.inner, y.node, y.parent
    reduced, nearest, from_root = dual.reduced, dual.nearest, dual.from_root
    n = y.scalar[0]
    slack = dual.slack[0]
    onward = 0
    down = 0
    for i in range(n):
        if not inner[i]:
            onward += nearest[node[i]]
        if i > 0:
            down += reduced[half[i]]
    turned = y.stretch  # extra cost when the tree is entered at the node
    for i in range(n):
        v = node[i]
        if i == 0:
            turned[0] = 0
        else:
            h = half[i]
            turned[i] = turned[parent[i]] + reduced[h ^ 1] - reduced[h]
        cost = down + turned[i] + onward
        if v == dual.root[0]:
            if not inner[i]:
                cost -= nearest[v]
            return bool(cost >= slack)
        if not inner[i] and cost - nearest[v] + from_root[v] < slack:
            return False
    return True


@njit(cache=True)
def _is_out(g: Graph, close: Close, dual: Dual, y: _Tree, first_new: int) -> bool:
    """Tell whether Y is ruled out at once; nodes from ``first_new`` on are new leaves."""
    for i in range(first_new, y.scalar[0]):
        y.scalar[1] -= 1
        if _longer_than_walk(g, y, i):
            return True
    if dual.slack[0] >= 0 and _too_dear(dual, y):
        return True
    return y.scalar[0] > 3 and _joined_cheaper(g, close, y)


@njit(cache=True)
def _ways_on(
    g: Graph,
    close: Close,
    y: _Tree,
    i: int,
    gone: NDArray[np.bool_],
    ways: NDArray[np.int32],
    rows: NDArray[np.int64],
) -> tuple[Int, Int]:
    """List the half-edges by which Y may go on from leaf ``i``; -1 when there are too many.

    The first ones may be part of a branching, the others are ruled out there. Returns how many
    there are, and how many of the first kind; ``rows`` gets their distances to Y's nodes.
    """
    v = y.node[i]
    if g.degree[v] > _MOST_DEGREE:
        return -1, 0
    size = y.scalar[0]
    n_ways = 0
    n_branching = 0
    y.inner[i] = True
    h = g.first[v]
    while h >= 0:
        if not gone[h >> 1] and not _in_tree(y, g.end[h]):
            _grow(g, close, y, i, h, 0)
            y.degree[i] += 1  # as if there were another one
            y.scalar[1] -= 1
            alone = _longer_than_walk(g, y, size)
            y.degree[i] -= 1
            _shrink(y, size)
            place = n_ways
            if not alone:
                place = n_branching
                ways[n_ways] = ways[place]
                rows[n_ways, :size] = rows[place, :size]
                n_branching += 1
            ways[place] = h
            rows[place, :size] = y.between[size, :size]
            n_ways += 1
        h = g.following[h]
    y.inner[i] = False
    return n_ways, n_branching


@njit(cache=True)
def _ruled_out(
    g: Graph, close: Close, dual: Dual, y: _Tree, gone: NDArray[np.bool_], depth: int
) -> bool:
    """Tell whether from some leaf of Y every way on is ruled out."""
    size = y.scalar[0]
    if depth == 0:
        return False
    n_leaves = 0
    for i in range(size):
        n_leaves += not y.inner[i]
    ways = np.empty(_MOST_DEGREE, np.int32)
    rows = y.rows[depth]
    for i in range(size - 1, -1, -1):
        if y.scalar[1] <= 0:
            return False
        if y.inner[i] or g.terminal[y.node[i]]:
            continue
        n_ways, n_branching = _ways_on(g, close, y, i, gone, ways, rows)
        if n_ways < 0 or size + n_ways > _MOST_NODES or n_leaves + n_ways > _MOST_LEAVES:
            continue
        y.inner[i] = True
        out = True
        for chosen in range(1, 1 << n_ways):
            if chosen & (chosen - 1) and chosen >> n_branching:
                continue
            for j in range(n_ways):
                if chosen >> j & 1:
                    _grow(g, close, y, i, ways[j], size)
                    y.between[y.scalar[0] - 1, :size] = rows[j, :size]
            out = _is_out(g, close, dual, y, size) or _ruled_out(g, close, dual, y, gone, depth - 1)
            _shrink(y, size)
            if not out:
                break
        y.inner[i] = False
        if out:
            return True
    return False


@njit(cache=True)
def _new_tree() -> _Tree:
    return _Tree(
        np.empty(_MOST_NODES, np.int32),
        np.full(_MOST_NODES, -1, np.int32),
        np.full(_MOST_NODES, -1, np.int32),
        np.zeros(_MOST_NODES, np.int32),
        np.zeros(_MOST_NODES, np.bool_),
        np.empty(_MOST_NODES, np.int64),
        np.empty(_MOST_NODES, np.int64),
        np.empty((_MOST_NODES, _MOST_NODES), np.int64),
        np.empty((_MOST_DEPTH + 1, _MOST_DEGREE, _MOST_NODES), np.int64),
        np.zeros(2, np.int64),
    )


@njit(cache=True)
def _plant(y: _Tree, v: int, n_tests: int) -> None:
    """Make Y the single node ``v``."""
    y.node[0] = v
    y.degree[0] = 0
    y.inner[0] = False
    y.scalar[0] = 1
    y.scalar[1] = n_tests


@njit(cache=True)
def extended_edges(
    g: Graph,
    close: Close,
    dual: Dual,
    fresh: NDArray[np.bool_],
    gone: NDArray[np.bool_],
    depth: int,
    n_tests: int,
) -> Int:
    """Mark in ``gone`` the edges that are ruled out; return their number.

    Each edge at a fresh node gets at most ``n_tests`` tests and is followed ``depth`` nodes far.
    """
    y = _new_tree()
    n_done = 0
    for e in range(len(g.alive)):
        if not g.alive[e] or gone[e] or not (fresh[g.end[2 * e]] or fresh[g.end[2 * e + 1]]):
            continue
        _plant(y, g.end[2 * e + 1], n_tests)
        _grow(g, close, y, 0, 2 * e, 0)
        if _is_out(g, close, dual, y, 1) or _ruled_out(g, close, dual, y, gone, depth):
            gone[e] = True
            n_done += 1
    return n_done


@njit(cache=True)
def extended_branchless(
    g: Graph,
    close: Close,
    dual: Dual,
    fresh: NDArray[np.bool_],
    gone: NDArray[np.bool_],
    branchless: NDArray[np.bool_],
    most_degree: int,
    depth: int,
    n_tests: int,
) -> Int:
    """Mark the fresh nodes where every branching is ruled out; return their number."""
    y = _new_tree()
    ways = np.empty(_MOST_DEGREE, np.int32)
    n_done = 0
    for v in range(len(g.first)):
        if g.terminal[v] or g.degree[v] < 3 or branchless[v] or not fresh[v]:
            continue
        k = 0
        h = g.first[v]
        while h >= 0:
            if not gone[h >> 1]:
                if k < most_degree:
                    ways[k] = h
                k += 1
            h = g.following[h]
        if k < 3 or k > most_degree:
            continue
        out = True
        for chosen in range(7, 1 << k):
            _plant(y, v, n_tests)
            y.inner[0] = True
            for j in range(k):
                if chosen >> j & 1:
                    _grow(g, close, y, 0, ways[j], 0)
            if y.scalar[0] < 4:
                continue
            out = _is_out(g, close, dual, y, 1) or _ruled_out(g, close, dual, y, gone, depth)
            if not out:
                break
        if out:
            branchless[v] = True
            n_done += 1
    return n_done
