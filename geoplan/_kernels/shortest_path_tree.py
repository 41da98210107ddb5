"""Steiner trees by repeated shortest paths, and distances from many sources.

H. Takahashi, A. Matsuyama, "An approximate solution for the Steiner problem in graphs" (1980):
hang the nearest terminal on the tree, again and again; then take the minimum spanning tree of
the nodes reached and prune its bare branches.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, grow, pop, push

__all__ = ["FAR", "distances", "repeated_shortest_path"]

FAR = 1 << 60


@njit(cache=True, nogil=True)
def distances(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    weight: NDArray[np.int64],
    sources: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Return int64 (n,) distances from the nearest source; :data:`FAR` where there is no way.

    Edges of weight ``FAR`` or more are not used.
    """
    n = len(ptr) - 1
    dist = np.full(n, FAR, np.int64)
    heap_key = np.empty(256, np.int64)
    heap_item = np.empty(256, np.int64)
    size = 0
    for s in sources:
        dist[s] = 0
        if size == len(heap_key):
            heap_key, heap_item = grow(heap_key, heap_item)
        size = push(heap_key, heap_item, size, 0, s)
    while size > 0:
        d = heap_key[0]
        u = heap_item[0]
        size = pop(heap_key, heap_item, size)
        if d > dist[u]:
            continue
        for k in range(ptr[u], ptr[u + 1]):
            w = weight[eid[k]]
            if w >= FAR:
                continue
            v = nbr[k]
            if d + w < dist[v]:
                dist[v] = d + w
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, d + w, v)
    return dist


@njit(cache=True)
def repeated_shortest_path(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    weight: NDArray[np.int64],
    start: int,
    is_terminal: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], Int]:
    """Grow a tree from ``start`` that reaches every terminal it can.

    Returns
    -------
    tuple
        bool (m,): edges of the tree; and the number of terminals that were not reached.
    """
    n = len(ptr) - 1
    dist = np.full(n, FAR, np.int64)
    via = np.full(n, -1, np.int32)
    prev = np.full(n, -1, np.int32)
    in_tree = np.zeros(n, np.bool_)
    chosen = np.zeros(len(weight), np.bool_)
    open_terminals = 0
    for v in range(n):
        if is_terminal[v] and v != start:
            open_terminals += 1
    heap_key = np.empty(1024, np.int64)
    heap_item = np.empty(1024, np.int64)
    dist[start] = 0
    in_tree[start] = True
    size = push(heap_key, heap_item, 0, 0, start)
    while size > 0 and open_terminals > 0:
        d = heap_key[0]
        u = heap_item[0]
        size = pop(heap_key, heap_item, size)
        if d > dist[u]:
            continue
        if is_terminal[u] and not in_tree[u]:
            open_terminals -= 1
            v = u
            while not in_tree[v]:
                # the path is part of the tree now: its nodes are new sources at distance 0
                in_tree[v] = True
                dist[v] = 0
                chosen[via[v]] = True
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, 0, v)
                if is_terminal[v] and v != u:
                    open_terminals -= 1
                v = prev[v]
            continue
        for k in range(ptr[u], ptr[u + 1]):
            w = weight[eid[k]]
            if w >= FAR:
                continue
            v = nbr[k]
            if dist[u] + w < dist[v]:
                dist[v] = dist[u] + w
                via[v] = eid[k]
                prev[v] = u
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, dist[v], v)
    return chosen, open_terminals
