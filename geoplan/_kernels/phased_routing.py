"""Ways that are paid in phases: a cent of an early phase weighs more than one of a later phase.

The phased cost of a network is, with ``factor_k`` what a cent of phase k weighs (never more than
one of the phase before) and ``first(e)`` the earliest phase with a way over e::

    sum_e factor_first(e) opening_e(q_e) + sum_e core_e sum_k factor_k q_e^k                (24)

``opening`` is equation (1) of the Problem without the lighting of cores, at the cores ``q_e`` of
all phases together. A site in phase k is worth ``worth[s, k]``; the search looks for ways and
phases with the most worth less phased cost, home before township (rule P6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.disjoint import find_pair
from geoplan._kernels.heap import Int
from geoplan._kernels.routing import INF, Net, Ways, edge_cents, route

__all__ = [
    "NEVER_WORTH",
    "PhasedSites",
    "PhasedState",
    "phased_cents",
    "phased_path",
    "phased_refresh",
    "search_phased",
]

NEVER_WORTH = -(1 << 60)
"""Worth of a phase that is closed to a site."""
_MOST = 48
"""Sites that one round moves at most."""


class PhasedState(NamedTuple):
    """Cores used on each edge by the sites of each phase, int64 (p, m), and prices.

    ``price`` is int64 (p * demands, m): row ``k * demands + d`` is what (24) grows by with one more
    way of demand d in phase k; ``blocked`` as in ``State``; ``factor`` int64 (p,).
    """

    used: NDArray[np.int64]
    price: NDArray[np.int64]
    blocked: NDArray[np.int32]
    factor: NDArray[np.int64]


class PhasedSites(NamedTuple):
    """Sites to place (s of them; phases count from 0).

    ``first_way`` int32 (s,) row of the first way, ``n_ways`` int32 (s,); ``before`` int32 (s,) the
    site that must be in service before, -1 for none; ``is_hub`` bool (s,), ``all_hubs`` whether
    what waits for one hub waits for all; ``held`` bool (s,) sites that stay as they are; ``worth``
    int64 (s, p); ``phase`` int32 (s,), -1 while a site is taken off; ``demand`` int32 (s,) index of
    its cores in ``Net.demands``.
    """

    first_way: NDArray[np.int32]
    n_ways: NDArray[np.int32]
    before: NDArray[np.int32]
    is_hub: NDArray[np.bool_]
    all_hubs: bool
    held: NDArray[np.bool_]
    worth: NDArray[np.int64]
    phase: NDArray[np.int32]
    demand: NDArray[np.int32]


@njit(cache=True)
def phased_cents(net: Net, state: PhasedState, e: int) -> Int:
    """Return the part of edge ``e`` in (24)."""
    total, first, lit = 0, -1, 0
    for k in range(len(state.factor)):
        q = state.used[k, e]
        if q > 0:
            total += q
            lit += state.factor[k] * net.core[e] * q
            if first < 0:
                first = k
    if first < 0:
        return 0
    opening = edge_cents(net, e, total) - net.core[e] * total
    return state.factor[first] * opening + lit


@njit(cache=True)
def _refresh_edge(net: Net, state: PhasedState, e: int) -> None:
    total, first = 0, len(state.factor)
    for k in range(len(state.factor)):
        total += state.used[k, e]
        if state.used[k, e] > 0 and first == len(state.factor):
            first = k
    n_demands = len(net.demands)
    now = 0 if total == 0 else (edge_cents(net, e, total) - net.core[e] * total)
    before = 0 if total == 0 else now * state.factor[first]
    for d in range(n_demands):
        q = total + net.demands[d]
        cents = edge_cents(net, e, q)
        for k in range(len(state.factor)):
            row = k * n_demands + d
            if cents >= INF:
                state.price[row, e] = INF
                continue
            factor = state.factor[min(first, k)]
            after = factor * (cents - net.core[e] * q)
            lit = state.factor[k] * net.core[e] * net.demands[d]
            state.price[row, e] = max(0, after - before + lit) + net.tie[e] * state.factor[k]


@njit(cache=True)
def phased_refresh(net: Net, state: PhasedState) -> None:
    """Bring every price up to date (after ``used`` or ``factor`` were changed)."""
    for e in range(state.used.shape[1]):
        _refresh_edge(net, state, e)


@njit(cache=True)
def phased_path(
    net: Net, state: PhasedState, path: NDArray[np.int32], length: int, c: int, k: int
) -> Int:
    """Put ``c`` cores of phase ``k`` (negative: take them off) on a path; return the change."""
    change = 0
    for i in range(length):
        e = path[i]
        change -= phased_cents(net, state, e)
        state.used[k, e] += c
        change += phased_cents(net, state, e)
        _refresh_edge(net, state, e)
    return change


@njit(cache=True)
def _put(net: Net, state: PhasedState, ways: Ways, sites: PhasedSites, s: int, k: int) -> Int:
    """Put the ways of a site on in phase ``k``; return the change of (24)."""
    change = 0
    for w in range(sites.first_way[s], sites.first_way[s] + sites.n_ways[s]):
        change += phased_path(net, state, ways.path[w], ways.length[w], ways.cores[w], k)
    return change


@njit(cache=True)
def _off(net: Net, state: PhasedState, ways: Ways, sites: PhasedSites, s: int) -> Int:
    """Take the ways of a site off; return the change of (24)."""
    change = 0
    k = sites.phase[s]
    for w in range(sites.first_way[s], sites.first_way[s] + sites.n_ways[s]):
        change += phased_path(net, state, ways.path[w], ways.length[w], -ways.cores[w], k)
    return change


@njit(cache=True)
def _range(sites: PhasedSites, s: int) -> tuple[Int, Int]:
    """Return the first and last phase that rule P6 leaves to a site, as the others are now."""
    low, high = 0, sites.worth.shape[1] - 1
    if sites.before[s] >= 0:
        if sites.all_hubs:
            for h in range(len(sites.phase)):
                if sites.is_hub[h]:
                    low = max(low, sites.phase[h])
        else:
            low = max(low, sites.phase[sites.before[s]])
    if sites.is_hub[s]:
        for t in range(len(sites.phase)):
            waits = sites.before[t] == s or (sites.all_hubs and sites.before[t] >= 0)
            if waits and sites.phase[t] >= 0:
                high = min(high, sites.phase[t])
    return low, high


@njit(cache=True)
def _insert(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    s: int,
    forced: int,
    tries: int,
    room: NDArray[np.int32],
) -> tuple[bool, Int]:
    """Route a site in its best phase (or as near to ``forced`` as may be); return what it gains."""
    low, high = _range(sites, s)
    if forced >= 0:
        low = min(max(low, forced), high)
        high = low
    first, n_ways = sites.first_way[s], sites.n_ways[s]
    n_demands = len(net.demands)
    best, at = NEVER_WORTH, -1
    length = np.zeros(2, np.int64)
    for k in range(low, high + 1):
        worth = sites.worth[s, k]
        if worth <= NEVER_WORTH:
            continue
        row = k * n_demands + sites.demand[s]
        for w in range(first, first + n_ways):
            ways.demand[w] = row
        if n_ways == 1:
            cost, count = route(
                net, state, row, ways.source[first], ways.target[first], ways.path[first]
            )
            if count < 0:
                continue
            ways.length[first] = count
        else:
            if not find_pair(net, state, ways, first, tries):
                continue
            cost = _put(net, state, ways, sites, s, k)
            sites.phase[s] = k
            _off(net, state, ways, sites, s)
            sites.phase[s] = -1
        if worth - cost > best:
            best, at = worth - cost, k
            for i in range(n_ways):
                length[i] = ways.length[first + i]
                room[i, : length[i]] = ways.path[first + i, : length[i]]
    if at < 0:
        return False, 0
    for i in range(n_ways):
        ways.length[first + i] = length[i]
        ways.path[first + i, : length[i]] = room[i, : length[i]]
    sites.phase[s] = at
    return True, sites.worth[s, at] - _put(net, state, ways, sites, s, at)


@njit(cache=True)
def _mark(sites: PhasedSites, s: int, taken: NDArray[np.int32], count: int) -> Int:
    if sites.held[s] or count >= len(taken):
        return count
    for j in range(count):
        if taken[j] == s:
            return count
    taken[count] = s
    return count + 1


@njit(cache=True)
def _pick(
    ways: Ways,
    sites: PhasedSites,
    way_site: NDArray[np.int32],
    anchors: NDArray[np.int32],
    near: NDArray[np.int32],
    choice: NDArray[np.int64],
    kind: int,
    taken: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Choose the sites of one round; return their number and the edge that is closed (or -1)."""
    w0 = anchors[choice[0] % len(anchors)]
    count = 0
    if kind == 0:  # a home with all that waits for it
        s0 = way_site[w0]
        home = sites.before[s0] if sites.before[s0] >= 0 else s0
        count = _mark(sites, home, taken, count)
        for t in range(len(sites.phase)):
            if sites.before[t] == home:
                count = _mark(sites, t, taken, count)
        return count, -1
    if kind == 1 and ways.length[w0] > 0:  # all over one edge, which is closed to them
        closed = ways.path[w0, choice[1] % ways.length[w0]]
        for w in range(len(ways.source)):
            for j in range(ways.length[w]):
                if ways.path[w, j] == closed:
                    if sites.held[way_site[w]] or count >= len(taken):
                        return 0, -1
                    count = _mark(sites, way_site[w], taken, count)
                    break
        return count, closed
    for j in range(1 + choice[1] % near.shape[1]):
        if near[w0, j] >= 0:
            count = _mark(sites, way_site[near[w0, j]], taken, count)
    return count, -1


