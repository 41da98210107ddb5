"""Load a Steiner tree into the state of the search, read it out, and prune sets of edges."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, push
from geoplan._kernels.steiner_tree import (
    BASE,
    DEGREE,
    DIST,
    FAR,
    LOG,
    ROOT,
    SAVE,
    TERMINAL,
    UP,
    UP_EDGE,
    StarGraph,
    State,
    settle,
)

__all__ = ["build_tree", "prune", "tree_edges"]


@njit(cache=True)
def _order(
    graph: StarGraph, chosen: NDArray[np.bool_], root: Int, order: NDArray[np.int32],
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
def _middle_terminal(graph: StarGraph, state: State, chosen: NDArray[np.bool_], start: Int) -> Int:
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
def build_tree(graph: StarGraph, state: State, chosen: NDArray[np.bool_], start: Int) -> None:
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
    state.scalar[ROOT] = root
    state.scalar[LOG] = 0
    state.scalar[SAVE] += 1
    settle(graph, state, size)
    state.scalar[LOG] = 0
    state.scalar[SAVE] += 1


@njit(cache=True)
def tree_edges(state: State, n_edges: Int) -> NDArray[np.bool_]:
    """Return the edges of the tree as bool (m,)."""
    chosen = np.zeros(n_edges, np.bool_)
    for v in range(len(state.row)):
        if state.row[v, DEGREE] >= 0 and state.row[v, UP_EDGE] >= 0:
            chosen[state.row[v, UP_EDGE]] = True
    return chosen


@njit(cache=True)
def _find(up: NDArray[np.int32], v: Int) -> Int:
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
