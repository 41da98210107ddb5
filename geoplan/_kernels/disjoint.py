"""Two ways that share no edge, or no risk group: exact for edges, a heuristic for groups."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.guided_search import search
from geoplan._kernels.heap import Int
from geoplan._kernels.routing import (
    INF,
    Net,
    Priced,
    State,
    Ways,
    add_path,
    ahead_of,
    block,
    path_dm,
    path_price,
)
from geoplan._kernels.way_search import (
    TOLLS,
    dm_ahead_of,
    left_with_toll,
    route,
    shortest_route,
    with_toll,
)

__all__ = ["disjoint_pair", "disjoint_weight", "edge_disjoint", "find_pair"]

_EVERY_TOLL = 4
"""Pairs are looked for at every so many tolls only, the last among them."""


@njit(cache=True)
def _drop_loops(
    net_tail: NDArray[np.int32],
    net_head: NDArray[np.int32],
    source: int,
    path: NDArray[np.int32],
    length: int,
    seen: NDArray[np.int32],
) -> Int:
    """Cut loops out of a walk so that it visits no node twice; ``seen`` (n,) is work space."""
    for i in range(len(seen)):
        seen[i] = -1
    seen[source] = 0
    count = 0
    u = source
    nodes = np.empty(length + 1, np.int32)
    nodes[0] = source
    for i in range(length):
        e = path[i]
        v = net_head[e] if net_tail[e] == u else net_tail[e]
        if seen[v] >= 0:
            for j in range(seen[v] + 1, count + 1):
                seen[nodes[j]] = -1
            count = seen[v]
        else:
            path[count] = e
            count += 1
            nodes[count] = v
            seen[v] = count
        u = v
    return count


@njit(cache=True)
def _take_way(
    net: Net,
    flow: NDArray[np.bool_],
    start: NDArray[np.int32],
    source: int,
    target: int,
    path: NDArray[np.int32],
) -> Int:
    """Take one way off the flow; return its number of edges, -1 where ``path`` has no room."""
    length = 0
    u = source
    while u != target:
        for k in range(net.ptr[u], net.ptr[u + 1]):
            e = net.eid[k]
            if flow[e] and start[e] == u:
                if length == len(path):
                    return -1
                flow[e] = False
                path[length] = e
                length += 1
                u = net.nbr[k]
                break
    return length


@njit(cache=True)
def edge_disjoint(
    net: Net,
    weight: NDArray[np.int64],
    blocked: NDArray[np.int32],
    source: int,
    target: int,
    path_a: NDArray[np.int32],
    path_b: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Find two edge-disjoint ways of least total weight (Suurballe 1974, Bhandari's form).

    Edges that are blocked are not used. Returns the numbers of edges, -1 when there is no such
    pair.
    """
    ahead = np.zeros(len(net.ptr) - 1, np.int64)
    return _edge_disjoint(net, weight, blocked, ahead, source, target, path_a, path_b)


