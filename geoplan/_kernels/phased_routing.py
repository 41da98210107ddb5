"""Search for ways that are paid in phases: a cent of an early phase weighs more than a late one.

Sites are taken off and put back on the way and into the phase where they bring most less the
phased cost (24), home before township (rule P6); then phases are fitted to the money
(:mod:`.phased_money`), and the round counts where the score (25) says so.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.disjoint import find_pair
from geoplan._kernels.exchange import LONGEST_CHAIN, paid_instead, trench_chain
from geoplan._kernels.heap import Int
from geoplan._kernels.phased_cost import (
    CLOSED_LOSS,
    NEVER_WORTH,
    PhasedSites,
    PhasedState,
    phased_path,
    put_site,
    take_site,
)
from geoplan._kernels.phased_money import Moved, fit_phases, phased_score, undo_moved
from geoplan._kernels.phased_rounds import MOST_TAKEN, Kept, arrange, keep, mark_over, pick_sites
from geoplan._kernels.routing import INF, Net, Ways
from geoplan._kernels.way_search import route_within

__all__ = ["place_site", "search_phased"]

_MOVED = 256
"""Sites whose phase one round changes at most, beside those that it takes off."""


@njit(cache=True)
def _range(sites: PhasedSites, s: int) -> tuple[Int, Int]:
    """Return the first and last phase that rule P6 leaves to a site, as the others are now."""
    low, high = 0, sites.gain.shape[1] - 1
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
def _worth(state: PhasedState, sites: PhasedSites, s: int, k: int) -> Int:
    """Return what a site brings in phase ``k`` less its equipment."""
    gain = -CLOSED_LOSS if sites.gain[s, k] <= NEVER_WORTH else sites.gain[s, k]
    return gain - sites.cents[s] * state.factor[k]


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
    best, at, cost = NEVER_WORTH, -1, 0
    length = np.zeros(2, np.int64)
    for k in range(high, low - 1, -1):
        if sites.gain[s, k] <= NEVER_WORTH:
            continue
        worth = _worth(state, sites, s, k)
        if worth - cost <= best:
            continue  # a way never costs less than in the phase after
        row = k * n_demands + sites.demand[s]
        if n_ways == 1:
            # one that costs more is no better than what is known
            most = INF if best <= NEVER_WORTH else worth - best - 1
            cost, count = route_within(
                net,
                state,
                row,
                ways.source[first],
                ways.target[first],
                ways.path[first],
                most,
                ways.longest_dm[first],
            )
            if count < 0:
                if best <= NEVER_WORTH:
                    return False, 0
                cost = most + 1
                continue
            ways.length[first] = count
        else:
            for w in range(first, first + n_ways):
                ways.demand[w] = row
            if not find_pair(net, state, ways, first, tries):
                return False, 0
            cost = put_site(net, state, ways, sites, s, k)
            take_site(net, state, ways, sites, s)
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
    return True, _worth(state, sites, s, at) - put_site(net, state, ways, sites, s, at)


@njit(cache=True)
def _most_gain(state: PhasedState, sites: PhasedSites, s: int) -> Int:
    """Return what a site gains at most, its ways for nothing."""
    most = NEVER_WORTH
    for k in range(sites.gain.shape[1]):
        if sites.gain[s, k] > NEVER_WORTH:
            most = max(most, _worth(state, sites, s, k))
    return most


@njit(cache=True)
def _charge(
    net: Net,
    state: PhasedState,
    fixed: NDArray[np.int64],
    share: int,
    paid: NDArray[np.int32],
    count: int,
) -> Int:
    """Charge ``share`` (0 or 1) of what edges cost once, ``fixed`` (m,); the change of (24)."""
    for i in range(count):
        net.fixed[paid[i]] = share * fixed[paid[i]]
    return phased_path(net, state, paid, count, 0, 0)


@njit(cache=True)
def _put_back(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    taken: NDArray[np.int32],
    count: int,
    placed: int,
    kept: Kept,
) -> None:
    """Put all taken sites back as they were; the first ``placed`` of them are on again."""
    for j in range(placed):
        take_site(net, state, ways, sites, taken[j])
    for j in range(count):
        s = taken[j]
        for i in range(sites.n_ways[s]):
            w = sites.first_way[s] + i
            ways.length[w] = kept.length[2 * j + i]
            ways.path[w, : ways.length[w]] = kept.path[2 * j + i, : ways.length[w]]
        put_site(net, state, ways, sites, s, kept.phase[j])


@njit(cache=True, nogil=True)
def place_site(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    s: int,
    k: int,
    tries: int,
    room: NDArray[np.int32],
) -> bool:
    """Put a site that is taken off on again in phase ``k``, on the way that costs least by (24).

    ``room`` int32, two rows as long as a way: work space. False where there is no way, or rule P6
    is against it as the others are now: the site is left off then.
    """
    low, high = _range(sites, s)
    if k < low or k > high or sites.gain[s, k] <= NEVER_WORTH:
        return False
    done, _ = _insert(net, state, ways, sites, s, k, tries, room)
    return done


@njit(cache=True)
def _place_all(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    taken: NDArray[np.int32],
    kept: Kept,
    kind: int,
    draw: int,
    short: int,
    tries: int,
    room: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Place the sites of a round in their order, until one can't be, or too little can be gained.

    Returns how many are on, and what they gain too little by (24): ``short`` before.
    """
    p = sites.gain.shape[1]
    # together into one phase, or each into its best: many a trench pays for several only
    forced = draw % (2 * p)
    swapped = kind == 0 and len(taken) > 1 and sites.is_hub[taken[1]]
    hope = 0  # what is still to be placed gains at most
    for s in taken:
        hope += _most_gain(state, sites, s)
    for j in range(len(taken)):
        s = taken[j]
        target = forced if forced < p and (kind != 0 or j == 0) else -1
        if swapped and j < 2:
            target = kept.phase[1 - j]
        right, gain = _insert(net, state, ways, sites, s, target, tries, room)
        if not right:
            return j, short
        short -= gain
        hope -= _most_gain(state, sites, s)
        if hope < short:
            return j + 1, short
    return len(taken), short


