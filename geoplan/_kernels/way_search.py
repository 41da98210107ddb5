"""Single ways: the one of least marginal cost, within a sum and a length; ways routed anew.

A way that may not be too long is a shortest path under a second limit, which is NP-hard, but
nearly all ways are short enough as they are.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.guided_search import INF, search
from geoplan._kernels.heap import Int, grow, pop, push
from geoplan._kernels.routing import (
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

__all__ = [
    "MOST_LABELS",
    "TOLLS",
    "dm_ahead_of",
    "left_with_toll",
    "reroute",
    "route",
    "route_again",
    "route_within",
    "shortest_route",
    "with_toll",
]

MOST_LABELS = 1 << 12
"""Labels of one search for a way that is short enough."""

TOLLS = 20
"""Prices of length that are tried: 1, 2, 4, ... cents per decimetre (100 yuan to 52 million yuan
per km), then length alone."""


@njit(cache=True)
def dm_ahead_of(net: Net, target: int) -> NDArray[np.int64]:
    """Return int64 (n,): how long the rest of a way is at least; zeros where nothing is known."""
    row = net.ahead_row[target]
    if row < 0 or len(net.dm_ahead) == 0:
        return np.zeros(len(net.ptr) - 1, np.int64)
    known: NDArray[np.int64] = net.dm_ahead[row]
    return known


@njit(cache=True)
def with_toll(net: Net, price: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Return int64 (m,): prices and toll ``number`` on length; the last is length alone."""
    weight = np.empty(len(price), np.int64)
    for e in range(len(price)):
        if price[e] >= INF:
            weight[e] = INF
        elif number == TOLLS:
            weight[e] = net.length_dm[e]
        else:
            weight[e] = price[e] + (net.length_dm[e] << number)
    return weight


@njit(cache=True)
def left_with_toll(
    ahead: NDArray[np.int64], dm_ahead: NDArray[np.int64], number: int
) -> NDArray[np.int64]:
    """Return int64 (n,): what the rest of a way weighs at least by :func:`with_toll`."""
    left = np.empty(len(ahead), np.int64)
    for v in range(len(ahead)):
        if ahead[v] >= INF or dm_ahead[v] >= INF:
            left[v] = INF
        elif number == TOLLS:
            left[v] = dm_ahead[v]
        else:
            left[v] = ahead[v] + (dm_ahead[v] << number)
    return left


