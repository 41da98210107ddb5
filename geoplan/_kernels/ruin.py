"""Ruin and rebuild: take some ways off, route them anew, keep what is no dearer."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_pair
from geoplan._kernels.exchange import LONGEST_CHAIN, paid_instead, trench_chain, ways_over
from geoplan._kernels.heap import Int, grow, pop, push
from geoplan._kernels.routing import (
    INF,
    Net,
    State,
    Ways,
    add_path,
    path_price,
)
from geoplan._kernels.way_search import reroute, route_again

__all__ = ["nearest_sites", "ruin_and_rebuild"]


@njit(cache=True, nogil=True)
def nearest_sites(
    net: Net,
    weight: NDArray[np.int64],
    site_at: NDArray[np.int32],
    source: NDArray[np.int32],
    count: int,
) -> NDArray[np.int32]:
    """List the ``count`` ways whose sources are nearest to each way's source, itself included.

    ``site_at`` (n,) holds one way per node that is a source (-1 elsewhere); missing places in
    the answer, int32 (w, count), are -1.
    """
    n = len(net.ptr) - 1
    answer = np.full((len(source), count), -1, np.int32)
    dist = np.empty(n, np.int64)
    heap_key = np.empty(256, np.int64)
    heap_item = np.empty(256, np.int64)
    for w in range(len(source)):
        dist[:] = INF
        dist[source[w]] = 0
        size = push(heap_key, heap_item, 0, 0, source[w])
        found = 0
        while size > 0 and found < count:
            d = heap_key[0]
            u = heap_item[0]
            size = pop(heap_key, heap_item, size)
            if d > dist[u]:
                continue
            if site_at[u] >= 0:
                answer[w, found] = site_at[u]
                found += 1
            for k in range(net.ptr[u], net.ptr[u + 1]):
                v = net.nbr[k]
                step = d + weight[net.eid[k]]
                if step < dist[v]:
                    dist[v] = step
                    if size == len(heap_key):
                        heap_key, heap_item = grow(heap_key, heap_item)
                    size = push(heap_key, heap_item, size, step, v)
    return answer


@njit(cache=True)
def _rebuild(
    net: Net,
    state: State,
    ways: Ways,
    taken: NDArray[np.int32],
    old_path: NDArray[np.int32],
    old_length: NDArray[np.int32],
    tries: int,
) -> bool:
    """Route the taken ways again in their order; False when one has no route."""
    path = np.empty(ways.path.shape[1], np.int32)
    for i in range(len(taken)):
        w = taken[i]
        if ways.length[w] >= 0:
            continue
        s = ways.sibling[w]
        if s >= 0:
            if not disjoint_pair(net, state, ways, min(w, s), tries):
                return False
            continue
        # the way it had, at what that would cost now, is one of those that it may take
        most = path_price(state, ways.demand[w], old_path[i], old_length[i])
        length = route_again(net, state, ways, w, path, most)
        if length < 0:
            return False
        ways.length[w] = length
        ways.path[w, :length] = path[:length]
        add_path(net, state, path, length, ways.cores[w])
    return True


@njit(cache=True)
def _mark_taken(
    ways: Ways, w: int, is_taken: NDArray[np.bool_], taken: NDArray[np.int32], count: int
) -> Int:
    x = np.int64(w)
    for _ in range(2):
        if x >= 0 and not is_taken[x]:
            is_taken[x] = True
            taken[count] = x
            count += 1
        x = np.int64(ways.sibling[w])
    return count


@njit(cache=True)
def _take_around(
    ways: Ways, near: NDArray[np.int32], choice: NDArray[np.int64], taken: NDArray[np.int32]
) -> Int:
    """Choose ways around a random one; return their number."""
    w0 = choice[0] % len(ways.source)
    is_taken = np.zeros(len(ways.source), np.bool_)
    count = 0
    for j in range(2 + choice[1] % (near.shape[1] - 1)):
        if near[w0, j] >= 0:
            count = _mark_taken(ways, near[w0, j], is_taken, taken, count)
    return count


@njit(cache=True)
def _take_over(
    ways: Ways, closed: NDArray[np.int32], n_edges: int, taken: NDArray[np.int32]
) -> Int:
    """Choose all ways over some edges; return their number."""
    is_taken = np.zeros(len(ways.source), np.bool_)
    count = 0
    over = ways_over(ways, closed, n_edges)
    for w in range(len(over)):
        if over[w]:
            count = _mark_taken(ways, w, is_taken, taken, count)
    return count


@njit(cache=True)
def _charge(
    net: Net,
    state: State,
    fixed: NDArray[np.int64],
    share: int,
    paid: NDArray[np.int32],
    count: int,
) -> None:
    """Charge ``share`` (0 or 1) of what edges cost once, ``fixed`` (m,)."""
    for i in range(count):
        net.fixed[paid[i]] = share * fixed[paid[i]]
    add_path(net, state, paid, count, 0)


@njit(cache=True)
def _shuffle(taken: NDArray[np.int32], count: int, choice: NDArray[np.int64]) -> None:
    for j in range(count - 1, 0, -1):
        x = choice[2 + j % (len(choice) - 2)] % (j + 1)
        hold = taken[j]
        taken[j] = taken[x]
        taken[x] = hold


@njit(cache=True, nogil=True)
def ruin_and_rebuild(
    net: Net,
    state: State,
    ways: Ways,
    near: NDArray[np.int32],
    random: NDArray[np.int64],
    tries: int,
) -> Int:
    """Search around the present ways: take some off, route them anew, keep what is no dearer.

    Rounds take off, in turns: the ways around a random one; all ways over a random used edge, which
    is closed while they are routed again (so whole branches move); all ways over a chain of trench,
    which is closed while another path is taken as paid (so they move there together).

    Parameters
    ----------
    near
        int32 (w, k), from :func:`nearest_sites`, k >= 2.
    random
        int64 (rounds, 5 + k) >= 0: drives every choice (no generator in here: the same
        answer compiled or not).

    Returns
    -------
    int
        What the search saved.
    """
    m, most = len(net.fixed), 4 * near.shape[1]
    taken = np.empty(len(ways.source), np.int32)
    old_path = np.empty((len(ways.source), ways.path.shape[1]), np.int32)
    old_length = np.empty(len(ways.source), np.int32)
    closed, paid = np.empty(LONGEST_CHAIN, np.int32), np.empty(2 * m, np.int32)
    is_end = np.zeros(len(net.ptr) - 1, np.bool_)
    is_end[ways.source] = is_end[ways.target] = True
    fixed = net.fixed.copy()
    before = np.zeros(m, np.bool_)
    saved = 0
    for it in range(len(random)):
        choice = random[it]
        kind = it % 3
        n_closed, start, end = 0, -1, -1
        if kind == 0:
            count = _take_around(ways, near, choice, taken)
        else:
            w0 = choice[0] % len(ways.source)
            if kind == 2:
                before = state.used > 0
                n_closed, start, end = trench_chain(net, before, is_end, choice, closed)
            elif ways.length[w0] > 0:
                closed[0] = ways.path[w0, choice[1] % ways.length[w0]]
                n_closed = 1
            count = _take_over(ways, closed[:n_closed], m, taken)
        if count == 0 or (kind > 0 and count > most):
            continue
        _shuffle(taken, count, choice)
        change = 0
        for j in range(count):
            w = taken[j]
            old_length[j] = ways.length[w]
            old_path[j, : ways.length[w]] = ways.path[w, : ways.length[w]]
            change += add_path(net, state, ways.path[w], ways.length[w], -ways.cores[w])
            ways.length[w] = -1
        gone = -change
        state.blocked[closed[:n_closed]] += 1
        n_paid = 0
        if kind == 2:
            full = state.price[0] >= INF
            ends, now = (start, end), state.used > 0
            n_paid = paid_instead(net, before, now, full, state.blocked, ends, choice[2:], paid)
            _charge(net, state, fixed, 0, paid, n_paid)
        right = _rebuild(net, state, ways, taken[:count], old_path, old_length, tries)
        state.blocked[closed[:n_closed]] -= 1
        _charge(net, state, fixed, 1, paid, n_paid)
        if right:
            reroute(net, state, ways, taken[:count])
        # what the ways cost now: take them off and add up
        cost = 0
        for j in range(count):
            w = taken[j]
            if ways.length[w] > 0:
                cost -= add_path(net, state, ways.path[w], ways.length[w], -ways.cores[w])
        if not right or cost > gone:
            for j in range(count):
                ways.length[taken[j]] = old_length[j]
                ways.path[taken[j], : old_length[j]] = old_path[j, : old_length[j]]
        else:
            saved += gone - cost
        for j in range(count):
            w = taken[j]
            add_path(net, state, ways.path[w], ways.length[w], ways.cores[w])
    return saved
