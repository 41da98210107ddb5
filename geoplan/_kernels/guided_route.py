"""One way of least price, searched for in the direction of its end (A*).

Over what is open already a way costs hardly more than ``Net.tie``: a search that knows nothing of
its end floods all that is open before it gets there. How far every node is from the end by ``tie``
alone is never more than what a way from there costs, so nodes on the other side are left out.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, grow, pop, push
from geoplan._kernels.routing import INF, Net, Priced

__all__ = ["guided_route"]


@njit(cache=True)
def guided_route(
    net: Net,
    state: Priced,
    row: int,
    source: int,
    target: int,
    ahead: NDArray[np.int64],
    factor: int,
    most: int,
    path: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Find the way of least price over edges that are not blocked.

    Parameters
    ----------
    row
        Row of ``state.price``; every price in it is at least ``factor`` times ``net.tie``.
    ahead
        int64 (n,): least sum of ``net.tie`` from each node to ``target``, INF where there is no
        way.
    most
        A way that costs this or more is not looked for.

    Returns
    -------
    tuple
        As :func:`geoplan._kernels.routing.route`; ``most`` and -2 where a way costs that or more.
    """
    if source == target:
        return 0, 0
    n = len(net.ptr) - 1
    price = state.price[row]
    dist = np.full(n, INF, np.int64)
    via = np.empty(n, np.int32)
    prev = np.empty(n, np.int32)
    heap_key = np.empty(256, np.int64)
    heap_item = np.empty(256, np.int64)
    if ahead[source] >= INF:
        return INF, -1
    dist[source] = 0
    size = push(heap_key, heap_item, 0, factor * ahead[source], source)
    while size > 0:
        key = heap_key[0]
        u = heap_item[0]
        size = pop(heap_key, heap_item, size)
        if key > dist[u] + factor * ahead[u]:
            continue
        if key >= most:
            return most, -2
        if u == target:
            break
        for k in range(net.ptr[u], net.ptr[u + 1]):
            e = net.eid[k]
            if price[e] >= INF or state.blocked[e] > 0:
                continue
            v = net.nbr[k]
            far = dist[u] + price[e]
            if far < dist[v]:
                dist[v] = far
                via[v] = e
                prev[v] = u
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, far + factor * ahead[v], v)
    if dist[target] >= INF:
        return INF, -1
    count = 0
    v = target
    while v != source:
        if count == len(path):
            return INF, -1
        count += 1
        v = prev[v]
    v = target
    for i in range(count - 1, -1, -1):
        path[i] = via[v]
        v = prev[v]
    return dist[target], count
