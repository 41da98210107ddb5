"""A Steiner tree that can be changed: its parents, and the Voronoi diagram of its nodes.

The state keeps for every node of the graph one row of integers: how far the nearest node of the
tree is and by which way (the Voronoi diagram), and, for nodes of the tree, parent and degree.
A change touches only the rows around it, and a log of the rows as they were takes it back. The
root is a terminal; so every key path (a stretch between two terminals or branch nodes without
another one inside) runs straight up towards the root.

E. Uchoa, R. F. Werneck, "Fast local search for the Steiner problem in graphs" (2012).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, pop, push

__all__ = ["FAR", "StarGraph", "State", "attach", "begin", "climb", "detach", "fill_path"]
__all__ += ["hang", "make_state", "rollback", "settle", "spread", "touch"]

FAR = 1 << 60

# columns of a row; local searches use the first four in rows of their own
DIST, BASE, VIA, PRED, UP, UP_EDGE, DEGREE, TERMINAL = range(8)
# entries of State.scalar
LOG, SAVE, MARK, N_LOST, N_FRESH, FIRST, N_QUEUE, FIRST_LATE, N_LATE, CHANGES, ROOT = range(11)


class StarGraph(NamedTuple):
    """Adjacency (CSR by node), and ends and cost of each edge."""

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    eid: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    cost: NDArray[np.int64]


class State(NamedTuple):
    """The tree, its Voronoi diagram, the log, and room to work in.

    ``row`` int64 (n, 8): distance to the tree, its nearest node, edge and node on the way there,
    parent, edge to the parent, degree in the tree (-1 outside), whether it is a terminal.
    """

    row: NDArray[np.int64]
    scalar: NDArray[np.int64]
    saved_at: NDArray[np.int64]
    log_node: NDArray[np.int32]
    log_row: NDArray[np.int64]
    mark: NDArray[np.int64]
    local: NDArray[np.int64]
    lost: NDArray[np.int32]
    fresh: NDArray[np.int32]
    stack: NDArray[np.int32]
    path_node: NDArray[np.int32]
    path_edge: NDArray[np.int32]
    queue: NDArray[np.int32]
    queued: NDArray[np.bool_]
    late: NDArray[np.int32]
    waits: NDArray[np.bool_]
    tried: NDArray[np.int64]
    heap_key: NDArray[np.int64]
    heap_item: NDArray[np.int64]


def make_state(graph: StarGraph, is_terminal: NDArray[np.bool_]) -> State:
    """Return an empty state for a graph; every buffer is as large as it can ever have to be."""
    n, m = len(graph.ptr) - 1, len(graph.cost)
    row = np.full((n, 8), -1, dtype=np.int64)
    row[:, DIST] = FAR
    row[:, TERMINAL] = is_terminal
    local = np.full((n, 4), -1, dtype=np.int64)
    local[:, DIST] = FAR
    return State(
        row=row,
        scalar=np.zeros(11, dtype=np.int64),
        saved_at=np.full(n, -1, dtype=np.int64),
        log_node=np.empty(3 * n + 8, dtype=np.int32),
        log_row=np.empty((3 * n + 8, 8), dtype=np.int64),
        mark=np.zeros(n, dtype=np.int64),
        local=local,
        lost=np.empty(n + 1, dtype=np.int32),
        fresh=np.empty(n + 1, dtype=np.int32),
        stack=np.empty(n + 1, dtype=np.int32),
        path_node=np.empty(2 * n + 2, dtype=np.int32),
        path_edge=np.empty(2 * n + 2, dtype=np.int32),
        queue=np.empty(n + 1, dtype=np.int32),
        queued=np.zeros(n, dtype=np.bool_),
        late=np.empty(n + 1, dtype=np.int32),
        waits=np.zeros(n, dtype=np.bool_),
        tried=np.full((n, 2), -1, dtype=np.int64),
        heap_key=np.empty(2 * m + 2 * n + 2, dtype=np.int64),
        heap_item=np.empty(2 * m + 2 * n + 2, dtype=np.int64),
    )


@njit(cache=True)
def begin(state: State) -> Int:
    """Start a change that can be taken back: returns the place in the log to go back to."""
    state.scalar[SAVE] += 1
    return state.scalar[LOG]


@njit(cache=True)
def touch(state: State, v: Int) -> None:
    """Log the row of ``v`` unless that was done since the last :func:`begin`."""
    if state.saved_at[v] != state.scalar[SAVE]:
        state.saved_at[v] = state.scalar[SAVE]
        i = state.scalar[LOG]
        state.log_node[i] = v
        for c in range(7):
            state.log_row[i, c] = state.row[v, c]
        state.scalar[LOG] = i + 1


@njit(cache=True)
def rollback(state: State, place: Int) -> None:
    """Take back everything that was logged after ``place``."""
    for i in range(state.scalar[LOG] - 1, place - 1, -1):
        v = state.log_node[i]
        for c in range(7):
            state.row[v, c] = state.log_row[i, c]
    state.scalar[LOG] = place
    state.scalar[SAVE] += 1


@njit(cache=True)
def spread(graph: StarGraph, state: State) -> None:
    """Bring the Voronoi diagram up to date after nodes left the tree or joined it.

    The nodes are those in ``lost`` and ``fresh``. Whatever hung on their ways is found anew;
    the rest can only come nearer.
    """
    row, key, item, stack = state.row, state.heap_key, state.heap_item, state.stack
    n_stack = 0
    for i in range(state.scalar[N_LOST]):
        v = state.lost[i]
        if row[v, DEGREE] < 0:
            touch(state, v)
            row[v, DIST] = FAR
            row[v, BASE] = -1
            row[v, VIA] = -1
            row[v, PRED] = -1
            stack[n_stack] = v
            n_stack += 1
    n_out = n_stack
    size = 0
    for i in range(state.scalar[N_FRESH]):
        v = state.fresh[i]
        touch(state, v)
        row[v, DIST] = 0
        row[v, BASE] = v
        row[v, VIA] = -1
        row[v, PRED] = -1
        size = push(key, item, size, 0, v)
        for k in range(graph.ptr[v], graph.ptr[v + 1]):
            w = graph.nbr[k]
            if row[w, VIA] == graph.eid[k] and row[w, PRED] == v and row[w, DEGREE] < 0:
                touch(state, w)
                row[w, DIST] = FAR
                row[w, VIA] = -1
                stack[n_out] = w
                n_out += 1
    i = 0
    while i < n_out:
        u = stack[i]
        i += 1
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            if row[w, VIA] == graph.eid[k] and row[w, PRED] == u and row[w, DEGREE] < 0:
                touch(state, w)
                row[w, DIST] = FAR
                row[w, VIA] = -1
                stack[n_out] = w
                n_out += 1
    for i in range(n_out):
        u = stack[i]
        best = FAR
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            d = row[w, DIST] + graph.cost[graph.eid[k]]
            if d < best:
                best = d
                row[u, BASE] = row[w, BASE]
                row[u, VIA] = graph.eid[k]
                row[u, PRED] = w
        if best < FAR:
            row[u, DIST] = best
            size = push(key, item, size, best, u)
    settle(graph, state, size)
    state.scalar[N_LOST] = 0
    state.scalar[N_FRESH] = 0


@njit(cache=True)
def settle(graph: StarGraph, state: State, size: Int) -> None:
    """Dijkstra from what stands in the heap; ways only get shorter."""
    row, key, item = state.row, state.heap_key, state.heap_item
    while size > 0:
        d = key[0]
        u = item[0]
        size = pop(key, item, size)
        if d > row[u, DIST]:
            continue
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            far = d + graph.cost[graph.eid[k]]
            if far < row[w, DIST]:
                touch(state, w)
                row[w, DIST] = far
                row[w, BASE] = row[u, BASE]
                row[w, VIA] = graph.eid[k]
                row[w, PRED] = u
                size = push(key, item, size, far, w)


@njit(cache=True)
def climb(graph: StarGraph, state: State, a: Int, b: Int) -> tuple[Int, Int, Int, Int]:
    """Find the longest stretch of the tree's path from ``a`` to ``b`` that could be taken out.

    Stretches end at ``a``, ``b``, terminals and branch nodes. Returns its length, its lower and
    its upper end, and on whose side of the top it lies (0: removing it cuts off ``a``; 1: ``b``).
    """
    row, mark = state.row, state.mark
    state.scalar[MARK] += 1
    now = state.scalar[MARK]
    mark[a] = now
    top = b
    if a != b:
        mark[b] = now
        u = a
        v = b
        while True:
            if row[u, UP] >= 0:
                u = row[u, UP]
                if mark[u] == now:
                    top = u
                    break
                mark[u] = now
            if row[v, UP] >= 0:
                v = row[v, UP]
                if mark[v] == now:
                    top = v
                    break
                mark[v] = now
    best = np.int64(-1)
    best_low = np.int64(a)
    best_high = np.int64(a)
    best_side = np.int64(0)
    for side in range(2):
        u = np.int64(a if side == 0 else b)
        low = u
        length = np.int64(0)
        while u != top:
            length += graph.cost[row[u, UP_EDGE]]
            u = row[u, UP]
            if u == top or row[u, TERMINAL] == 1 or row[u, DEGREE] >= 3:
                if length > best:
                    best = length
                    best_low = low
                    best_high = u
                    best_side = np.int64(side)
                low = u
                length = np.int64(0)
    return best, best_low, best_high, best_side


@njit(cache=True)
def fill_path(state: State, rows: NDArray[np.int64], x: Int, y: Int, e: Int) -> Int:
    """Write the path over edge ``e`` = (x, y) between the first nodes of the tree on both sides.

    The ways from ``x`` and ``y`` are those of ``rows`` (the Voronoi diagram or a local search).
    Returns the number of edges of the path in ``path_node`` and ``path_edge``.
    """
    row = state.row
    k = 0
    u = x
    while row[u, DEGREE] < 0:
        u = rows[u, PRED]
        k += 1
    state.path_node[k] = x
    state.path_edge[k] = e
    u = x
    i = k
    while row[u, DEGREE] < 0:
        i -= 1
        state.path_edge[i] = rows[u, VIA]
        u = rows[u, PRED]
        state.path_node[i] = u
    k += 1
    state.path_node[k] = y
    u = y
    while row[u, DEGREE] < 0:
        state.path_edge[k] = rows[u, VIA]
        u = rows[u, PRED]
        k += 1
        state.path_node[k] = u
    return k


@njit(cache=True)
def detach(state: State, low: Int, high: Int) -> None:
    """Take the stretch from ``low`` up to ``high`` out of the tree; its inner nodes leave it."""
    row = state.row
    touch(state, low)
    row[low, DEGREE] -= 1
    u = row[low, UP]
    while u != high:
        touch(state, u)
        above = row[u, UP]
        row[u, DEGREE] = -1
        row[u, UP] = -1
        row[u, UP_EDGE] = -1
        state.lost[state.scalar[N_LOST]] = u
        state.scalar[N_LOST] += 1
        u = above
    touch(state, high)
    row[high, DEGREE] -= 1


@njit(cache=True)
def attach(graph: StarGraph, state: State, low: Int, length: Int) -> Int:
    """Hang the part of the tree below ``low`` anew, by the path of ``length`` edges written.

    The path starts in that part and ends in the rest. Returns the cost of its edges.
    """
    row, node, edge = state.row, state.path_node, state.path_edge
    u = np.int64(node[0])
    above = np.int64(node[1])
    via = np.int64(edge[0])
    touch(state, u)
    row[u, DEGREE] += 1
    while True:
        touch(state, u)
        old_above = row[u, UP]
        old_via = row[u, UP_EDGE]
        row[u, UP] = above
        row[u, UP_EDGE] = via
        if u == low:
            break
        above = u
        via = old_via
        u = old_above
    cost = graph.cost[edge[0]]
    for i in range(1, length):
        v = node[i]
        touch(state, v)
        row[v, DEGREE] = 2
        row[v, UP] = node[i + 1]
        row[v, UP_EDGE] = edge[i]
        cost += graph.cost[edge[i]]
        state.fresh[state.scalar[N_FRESH]] = v
        state.scalar[N_FRESH] += 1
    touch(state, node[length])
    row[node[length], DEGREE] += 1
    return cost


@njit(cache=True)
def hang(graph: StarGraph, state: State, v: Int) -> None:
    """Join ``v`` to the tree by its way to the nearest node, as a bare leaf for the moment."""
    row = state.row
    u = v
    degree = 1
    while row[u, DEGREE] < 0:
        touch(state, u)
        row[u, DEGREE] = degree
        degree = 2
        row[u, UP] = row[u, PRED]
        row[u, UP_EDGE] = row[u, VIA]
        state.fresh[state.scalar[N_FRESH]] = u
        state.scalar[N_FRESH] += 1
        u = row[u, UP]
    touch(state, u)
    row[u, DEGREE] += 1
    spread(graph, state)
