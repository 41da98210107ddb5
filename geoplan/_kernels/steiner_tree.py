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

__all__ = [
    "FAR", "State", "StarGraph", "attach", "begin", "build_tree", "climb", "detach", "fill_path",
    "hang", "make_state", "prune", "rollback", "spread", "touch", "tree_edges",
]  # fmt: skip

FAR = 1 << 60

# columns of a row; local searches use the first four in rows of their own
DIST, BASE, VIA, PRED, UP, UP_EDGE, DEGREE, TERMINAL = range(8)
# entries of State.count
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
    count: NDArray[np.int64]
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
        count=np.zeros(11, dtype=np.int64),
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
    state.count[SAVE] += 1
    return state.count[LOG]


@njit(cache=True)
def touch(state: State, v: int) -> None:
    """Log the row of ``v`` unless that was done since the last :func:`begin`."""
    if state.saved_at[v] != state.count[SAVE]:
        state.saved_at[v] = state.count[SAVE]
        i = state.count[LOG]
        state.log_node[i] = v
        for c in range(7):
            state.log_row[i, c] = state.row[v, c]
        state.count[LOG] = i + 1


@njit(cache=True)
def rollback(state: State, place: int) -> None:
    """Take back everything that was logged after ``place``."""
    for i in range(state.count[LOG] - 1, place - 1, -1):
        v = state.log_node[i]
        for c in range(7):
            state.row[v, c] = state.log_row[i, c]
    state.count[LOG] = place
    state.count[SAVE] += 1


@njit(cache=True)
def spread(graph: StarGraph, state: State) -> None:
    """Bring the Voronoi diagram up to date after nodes left the tree or joined it.

    The nodes are those in ``lost`` and ``fresh``. Whatever hung on their ways is found anew;
    the rest can only come nearer.
    """
    row, key, item, stack = state.row, state.heap_key, state.heap_item, state.stack
    n_stack = 0
    for i in range(state.count[N_LOST]):
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
    for i in range(state.count[N_FRESH]):
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
    _settle(graph, state, size)
    state.count[N_LOST] = 0
    state.count[N_FRESH] = 0


@njit(cache=True)
def _settle(graph: StarGraph, state: State, size: int) -> None:
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
def climb(graph: StarGraph, state: State, a: int, b: int) -> tuple[Int, Int, Int, Int]:
    """Find the longest stretch of the tree's path from ``a`` to ``b`` that could be taken out.

    Stretches end at ``a``, ``b``, terminals and branch nodes. Returns its length, its lower and
    its upper end, and on whose side of the top it lies (0: removing it cuts off ``a``; 1: ``b``).
    """
    row, mark = state.row, state.mark
    state.count[MARK] += 1
    now = state.count[MARK]
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
def fill_path(
    graph: StarGraph, state: State, rows: NDArray[np.int64], x: int, y: int, e: int
) -> Int:
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
def detach(graph: StarGraph, state: State, low: int, high: int) -> None:
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
        state.lost[state.count[N_LOST]] = u
        state.count[N_LOST] += 1
        u = above
    touch(state, high)
    row[high, DEGREE] -= 1


@njit(cache=True)
def attach(graph: StarGraph, state: State, low: int, length: int) -> Int:
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
        state.fresh[state.count[N_FRESH]] = v
        state.count[N_FRESH] += 1
    touch(state, node[length])
    row[node[length], DEGREE] += 1
    return cost


@njit(cache=True)
def hang(graph: StarGraph, state: State, v: int) -> None:
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
        state.fresh[state.count[N_FRESH]] = u
        state.count[N_FRESH] += 1
        u = row[u, UP]
    touch(state, u)
    row[u, DEGREE] += 1
    spread(graph, state)


@njit(cache=True)
def _order(
    graph: StarGraph, chosen: NDArray[np.bool_], root: int, order: NDArray[np.int32],
    parent: NDArray[np.int32], via: NDArray[np.int32],
) -> Int:  # fmt: skip
    """Breadth first over the chosen edges; returns the number of nodes reached."""
    parent[:] = -1
    via[:] = -1
    order[0] = root
    count = 1
    i = 0
    while i < count:
        u = order[i]
        i += 1
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            e = graph.eid[k]
            w = graph.nbr[k]
            if chosen[e] and w != root and via[w] < 0:
                via[w] = e
                parent[w] = u
                order[count] = w
                count += 1
    return count