@njit(cache=True, nogil=True)
def search_phased(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    way_site: NDArray[np.int32],
    anchors: NDArray[np.int32],
    near: NDArray[np.int32],
    released: NDArray[np.int64],
    random: NDArray[np.int64],
    tries: int,
    heat: int,
    slack: int,
) -> Int:
    """Take some sites off, place them anew in ways and phases, keep what gains.

    Returns the gain in (25), which may be negative with ``heat``.

    Parameters
    ----------
    way_site
        int32 (w,): the site of each way.
    anchors
        int32 (a,), a >= 1: the ways around which sites are taken off.
    near
        int32 (w, k) of :func:`geoplan._kernels.ruin.nearest_sites`.
    released
        int64: money released by the end of each phase that has any.
    random
        int64 (rounds, 5 + k) >= 0: drives every choice.
    tries
        Tries for a hub's pair, as in :func:`geoplan._kernels.disjoint.disjoint_pair`.
    heat
        A round may lose up to this much of (25) at first, nothing at the end.
    slack
        A round that is this much below what it was by (24), before phases are fitted to the
        money, is given up.
    """
    p, m = sites.gain.shape[1], len(net.fixed)
    taken = np.empty(MOST_TAKEN, np.int32)
    kept = Kept(
        np.empty(MOST_TAKEN, np.int32),
        np.empty(2 * MOST_TAKEN, np.int32),
        np.empty((2 * MOST_TAKEN, ways.path.shape[1]), np.int32),
    )
    room = np.empty((2, ways.path.shape[1]), np.int32)
    closed, paid = np.empty(LONGEST_CHAIN, np.int32), np.empty(2 * m, np.int32)
    is_end = np.zeros(len(net.ptr) - 1, np.bool_)
    is_end[ways.source] = is_end[ways.target] = True
    fixed, in_use = net.fixed.copy(), np.zeros(m, np.bool_)
    moved = Moved(np.empty(_MOVED, np.int32), np.empty(_MOVED, np.int32), np.zeros(1, np.int64))
    # whoever called may have left many sites where the money does not pay for them
    every = 4 * len(sites.phase)
    fitted = Moved(np.empty(every, np.int32), np.empty(every, np.int32), np.zeros(1, np.int64))
    start = phased_score(state, sites, released, False)
    fit_phases(net, state, ways, sites, released, fitted)
    before = phased_score(state, sites, released, False)
    if before < start:
        undo_moved(net, state, ways, sites, fitted)
        before = start
    floor = before - phased_score(state, sites, released, True) - slack
    for it in range(len(random)):
        choice = random[it]
        kind = it % 4
        if kind == 3:
            in_use = state.first < p
            n_closed, tail, head = trench_chain(net, in_use, is_end, choice, closed)
            count = mark_over(ways, sites, way_site, closed[:n_closed], m, taken)
        else:
            count, n_closed = pick_sites(
                ways, sites, way_site, anchors, near, choice, kind, m, taken, closed
            )
        if count == 0:
            continue
        arrange(sites, taken, count, choice)
        keep(ways, sites, taken, count, kept)
        short = floor  # what a round must gain by (24) to be looked at
        for j in range(count):
            s = taken[j]
            short += _worth(state, sites, s, kept.phase[j])
            short += take_site(net, state, ways, sites, s)
        state.blocked[closed[:n_closed]] += 1
        n_paid = 0
        if kind == 3:
            full = state.price[0] >= INF
            ends, now = (tail, head), state.first < p
            n_paid = paid_instead(net, in_use, now, full, state.blocked, ends, choice[2:], paid)
            short += _charge(net, state, fixed, 0, paid, n_paid)
        moved.size[0] = 0
        placed, short = _place_all(
            net, state, ways, sites, taken[:count], kept, kind, choice[2], short, tries, room
        )
        state.blocked[closed[:n_closed]] -= 1
        short += _charge(net, state, fixed, 1, paid, n_paid)
        if placed == count and short <= 0:
            fit_phases(net, state, ways, sites, released, moved)
            after = phased_score(state, sites, released, False)
            cooled = np.int64(heat * (1.0 - (it + 1.0) / len(random)))
            if after >= before - choice[3] % (cooled + 1):
                before = after
                floor = before - phased_score(state, sites, released, True) - slack
                continue
        undo_moved(net, state, ways, sites, moved)
        _put_back(net, state, ways, sites, taken, count, placed, kept)
    return before - start