@njit(cache=True)
def _arrange(
    sites: PhasedSites, taken: NDArray[np.int32], count: int, choice: NDArray[np.int64]
) -> None:
    """Shuffle the taken sites, then put hubs first: what waits for them needs their phase."""
    for j in range(count - 1, 0, -1):
        x = choice[3 + j % (len(choice) - 3)] % (j + 1)
        taken[j], taken[x] = taken[x], taken[j]
    front = 0
    for j in range(count):
        if sites.is_hub[taken[j]]:
            taken[j], taken[front] = taken[front], taken[j]
            front += 1


@njit(cache=True, nogil=True)
def search_phased(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    way_site: NDArray[np.int32],
    anchors: NDArray[np.int32],
    near: NDArray[np.int32],
    random: NDArray[np.int64],
    tries: int,
) -> Int:
    """Take some sites off, place them anew in ways and phases, keep what gains; return the gain.

    Parameters
    ----------
    way_site
        int32 (w,): the site of each way.
    anchors
        int32 (a,), a >= 1: the ways around which sites are taken off.
    near
        int32 (w, k) of :func:`geoplan._kernels.ruin.nearest_sites`.
    random
        int64 (rounds, 3 + k) >= 0: drives every choice.
    tries
        Tries for a hub's pair, as in :func:`geoplan._kernels.disjoint.disjoint_pair`.
    """
    p = sites.worth.shape[1]
    taken = np.empty(_MOST, np.int32)
    old_phase = np.empty(_MOST, np.int32)
    old_length = np.empty(2 * _MOST, np.int32)
    old_path = np.empty((2 * _MOST, ways.path.shape[1]), np.int32)
    room = np.empty((2, ways.path.shape[1]), np.int32)
    gained = 0
    for it in range(len(random)):
        kind = min(2, it % 4)
        count, closed = _pick(ways, sites, way_site, anchors, near, random[it], kind, taken)
        if count == 0:
            continue
        _arrange(sites, taken, count, random[it])
        before = 0
        for j in range(count):
            s = taken[j]
            before += sites.worth[s, sites.phase[s]] + _off(net, state, ways, sites, s)
            old_phase[j] = sites.phase[s]
            for i in range(sites.n_ways[s]):
                w = sites.first_way[s] + i
                old_length[2 * j + i] = ways.length[w]
                old_path[2 * j + i, : ways.length[w]] = ways.path[w, : ways.length[w]]
        for j in range(count):
            sites.phase[taken[j]] = -1
        if closed >= 0:
            state.blocked[closed] += 1
        # together into one phase, or each into its best: many a trench pays for several only
        forced = random[it, 2] % (2 * p)
        after, right, placed = 0, True, 0
        for j in range(count):
            target = forced if forced < p and (kind != 0 or j == 0) else -1
            right, gain = _insert(net, state, ways, sites, taken[j], target, tries, room)
            if not right:
                break
            after += gain
            placed += 1
        if closed >= 0:
            state.blocked[closed] -= 1
        if right and after >= before:
            gained += after - before
            continue
        for j in range(placed):
            _off(net, state, ways, sites, taken[j])
        for j in range(count):
            s = taken[j]
            sites.phase[s] = old_phase[j]
            for i in range(sites.n_ways[s]):
                w = sites.first_way[s] + i
                ways.length[w] = old_length[2 * j + i]
                ways.path[w, : ways.length[w]] = old_path[2 * j + i, : ways.length[w]]
            _put(net, state, ways, sites, s, sites.phase[s])
    return gained