@njit(cache=True)
def _edge_disjoint(
    net: Net,
    weight: NDArray[np.int64],
    blocked: NDArray[np.int32],
    ahead: NDArray[np.int64],
    source: int,
    target: int,
    path_a: NDArray[np.int32],
    path_b: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Find the pair of :func:`edge_disjoint`; ``ahead`` (n,) as of :func:`.routing.ahead_of`.

    Both searches end at the target. What is left at least is the first potential; a node that
    the first search did not come to is as far as the target (nothing nearer was left out).
    """
    if ahead[source] >= INF:
        return -1, -1
    n, m = len(net.ptr) - 1, len(net.fixed)
    via, prev = np.empty(n, np.int32), np.empty(n, np.int32)
    flow = np.zeros(m, np.bool_)  # whether a way runs over the edge
    start = np.full(m, -1, np.int32)  # node at which that way enters the edge
    potential = -ahead
    for _ in range(2):
        dist = search(
            *(net.ptr, net.nbr, net.eid),
            weight,
            blocked,
            flow,
            start,
            potential,
            source,
            target,
            INF,
            via,
            prev,
        )
        if dist[target] >= INF:
            return -1, -1
        v = target
        while v != source:
            e = via[v]
            u = prev[v]
            if flow[e]:
                flow[e] = False  # walked against the first way: both leave the edge
            else:
                flow[e] = True
                start[e] = u
            v = u
        for i in range(n):
            potential[i] += min(dist[i], dist[target])
    len_a = _take_way(net, flow, start, source, target, path_a)
    len_b = _take_way(net, flow, start, source, target, path_b)
    return (len_a, len_b) if len_a >= 0 and len_b >= 0 else (-1, -1)


@njit(cache=True, nogil=True)
def disjoint_weight(net: Net, weight: NDArray[np.int64], source: int, target: int) -> Int:
    """Return the least total weight of two edge-disjoint ways, -1 when there is no such pair."""
    path_a = np.empty(len(net.fixed), np.int32)
    path_b = np.empty(len(net.fixed), np.int32)
    blocked = np.zeros(len(net.fixed), np.int32)
    len_a, len_b = edge_disjoint(net, weight, blocked, source, target, path_a, path_b)
    if len_a < 0:
        return -1
    total = 0
    for i in range(len_a):
        total += weight[path_a[i]]
    for i in range(len_b):
        total += weight[path_b[i]]
    return total


@njit(cache=True)
def _share_risk(
    net: Net,
    state: Priced,
    path_a: NDArray[np.int32],
    len_a: int,
    path_b: NDArray[np.int32],
    len_b: int,
) -> bool:
    block(net, state, path_a, len_a, 1)
    shared = False
    for i in range(len_b):
        if state.blocked[path_b[i]] > 0:
            shared = True
    block(net, state, path_a, len_a, -1)
    return shared


@njit(cache=True)
def _keep_pair(
    ways: Ways,
    first: int,
    path_a: NDArray[np.int32],
    len_a: int,
    path_b: NDArray[np.int32],
    len_b: int,
) -> None:
    second = ways.sibling[first]
    ways.length[first] = len_a
    ways.length[second] = len_b
    ways.path[first, :len_a] = path_a[:len_a]
    ways.path[second, :len_b] = path_b[:len_b]


@njit(cache=True)
def _short_pair(
    net: Net,
    state: Priced,
    demand: int,
    source: int,
    target: int,
    longest_dm: int,
    path_a: NDArray[np.int32],
    path_b: NDArray[np.int32],
) -> tuple[Int, Int, bool]:
    """Find the edge-disjoint pair of least price whose ways are short enough at the least toll.

    Returns the numbers of edges, -1 when there is no such pair or none short enough was found
    (length alone is the last toll that is tried), and whether a toll was needed.
    """
    ahead, dm_ahead = ahead_of(net, state, demand, target), dm_ahead_of(net, target)
    weight, left = state.price[demand], ahead
    blocked = state.blocked
    seen = np.empty(len(net.ptr) - 1, np.int32)
    for step in range(TOLLS // _EVERY_TOLL + 2):
        toll = (step - 1) * _EVERY_TOLL
        if step > 0:
            weight = with_toll(net, state.price[demand], toll)
            left = left_with_toll(ahead, dm_ahead, toll)
        len_a, len_b = _edge_disjoint(net, weight, blocked, left, source, target, path_a, path_b)
        if len_a < 0:
            break
        len_a = _drop_loops(net.tail, net.head, source, path_a, len_a, seen)
        len_b = _drop_loops(net.tail, net.head, source, path_b, len_b, seen)
        longer = max(path_dm(net, path_a, len_a), path_dm(net, path_b, len_b))
        if longer <= longest_dm:
            return len_a, len_b, step > 0
    return -1, -1, True


@njit(cache=True)
def find_pair(net: Net, state: Priced, ways: Ways, first: int, tries: int) -> bool:
    """Find ways of one site that share no risk group; the cheapest of some tries.

    Starts: the edge-disjoint pair of least price where it happens to share no group, and one
    way after the other, the second off the groups of the first, each try steering the first way
    off another edge (off one more each time as long as no pair is found). Both are as short as
    they must be; where none is found, first ways are the shortest, not the cheapest. A heuristic:
    the problem is NP-hard where groups overlap, and where ways may not be too long. Edges that
    are blocked are not used. Paths go into ``ways``, without their cores into ``state``; False
    (and neither routed) when none succeeds.
    """
    second = ways.sibling[first]
    source, target = ways.source[first], ways.target[first]
    demand = ways.demand[first]
    if source == target:
        ways.length[first] = 0
        ways.length[second] = 0
        return True
    longest = ways.path.shape[1]
    path_a = np.empty(longest, np.int32)
    path_b = np.empty(longest, np.int32)
    best = INF
    longest_dm = ways.longest_dm[first]
    len_a, len_b, toll = _short_pair(net, state, demand, source, target, longest_dm, path_a, path_b)
    if len_a >= 0 and not _share_risk(net, state, path_a, len_a, path_b, len_b):
        best = path_price(state, demand, path_a, len_a)
        best += path_price(state, demand, path_b, len_b)
        _keep_pair(ways, first, path_a, len_a, path_b, len_b)
        if not toll:
            tries = 0  # least price and disjoint: nothing left to try
    # where ways may not be too long, another round whose first ways are short, not cheap
    rounds = tries if longest_dm >= INF else 2 * tries
    avoided = np.empty(rounds, np.int32)
    count = 0
    for attempt in range(rounds):
        if attempt >= tries and best < INF:
            break
        for i in range(count):
            state.blocked[avoided[i]] += 1
        if attempt < tries:
            _, len_a = route(net, state, demand, source, target, path_a, longest_dm)
        else:
            len_a = shortest_route(net, state, demand, source, target, path_a)
            if len_a >= 0 and path_dm(net, path_a, len_a) > longest_dm:
                len_a = -1
        for i in range(count):
            state.blocked[avoided[i]] -= 1
        if len_a < 0:
            count = 0
            continue
        cost_a = path_price(state, demand, path_a, len_a)
        block(net, state, path_a, len_a, 1)
        cost_b, len_b = route(net, state, demand, source, target, path_b, longest_dm)
        block(net, state, path_a, len_a, -1)
        if len_b >= 0 and cost_a + cost_b < best:
            best = cost_a + cost_b
            _keep_pair(ways, first, path_a, len_a, path_b, len_b)
        # until there is a pair, steer further and further away from ways without a second one
        if best < INF:
            count = 0
        avoided[count] = path_a[(attempt * 7 + len_a // 2) % len_a]
        count += 1
    if best >= INF:
        ways.length[first] = -1
        ways.length[second] = -1
        return False
    return True


@njit(cache=True, nogil=True)
def disjoint_pair(net: Net, state: State, ways: Ways, first: int, tries: int) -> bool:
    """Route both ways of one site as :func:`find_pair` does, and put their cores on."""
    if not find_pair(net, state, ways, first, tries):
        return False
    second = ways.sibling[first]
    add_path(net, state, ways.path[first], ways.length[first], ways.cores[first])
    add_path(net, state, ways.path[second], ways.length[second], ways.cores[second])
    return True
