"""A shrinking multigraph in arrays, for reductions of the Steiner tree problem.

Edges hang in doubly linked lists at both ends, so that deleting, merging and contracting cost
time in proportion to the degree. Edge e has the half-edges 2 e and 2 e + 1; half-edge h points
at node ``end[h]`` and hangs in the list of node ``end[h ^ 1]``.

Each edge stands for a piece of the given graph, kept as a node of a *forest*: nodes below the
number of given edges are those edges, every other one is made of two earlier ones. Contracted
edges leave their forest node in ``fixed``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int

__all__ = [
    "FIXED_COST",
    "N_EDGES",
    "N_TERMINALS",
    "Graph",
    "add_edge",
    "build_graph",
    "contract",
    "contract_free",
    "drop_unreachable",
    "implied_gain",
    "remove_edge",
    "settle_degrees",
    "spread",
]

_MOST = 9223372036854775807

N_EDGES = 0
N_TERMINALS = 1
N_FIXED = 2
FIXED_COST = 3
N_FOREST = 4
N_FREE = 5
N_QUEUE = 6


class Graph(NamedTuple):
    """The arrays of the graph; ``scalar`` holds its scalars at the positions named above.

    ``queue`` holds the nodes whose degree changed since ``settle_degrees`` saw them; ``changed``
    marks them until the caller clears it. ``gain`` and ``cheapest`` belong to terminals whose
    ``stale`` is false (see ``implied_gain``).
    """

    end: NDArray[np.int32]
    following: NDArray[np.int32]
    previous: NDArray[np.int32]
    first: NDArray[np.int32]
    degree: NDArray[np.int32]
    cost: NDArray[np.int64]
    alive: NDArray[np.bool_]
    piece: NDArray[np.int32]
    terminal: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    fixed: NDArray[np.int32]
    free: NDArray[np.int32]
    queue: NDArray[np.int32]
    queued: NDArray[np.bool_]
    changed: NDArray[np.bool_]
    stale: NDArray[np.bool_]
    gain: NDArray[np.int64]
    cheapest: NDArray[np.int32]
    scalar: NDArray[np.int64]


@njit(cache=True)
def _touch(g: Graph, v: int) -> None:
    """Remember that the degree of ``v`` changed."""
    g.changed[v] = True
    g.stale[v] = True
    if not g.queued[v]:
        g.queued[v] = True
        g.queue[g.scalar[N_QUEUE]] = v
        g.scalar[N_QUEUE] += 1


@njit(cache=True)
def _link(g: Graph, h: int) -> None:
    """Hang half-edge ``h`` into the list of its node."""
    v = g.end[h ^ 1]
    after = g.first[v]
    g.following[h] = after
    g.previous[h] = -1
    if after >= 0:
        g.previous[after] = h
    g.first[v] = h
    g.degree[v] += 1
    _touch(g, v)


@njit(cache=True)
def _unlink(g: Graph, h: int) -> None:
    """Take half-edge ``h`` out of the list of its node."""
    v = g.end[h ^ 1]
    before = g.previous[h]
    after = g.following[h]
    if before >= 0:
        g.following[before] = after
    else:
        g.first[v] = after
    if after >= 0:
        g.previous[after] = before
    g.degree[v] -= 1
    _touch(g, v)


@njit(cache=True)
def remove_edge(g: Graph, e: int) -> None:
    """Delete edge ``e``; its place may be used again by ``add_edge``."""
    _unlink(g, 2 * e)
    _unlink(g, 2 * e + 1)
    g.alive[e] = False
    g.free[g.scalar[N_FREE]] = e
    g.scalar[N_FREE] += 1
    g.scalar[N_EDGES] -= 1


@njit(cache=True)
def _find_edge(g: Graph, u: int, v: int) -> Int:
    """Return the edge between two nodes, -1 when there is none."""
    if g.degree[u] > g.degree[v]:
        u, v = v, u
    h = g.first[u]
    while h >= 0:
        if g.end[h] == v:
            return h >> 1
        h = g.following[h]
    return -1


@njit(cache=True)
def add_edge(g: Graph, u: int, v: int, cost: int, piece_a: int, piece_b: int) -> None:
    """Join two nodes by an edge made of two pieces, unless one as cheap joins them already.

    There has to be room: an edge was removed before for each that is added.
    """
    if u == v:
        return
    e = _find_edge(g, u, v)
    if e >= 0:
        if g.cost[e] <= cost:
            return
        remove_edge(g, e)
    g.scalar[N_FREE] -= 1
    e = g.free[g.scalar[N_FREE]]
    piece = g.scalar[N_FOREST]
    g.scalar[N_FOREST] += 1
    g.left[piece] = piece_a
    g.right[piece] = piece_b
    g.piece[e] = piece
    g.cost[e] = cost
    g.alive[e] = True
    g.end[2 * e] = v
    g.end[2 * e + 1] = u
    g.scalar[N_EDGES] += 1
    _link(g, 2 * e)
    _link(g, 2 * e + 1)


@njit(cache=True)
def contract(g: Graph, e: int) -> Int:
    """Take edge ``e`` into the tree and merge its ends into a terminal; return that node.

    An edge that costs nothing makes no terminal: it may stay unused.
    """
    u = g.end[2 * e]
    v = g.end[2 * e + 1]
    if g.degree[u] < g.degree[v]:
        u, v = v, u
    g.fixed[g.scalar[N_FIXED]] = g.piece[e]
    g.scalar[N_FIXED] += 1
    g.scalar[FIXED_COST] += g.cost[e]
    free = g.cost[e] == 0
    remove_edge(g, e)
    if g.terminal[u] and g.terminal[v]:
        g.scalar[N_TERMINALS] -= 1
    elif not (g.terminal[u] or g.terminal[v] or free):
        g.scalar[N_TERMINALS] += 1
    g.terminal[u] = g.terminal[u] or g.terminal[v] or not free
    g.terminal[v] = False
    h = g.first[v]
    while h >= 0:
        after = g.following[h]
        moved = h >> 1
        w = g.end[h]
        twin = _find_edge(g, u, w)
        if twin >= 0 and g.cost[twin] <= g.cost[moved]:
            remove_edge(g, moved)
        else:
            if twin >= 0:
                remove_edge(g, twin)
            _unlink(g, h)
            g.end[h ^ 1] = u
            _link(g, h)
        h = after
    _touch(g, u)
    return u


@njit(cache=True)
def contract_free(g: Graph) -> None:
    """Contract all edges that cost nothing; later tests may rely on positive costs."""
    for e in range(len(g.alive)):
        if g.alive[e] and g.cost[e] == 0:
            contract(g, e)


@njit(cache=True)
def settle_degrees(g: Graph) -> None:
    """Apply the degree tests until none fits.

    A leaf goes when it is no terminal and is contracted when it is one; a node of degree two
    that is no terminal gives way to one edge.
    """
    while g.scalar[N_QUEUE] > 0:
        g.scalar[N_QUEUE] -= 1
        v = g.queue[g.scalar[N_QUEUE]]
        g.queued[v] = False
        if g.degree[v] == 1:
            e = g.first[v] >> 1
            if not g.terminal[v]:
                remove_edge(g, e)
            elif g.scalar[N_TERMINALS] > 1:
                contract(g, e)
        elif g.degree[v] == 2 and not g.terminal[v]:
            ha = g.first[v]
            hb = g.following[ha]
            a = ha >> 1
            b = hb >> 1
            u = g.end[ha]
            w = g.end[hb]
            cost = g.cost[a] + g.cost[b]
            piece_a = g.piece[a]
            piece_b = g.piece[b]
            remove_edge(g, a)
            remove_edge(g, b)
            add_edge(g, u, w, cost, piece_a, piece_b)


@njit(cache=True)
def implied_gain(g: Graph, t: int) -> Int:
    """Return by how much the cheapest edge of a terminal beats its second cheapest.

    A tree that comes to touch the other end of that edge, which is left in ``cheapest``, may
    take the edge and drop another one of the terminal: it gains that much.
    """
    if g.stale[t]:
        g.stale[t] = False
        best = -1
        first = _MOST
        second = _MOST
        h = g.first[t]
        while h >= 0:
            c = g.cost[h >> 1]
            if c < first:
                second = first
                first = c
                best = h >> 1
            elif c < second:
                second = c
            h = g.following[h]
        g.cheapest[t] = best
        g.gain[t] = second - first if second < _MOST else 0
    return g.gain[t]


@njit(cache=True)
def spread(g: Graph, marks: NDArray[np.bool_], hops: int) -> NDArray[np.bool_]:
    """Return marks of the marked nodes and of all within ``hops`` edges."""
    near = marks.copy()
    for _ in range(hops):
        inner = near.copy()
        for v in range(len(inner)):
            if inner[v]:
                h = g.first[v]
                while h >= 0:
                    near[g.end[h]] = True
                    h = g.following[h]
    return near


@njit(cache=True)
def drop_unreachable(g: Graph) -> bool:
    """Delete all that hangs on no terminal; tell whether the terminals hang together."""
    n = len(g.first)
    seen = np.zeros(n, np.bool_)
    stack = np.empty(n, np.int32)
    size = 0
    for v in range(n):
        if g.terminal[v]:
            stack[0] = v
            seen[v] = True
            size = 1
            break
    reached = size
    while size > 0:
        size -= 1
        h = g.first[stack[size]]
        while h >= 0:
            w = g.end[h]
            if not seen[w]:
                seen[w] = True
                reached += g.terminal[w]
                stack[size] = w
                size += 1
            h = g.following[h]
    if reached < g.scalar[N_TERMINALS]:
        return False
    for e in range(len(g.alive)):
        if g.alive[e] and not seen[g.end[2 * e]]:
            remove_edge(g, e)
    return True


@njit(cache=True)
def _link_simple(
    g: Graph,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    order: NDArray[np.int64],
    keep: NDArray[np.bool_],
) -> None:
    """Link the kept edges that are no loop, the cheapest between each two nodes.

    ``order`` sorts the edges by smaller end, larger end, cost, number.
    """
    last_u = -1
    last_v = -1
    for i in range(len(order)):
        e = order[i]
        if not keep[e] or tail[e] == head[e]:
            continue
        u = min(tail[e], head[e])
        v = max(tail[e], head[e])
        if u == last_u and v == last_v:
            continue
        last_u = u
        last_v = v
        g.alive[e] = True
    for e in range(len(tail) - 1, -1, -1):
        if g.alive[e]:
            _link(g, 2 * e)
            _link(g, 2 * e + 1)
            g.scalar[N_EDGES] += 1
        else:
            g.free[g.scalar[N_FREE]] = e
            g.scalar[N_FREE] += 1


def build_graph(
    n_nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    cost: NDArray[np.int64],
    terminals: NDArray[np.int32],
    keep: NDArray[np.bool_],
) -> Graph:
    """Return the graph of the kept edges, without loops and without parallel edges.

    Parameters
    ----------
    n_nodes, tail, head, cost, terminals
        The given graph: int32 (m,) ends, int64 (m,) costs >= 0, int32 (t,) distinct terminals.
    keep
        bool (m,), edges to take.
    """
    m = len(tail)
    n_forest = m + 6 * n_nodes
    end = np.empty(2 * m, np.int32)
    end[0::2] = head
    end[1::2] = tail
    terminal = np.zeros(n_nodes, np.bool_)
    terminal[terminals] = True
    scalar = np.zeros(8, np.int64)
    scalar[N_TERMINALS] = len(terminals)
    scalar[N_FOREST] = m
    graph = Graph(
        end=end,
        following=np.full(2 * m, -1, np.int32),
        previous=np.full(2 * m, -1, np.int32),
        first=np.full(n_nodes, -1, np.int32),
        degree=np.zeros(n_nodes, np.int32),
        cost=cost.astype(np.int64),
        alive=np.zeros(m, np.bool_),
        piece=np.arange(m, dtype=np.int32),
        terminal=terminal,
        left=np.full(n_forest, -1, np.int32),
        right=np.full(n_forest, -1, np.int32),
        fixed=np.empty(n_nodes, np.int32),
        free=np.empty(m, np.int32),
        queue=np.empty(n_nodes, np.int32),
        queued=np.zeros(n_nodes, np.bool_),
        changed=np.ones(n_nodes, np.bool_),
        stale=np.ones(n_nodes, np.bool_),
        gain=np.zeros(n_nodes, np.int64),
        cheapest=np.full(n_nodes, -1, np.int32),
        scalar=scalar,
    )
    order = np.lexsort((cost, np.maximum(tail, head), np.minimum(tail, head)))
    _link_simple(graph, tail, head, order, keep)
    return graph
