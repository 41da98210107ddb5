"""What each edge carries when every site takes the cheapest way, a hub the cheapest pair."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.disjoint import edge_disjoint
from geoplan._kernels.routing import Net
from geoplan._kernels.shortest_path_tree import FAR, distances

__all__ = ["carried_cores"]


@njit(cache=True, nogil=True)
def carried_cores(
    net: Net,
    weight: NDArray[np.int64],
    home: NDArray[np.int32],
    demand: NDArray[np.int64],
    pair_source: NDArray[np.int32],
    pair_home: NDArray[np.int64],
    pair_cores: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return int64 (m,): cores on each edge, without regard to what it has room for.

    Parameters
    ----------
    weight
        int64 (m,) > 0, length of each edge.
    home, demand
        int32 (h,), nodes at which cores end; int64 (h, n), cores that each node sends there on
        one way.
    pair_source, pair_home, pair_cores
        (k,), nodes that send so many cores on each of two edge-disjoint ways of least total
        weight, to ``home[pair_home]``; where there are no such two, all on the cheapest way.
    """
    m = len(weight)
    carried = np.zeros(m, np.int64)
    sent = demand.copy()
    blocked = np.zeros(m, np.int32)
    path_a, path_b = np.empty(m, np.int32), np.empty(m, np.int32)
    for k in range(len(pair_source)):
        source, h = pair_source[k], pair_home[k]
        if source == home[h]:
            continue
        count_a, count_b = edge_disjoint(net, weight, blocked, source, home[h], path_a, path_b)
        if count_a < 0:
            sent[h, source] += 2 * pair_cores[k]
        for i in range(count_a):
            carried[path_a[i]] += pair_cores[k]
        for i in range(count_b):
            carried[path_b[i]] += pair_cores[k]
    for h in range(len(home)):
        dist = distances(net.ptr, net.nbr, net.eid, weight, home[h : h + 1])
        flow = sent[h]
        # the far end first: what a node passes on is complete when its turn comes
        for u in np.argsort(-dist):
            if flow[u] == 0 or dist[u] == 0 or dist[u] >= FAR:
                continue
            for i in range(net.ptr[u], net.ptr[u + 1]):
                e, v = net.eid[i], net.nbr[i]
                if dist[v] + weight[e] == dist[u]:
                    carried[e] += flow[u]
                    flow[v] += flow[u]
                    break
    return carried
