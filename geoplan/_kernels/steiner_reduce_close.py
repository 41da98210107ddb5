"""Bottleneck Steiner distances between nodes that lie close together, looked up by pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int
from geoplan._kernels.steiner_reduce_graph import Graph
from geoplan._kernels.steiner_reduce_walk import Walks, forget, search

__all__ = ["Close", "between", "close_nodes", "place"]

_FAR = 1 << 55


class Close(NamedTuple):
    """Bottleneck distances to nodes nearby, CSR with ascending nodes in each row.

    ``gained`` makes use of implied gains, ``value`` does not and is the larger one.
    """

    ptr: NDArray[np.int64]
    node: NDArray[np.int32]
    gained: NDArray[np.int64]
    value: NDArray[np.int64]


@njit(cache=True)
def close_nodes(g: Graph, s: Walks, plain: Walks, wanted: NDArray[np.bool_], n_scans: int) -> Close:
    """Return bottleneck distances from each wanted node to those that a short search finds."""
    n = len(g.first)
    ptr = np.zeros(n + 1, np.int64)
    node = np.empty(16 * n + 16, np.int32)
    value = np.empty((2, 16 * n + 16), np.int64)
    size = 0
    for v in range(n):
        if wanted[v] and g.degree[v] > 0:
            n_seen = search(g, s, v, -1, -1, -1, True, _FAR, n_scans)
            n_plain = search(g, plain, v, -1, -1, -1, False, _FAR, n_scans)
            if size + n_seen > len(node):
                room = 2 * len(node) + n_seen
                wider = np.empty(room, np.int32)
                wider[:size] = node[:size]
                node = wider
                longer = np.empty((2, room), np.int64)
                longer[:, :size] = value[:, :size]
                value = longer
            row = np.sort(s.seen[:n_seen])
            for i in range(n_seen):
                node[size] = row[i]
                value[0, size] = s.value[row[i]]
                value[1, size] = min(plain.value[row[i]], _FAR)
                size += 1
            forget(s, n_seen)
            forget(plain, n_plain)
        ptr[v + 1] = size
    return Close(ptr, node[:size], value[0, :size].copy(), value[1, :size].copy())


@njit(cache=True)
def place(close: Close, u: int, v: int) -> Int:
    """Return where the row of ``u`` tells of ``v``; -1 when it does not."""
    node = close.node
    low = close.ptr[u]
    high = close.ptr[u + 1]
    while low < high:
        middle = (low + high) >> 1
        if node[middle] < v:
            low = middle + 1
        else:
            high = middle
    if low < close.ptr[u + 1] and node[low] == v:
        return low
    return -1


@njit(cache=True)
def between(close: Close, value: NDArray[np.int64], u: int, v: int) -> Int:
    """Return a bound of the bottleneck distance; ``value`` is one of the two in ``close``."""
    a = place(close, u, v)
    b = place(close, v, u)
    near = value[a] if a >= 0 else _FAR
    return min(near, value[b]) if b >= 0 else near
