"""The one search under every way and every pair of ways: nearest first, with potentials.

With what is left at least as potential it is A* (Hart, Nilsson, Raphael 1968); against edges with
flow it finds the second of two ways (Suurballe 1974, Bhandari's form).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["INF", "search"]

INF = 1 << 60


@njit(cache=True)
def search(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    weight: NDArray[np.int64],
    blocked: NDArray[np.int32],
    flow: NDArray[np.bool_],
    start: NDArray[np.int32],
    potential: NDArray[np.int64],
    source: int,
    target: int,
    most: int,
    via: NDArray[np.int32],
    prev: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Return int64 (n,), how far nodes are from the source; right where no farther than the target.

    An edge counts ``weight`` and the potential of its first node less that of its second, never
    less than 0; INF, and where nodes are farther than ``most``, it is not used. An edge with flow
    is only walked against it, and gives its weight back.

    Parameters
    ----------
    ptr, nbr, eid
        The graph, CSR of both ways.
    flow, start
        bool (m,), and int32 (m,) the node at which the flow enters the edge.
    via, prev
        int32 (n,), written to: the last edge to each node, and the node before it.
    """
    n = len(ptr) - 1
    dist = np.full(n, INF, np.int64)
    done = np.zeros(n, np.bool_)
    # the heap of ._kernels.heap stands here once more: calls count uses of its arrays, which takes
    # as long as the search itself; every edge is pushed once from either end at most: no growing
    keys = np.empty(len(nbr) + 1, np.int64)
    items = np.empty(len(nbr) + 1, np.int32)
    keys[0], items[0] = 0, source
    size = 1
    dist[source] = 0
    while size > 0:
        u = items[0]
        if u == target:
            break
        size -= 1
        key, item = keys[size], items[size]
        i = 0
        while True:
            child = 2 * i + 1
            if child >= size:
                break
            right = child + 1
            if right < size and (
                keys[right] < keys[child]
                or (keys[right] == keys[child] and items[right] < items[child])
            ):
                child = right
            if keys[child] > key or (keys[child] == key and items[child] >= item):
                break
            keys[i], items[i] = keys[child], items[child]
            i = child
        keys[i], items[i] = key, item
        if done[u]:
            continue
        done[u] = True
        here = dist[u] + potential[u]
        for k in range(ptr[u], ptr[u + 1]):
            e = eid[k]
            step = weight[e]
            if step >= INF or blocked[e] > 0:
                continue
            v = nbr[k]
            if flow[e]:
                if start[e] == u:
                    continue
                step = -step
            key = here + step - potential[v]
            if key >= dist[v] or key > most:
                continue
            dist[v] = key
            via[v] = e
            prev[v] = u
            i = size
            size += 1
            while i > 0:
                parent = (i - 1) >> 1
                if keys[parent] < key or (keys[parent] == key and items[parent] <= v):
                    break
                keys[i], items[i] = keys[parent], items[parent]
                i = parent
            keys[i], items[i] = key, v
    return dist
