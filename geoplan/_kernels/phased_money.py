"""Phases of sites whose ways stand, within the money of each phase.

With ``G`` what all sites bring in their phases, ``C_k`` what is spent by the end of phase k and
``R_k`` what is released by then, a network with phases scores::

    G - r sum_k spent_k - sum_k pen_k(C_k - R_k)                                            (25)

``r`` is the last factor of (24), the price of the whole bill; with ``l_k`` the factor of phase k
less that of the next, ``pen_k`` is ``l_k`` a cent times ``_LEFT`` for money left over (a later
phase can use it, or a round to come) and far more than anything brings for money overspent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int
from geoplan._kernels.phased_cost import (
    CLOSED_LOSS,
    NEVER_WORTH,
    PhasedSites,
    PhasedState,
    put_site,
    take_site,
)
from geoplan._kernels.routing import Net, Ways

__all__ = ["Moved", "fit_phases", "phased_score", "undo_moved"]

_LEFT = 0.6
_OVER = 8
_MOST_CLOSED = 1 << 8


class Moved(NamedTuple):
    """Sites whose phase was changed, in order: int32 (room,) site and phase before; ``size[0]``.

    What does not fit in any more is not moved.
    """

    site: NDArray[np.int32]
    phase: NDArray[np.int32]
    size: NDArray[np.int64]


@njit(cache=True)
def phased_score(
    state: PhasedState, sites: PhasedSites, released: NDArray[np.int64], linear: bool
) -> Int:
    """Return (25); ``linear``: with ``l_k`` a cent for money over and left alike, never less.

    ``released`` is int64: money by the end of each phase that has any.
    """
    score, closed = 0, 0
    for s in range(len(sites.phase)):
        gain = sites.gain[s, sites.phase[s]]
        if gain <= NEVER_WORTH:
            closed += 1
        else:
            score += gain
    score -= min(closed, _MOST_CLOSED) * CLOSED_LOSS  # more than all else, and no overflow
    last = len(state.factor) - 1
    spent = 0
    for k in range(len(state.factor)):
        spent += state.spent[k]
        score -= state.factor[last] * state.spent[k]
        if k < len(released):
            over = spent - released[k]
            if linear:
                score -= (state.factor[k] - state.factor[k + 1]) * over
            elif over > 0:
                score -= _OVER * state.factor[0] * over
            else:
                score -= np.int64(_LEFT * (state.factor[k] - state.factor[k + 1]) * over)
    return score


@njit(cache=True)
def _waiting(sites: PhasedSites, k: int) -> NDArray[np.int32]:
    """Return int32 (s,): how many sites in service by the end of phase ``k`` need each hub."""
    count = np.zeros(len(sites.phase), np.int32)
    every = 0
    for t in range(len(sites.phase)):
        if sites.before[t] >= 0 and sites.phase[t] <= k:
            count[sites.before[t]] += 1
            every += 1
    if sites.all_hubs:
        for h in range(len(sites.phase)):
            if sites.is_hub[h]:
                count[h] = every
    return count


@njit(cache=True)
def _move(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    moved: Moved,
    s: int,
    k: int,
) -> bool:
    n = moved.size[0]
    if n >= len(moved.site):
        return False
    moved.site[n] = s
    moved.phase[n] = sites.phase[s]
    moved.size[0] = n + 1
    take_site(net, state, ways, sites, s)
    put_site(net, state, ways, sites, s, k)
    return True


@njit(cache=True)
def undo_moved(net: Net, state: PhasedState, ways: Ways, sites: PhasedSites, moved: Moved) -> None:
    """Put every moved site back into the phase it had."""
    for i in range(moved.size[0] - 1, -1, -1):
        take_site(net, state, ways, sites, moved.site[i])
        put_site(net, state, ways, sites, moved.site[i], moved.phase[i])
    moved.size[0] = 0


@njit(cache=True)
def _cheapest_out(net: Net, state: PhasedState, ways: Ways, sites: PhasedSites, k: int) -> Int:
    """Return the site of phase ``k`` that loses least for each cent its delay saves, or -1."""
    core, used, first, opening = net.core, state.used, state.first, state.opening
    cores, length, path = ways.cores, ways.length, ways.path
    phase, gain, cents = sites.phase, sites.gain, sites.cents
    first_way, n_ways = sites.first_way, sites.n_ways
    waiting = _waiting(sites, k)
    best, least = -1, np.inf
    for s in range(len(phase)):
        if phase[s] != k or n_ways[s] == 0 or waiting[s] > 0 or gain[s, k + 1] <= NEVER_WORTH:
            continue
        saved = cents[s]
        for w in range(first_way[s], first_way[s] + n_ways[s]):
            for i in range(length[w]):
                e = path[w, i]
                saved += core[e] * cores[w]
                if first[e] == k and used[k, e] == cores[w]:
                    saved += opening[e]
        # two that share all they cost save nothing one by one: they come last, but they come
        loss = (gain[s, k] - gain[s, k + 1]) / max(1, saved)
        if loss < least:
            best, least = s, loss
    return best


@njit(cache=True)
def _best_in(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    room: NDArray[np.int64],
    k: int,
) -> Int:
    """Return the site of a later phase that brings most for each cent in phase ``k``, or -1.

    Its hub comes along where it is late. ``room`` int64: money left by the end of each phase.
    """
    if room[k] <= 0:
        return -1
    core, first, opening = net.core, state.first, state.opening
    cores, length, path = ways.cores, ways.length, ways.path
    phase, gain, site_cents = sites.phase, sites.gain, sites.cents
    first_way, n_ways, before, is_hub = sites.first_way, sites.n_ways, sites.before, sites.is_hub
    late = False
    for h in range(len(phase)):
        late = late or (is_hub[h] and phase[h] > k)
    best, most = -1, _LEFT * (state.factor[k] - state.factor[k + 1])
    for s in range(len(phase)):
        now = phase[s]
        if now <= k or gain[s, k] <= NEVER_WORTH:
            continue
        home = before[s]
        if home >= 0 and late and sites.all_hubs:
            continue
        brought = gain[s, k] - gain[s, now]
        bring_home = home >= 0 and phase[home] > k
        if bring_home:
            if gain[home, k] <= NEVER_WORTH:
                continue
            brought += gain[home, k] - gain[home, phase[home]]
        left = room[k]
        for j in range(k + 1, min(now, len(room))):
            left = min(left, room[j])
        if most > 0:
            left = min(left, np.int64(brought / most))  # more, and another brings more for it
        cents = 0
        for turn in range(2 if bring_home else 1):
            at = s if turn == 0 else home
            cents += site_cents[at]
            for w in range(first_way[at], first_way[at] + n_ways[at]):
                if cents > left:
                    break
                for i in range(length[w]):
                    e = path[w, i]
                    cents += core[e] * cores[w]
                    if first[e] > k:
                        cents += opening[e]
        if cents <= left and brought > most * cents:
            best, most = s, brought / max(1, cents)
    return best


@njit(cache=True)
def fit_phases(
    net: Net,
    state: PhasedState,
    ways: Ways,
    sites: PhasedSites,
    released: NDArray[np.int64],
    moved: Moved,
) -> None:
    """Delay what loses least where money is overspent; bring forward what pays where some is left.

    Greedily, one site after the other, on the ways as they are. Rule P6 is kept.
    """
    room = np.empty(len(released), np.int64)
    for k in range(len(released)):
        while True:
            spent = 0
            for j in range(k + 1):
                spent += state.spent[j]
            if spent <= released[k]:
                break
            if k + 1 >= sites.gain.shape[1]:
                break
            s = _cheapest_out(net, state, ways, sites, k)
            if s < 0 or not _move(net, state, ways, sites, moved, s, k + 1):
                break
        while True:
            spent = 0
            for j in range(len(released)):
                spent += state.spent[j]
                room[j] = released[j] - spent
            s = _best_in(net, state, ways, sites, room, k)
            if s < 0 or moved.size[0] + 2 > len(moved.site):
                break
            home = sites.before[s]
            if home >= 0 and sites.phase[home] > k:
                _move(net, state, ways, sites, moved, home, k)
            _move(net, state, ways, sites, moved, s, k)