@njit(cache=True)
def _middle_terminal(graph: StarGraph, state: State, chosen: NDArray[np.bool_], start: int) -> Int:
    """Return the terminal nearest to the tree's centroid: the parts below stay small."""
    n = len(graph.ptr) - 1
    order = np.empty(n, np.int32)
    parent = np.empty(n, np.int32)
    via = np.empty(n, np.int32)
    count = _order(graph, chosen, start, order, parent, via)
    size = np.ones(n, np.int32)
    centre = start
    for i in range(count - 1, -1, -1):
        v = order[i]
        if 2 * size[v] >= count:
            centre = v
            break
        size[parent[v]] += size[v]
    count = _order(graph, chosen, centre, order, parent, via)
    for i in range(count):
        if state.row[order[i], TERMINAL] == 1:
            return order[i]
    return start


@njit(cache=True)
def build_tree(graph: StarGraph, state: State, chosen: NDArray[np.bool_], start: int) -> None:
    """Load a tree (edges that form one, through the terminal ``start``) into the state."""
    row = state.row
    n = len(row)
    root = _middle_terminal(graph, state, chosen, start)
    order = np.empty(n, np.int32)
    parent = np.empty(n, np.int32)
    via = np.empty(n, np.int32)
    count = _order(graph, chosen, root, order, parent, via)
    for v in range(n):
        row[v, DIST] = FAR
        for c in range(1, 7):
            row[v, c] = -1
    size = 0
    for i in range(count):
        v = order[i]
        row[v, DIST] = 0
        row[v, BASE] = v
        row[v, UP] = parent[v]
        row[v, UP_EDGE] = via[v]
        row[v, DEGREE] = 0 if i == 0 else 1
        if i > 0:
            row[parent[v], DEGREE] += 1
        size = push(state.heap_key, state.heap_item, size, 0, v)
    state.count[ROOT] = root
    state.count[LOG] = 0
    state.count[SAVE] += 1
    _settle(graph, state, size)
    state.count[LOG] = 0
    state.count[SAVE] += 1


@njit(cache=True)
def tree_edges(state: State, n_edges: int) -> NDArray[np.bool_]:
    """Return the edges of the tree as bool (m,)."""
    chosen = np.zeros(n_edges, np.bool_)
    for v in range(len(state.row)):
        if state.row[v, DEGREE] >= 0 and state.row[v, UP_EDGE] >= 0:
            chosen[state.row[v, UP_EDGE]] = True
    return chosen


@njit(cache=True)
def _find(up: NDArray[np.int32], v: int) -> Int:
    while up[v] != v:
        up[v] = up[up[v]]
        v = up[v]
    return v


@njit(cache=True)
def prune(
    graph: StarGraph, is_terminal: NDArray[np.bool_], by_cost: NDArray[np.int64],
    chosen: NDArray[np.bool_], induced: bool,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return the least tree on the nodes of some connected edges, without bare branches.

    Parameters
    ----------
    by_cost
        int64 (m,), edge ids by ascending cost.
    chosen
        bool (m,), edges that connect the terminals.
    induced
        Take any edge between two of the nodes, not only the chosen ones.
    """
    n = len(graph.ptr) - 1
    inside = np.zeros(n, np.bool_)
    for e in range(len(chosen)):
        if chosen[e]:
            inside[graph.tail[e]] = True
            inside[graph.head[e]] = True
    up = np.arange(n).astype(np.int32)
    kept = np.zeros(len(chosen), np.bool_)
    degree = np.zeros(n, np.int32)
    for e in by_cost:
        u = graph.tail[e]
        v = graph.head[e]
        if inside[u] and inside[v] and (induced or chosen[e]):
            a = _find(up, u)
            b = _find(up, v)
            if a != b:
                up[a] = b
                kept[e] = True
                degree[u] += 1
                degree[v] += 1
    for v in range(n):
        u = v
        while degree[u] == 1 and not is_terminal[u]:
            for k in range(graph.ptr[u], graph.ptr[u + 1]):
                if kept[graph.eid[k]]:
                    kept[graph.eid[k]] = False
                    degree[u] = 0
                    u = graph.nbr[k]
                    degree[u] -= 1
                    break
    return kept