@njit(cache=True)
def _lightest(
    net: Net,
    weight: NDArray[np.int64],
    blocked: NDArray[np.int32],
    left: NDArray[np.int64],
    source: int,
    target: int,
    most: int,
    path: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Find the way of least weight, if that is at most ``most``; ``left`` (n,): the rest at least.

    Nodes are looked at in the order of their distance plus what is left at least (A*: Hart,
    Nilsson, Raphael 1968), and only where both together are not above ``most``.
    """
    if left[source] > most or left[source] >= INF:
        return INF, -1
    n, m = len(net.ptr) - 1, len(net.fixed)
    via, prev = np.empty(n, np.int32), np.empty(n, np.int32)
    none, start = np.zeros(m, np.bool_), np.empty(m, np.int32)
    room = most - left[source]
    graph = net.ptr, net.nbr, net.eid
    far = search(*graph, weight, blocked, none, start, -left, source, target, room, via, prev)
    if far[target] >= INF:
        return INF, -1
    count = 0
    v = target
    while v != source:
        if count == len(path):
            return INF, -1
        path[count] = via[v]
        count += 1
        v = prev[v]
    for i in range(count // 2):
        j = count - 1 - i
        keep = path[i]
        path[i] = path[j]
        path[j] = keep
    return far[target] + left[source], count


@njit(cache=True)
def _by_labels(
    net: Net,
    state: Priced,
    demand: int,
    ahead: NDArray[np.int64],
    ends: tuple[int, int],
    most: int,
    longest_dm: int,
    path: NDArray[np.int32],
) -> tuple[Int, Int, bool]:
    """Find the cheapest way of those that cost at most ``most`` and are at most so long.

    Labels of price and length (Joksch 1966) in the order of price and what is left of that at
    least, so that a node's labels come by price: one is worth going on from if it is shorter
    than all before it there, and what is left at least fits. Returns cost and number of edges
    as :func:`route` does, and whether there was room for all labels that were wanted.
    """
    source, target = ends
    price, blocked = state.price[demand], state.blocked
    ptr, nbr, eid, length_dm = net.ptr, net.nbr, net.eid, net.length_dm
    dm_ahead = dm_ahead_of(net, target)
    least_dm = np.full(len(ptr) - 1, INF, np.int64)
    cost, dm = np.empty(MOST_LABELS, np.int64), np.empty(MOST_LABELS, np.int64)
    at, before = np.empty(MOST_LABELS, np.int32), np.empty(MOST_LABELS, np.int32)
    via = np.empty(MOST_LABELS, np.int32)
    keys, items = np.empty(1024, np.int64), np.empty(1024, np.int64)
    cost[0], dm[0], at[0], before[0] = 0, 0, source, -1
    count = 1
    size = push(keys, items, 0, ahead[source], 0)
    while size > 0:
        here = items[0]
        size = pop(keys, items, size)
        u = at[here]
        if dm[here] >= least_dm[u]:
            continue
        least_dm[u] = dm[here]
        if u == target:
            return cost[here], _walked(via, before, here, path), True
        for k in range(ptr[u], ptr[u + 1]):
            e = eid[k]
            if price[e] >= INF or blocked[e] > 0:
                continue
            v = nbr[k]
            far, long = cost[here] + price[e], dm[here] + length_dm[e]
            if long >= least_dm[v] or long + dm_ahead[v] > longest_dm:
                continue
            if ahead[v] >= INF or far + ahead[v] > most:
                continue
            if count == MOST_LABELS:
                return INF, -1, False
            cost[count], dm[count], at[count], before[count], via[count] = far, long, v, here, e
            if size == len(keys):
                keys, items = grow(keys, items)
            size = push(keys, items, size, far + ahead[v], count)
            count += 1
    return INF, -1, True


@njit(cache=True)
def _walked(
    via: NDArray[np.int32], before: NDArray[np.int32], last: int, path: NDArray[np.int32]
) -> Int:
    """Write the edges that lead to a label; return how many, -1 where they are too many."""
    count, label = 0, last
    while before[label] >= 0:
        count += 1
        label = before[label]
    if count > len(path):
        return -1
    label = last
    for i in range(count - 1, -1, -1):
        path[i] = via[label]
        label = before[label]
    return count


@njit(cache=True)
def _at_a_toll(
    net: Net,
    state: Priced,
    demand: int,
    ahead: NDArray[np.int64],
    ends: tuple[int, int],
    most: int,
    longest_dm: int,
    path: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Find a cheap way that costs at most ``most`` and is at most so long, if there is any.

    The toll is the multiplier of a Lagrangian (Handler and Zang 1980): the higher, the shorter
    the way. The lowest that will do is found by halves; length alone is the last.
    """
    source, target = ends
    price, dm_ahead = state.price[demand], dm_ahead_of(net, target)
    found = np.empty(len(path), np.int32)
    best, best_count = INF, -1
    low, high = 0, TOLLS + 1
    while low < high:
        toll = (low + high) // 2
        weight, left = with_toll(net, price, toll), left_with_toll(ahead, dm_ahead, toll)
        _, count = _lightest(net, weight, state.blocked, left, source, target, INF, found)
        if count < 0:
            break
        if path_dm(net, found, count) > longest_dm:
            low = toll + 1
            continue
        high = toll
        cost = path_price(state, demand, found, count)
        if cost < best and cost <= most:
            best, best_count = cost, count
            path[:count] = found[:count]
    return best, best_count


@njit(cache=True)
def shortest_route(
    net: Net, state: Priced, demand: int, source: int, target: int, path: NDArray[np.int32]
) -> Int:
    """Find the shortest way over edges with room that are not blocked; return its edges, or -1."""
    weight = with_toll(net, state.price[demand], TOLLS)
    left = dm_ahead_of(net, target)
    _, count = _lightest(net, weight, state.blocked, left, source, target, INF, path)
    return count


@njit(cache=True)
def route_within(
    net: Net,
    state: Priced,
    demand: int,
    source: int,
    target: int,
    path: NDArray[np.int32],
    most: int,
    longest_dm: int,
) -> tuple[Int, Int]:
    """Find the way of least marginal cost as :func:`route` does, if it costs at most ``most``.

    Where that way is longer than ``longest_dm``, the cheapest that is not is looked for; on graphs
    that take more than :data:`MOST_LABELS` labels a cheap one, by tolls on length.
    """
    if source == target:
        return 0, 0
    ahead = ahead_of(net, state, demand, target)
    price, blocked = state.price[demand], state.blocked
    cost, count = _lightest(net, price, blocked, ahead, source, target, most, path)
    if count < 0 or longest_dm >= INF or path_dm(net, path, count) <= longest_dm:
        return cost, count
    ends = source, target
    cost, count, whole = _by_labels(net, state, demand, ahead, ends, most, longest_dm, path)
    if whole:
        return cost, count
    return _at_a_toll(net, state, demand, ahead, ends, most, longest_dm, path)


@njit(cache=True)
def route(
    net: Net,
    state: Priced,
    demand: int,
    source: int,
    target: int,
    path: NDArray[np.int32],
    longest_dm: int,
) -> tuple[Int, Int]:
    """Find the way of least marginal cost over edges that are not blocked.

    Parameters
    ----------
    longest_dm
        How long it may be: INF, or as in :func:`route_within`.

    Returns
    -------
    tuple
        Cost (INF when there is no way) and number of edges, written to ``path`` in order (-1
        when there is no way, or when it is longer than ``path`` has room for).
    """
    return route_within(net, state, demand, source, target, path, INF, longest_dm)


@njit(cache=True)
def route_again(
    net: Net, state: Priced, ways: Ways, w: int, path: NDArray[np.int32], most: int
) -> Int:
    """Find the way that costs least for ``w`` now, if that is at most ``most``: edges, or -1."""
    ends, demand = (ways.source[w], ways.target[w]), ways.demand[w]
    _, length = route_within(net, state, demand, *ends, path, most, ways.longest_dm[w])
    return length


@njit(cache=True, nogil=True)
def reroute(net: Net, state: State, ways: Ways, order: NDArray[np.int32]) -> Int:
    """Take each way in ``order`` off and route it anew at marginal cost; return the saving.

    A way that has no route yet (length -1) is routed, which costs; a sibling's risk groups stay
    forbidden. What a way that had a route costs never rises, ``tie`` counted.
    """
    path = np.empty(ways.path.shape[1], np.int32)
    saving = 0
    for i in range(len(order)):
        w = order[i]
        c = ways.cores[w]
        s = ways.sibling[w]
        had = ways.length[w]
        if had > 0:
            saving -= add_path(net, state, ways.path[w], had, -c)
        if s >= 0 and ways.length[s] > 0:
            block(net, state, ways.path[s], ways.length[s], 1)
        # the way it had is one of those that it may take: nothing dearer needs to be looked at
        most = path_price(state, ways.demand[w], ways.path[w], had) if had > 0 else INF
        length = route_again(net, state, ways, w, path, most)
        if s >= 0 and ways.length[s] > 0:
            block(net, state, ways.path[s], ways.length[s], -1)
        if length >= 0:
            ways.length[w] = length
            ways.path[w, :length] = path[:length]
        if ways.length[w] > 0:
            saving -= add_path(net, state, ways.path[w], ways.length[w], c)
    return saving
