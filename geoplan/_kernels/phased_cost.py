"""What a network costs that is paid in phases, kept up to date way by way.

The phased cost of a network is, with ``factor_k`` what a cent of phase k weighs (never more than
one of the phase before) and ``first(e)`` the earliest phase with a way over e::

    sum_e factor_first(e) opening_e(q_e) + sum_e core_e sum_k factor_k q_e^k                (24)

``opening`` is equation (1) of the Problem without the lighting of cores, at the cores ``q_e`` of
all phases together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int
from geoplan._kernels.routing import INF, Net, Ways

__all__ = [
    "CLOSED_LOSS",
    "NEVER_WORTH",
    "PhasedSites",
    "PhasedState",
    "phased_path",
    "phased_refresh",
    "put_site",
    "take_site",
]

NEVER_WORTH = -(1 << 60)
"""Gain of a phase that is closed to a site."""
CLOSED_LOSS = 1 << 52
"""What it counts that a site is in a closed phase; no more than 256 of them are counted."""


class PhasedState(NamedTuple):
    """Cores used on each edge by the sites of each phase, int64 (p, m), and what follows from them.

    ``price`` is int64 (p * demands, m): row ``k * demands + d`` is what (24) grows by with one more
    way of demand d in phase k; ``blocked`` as in ``State``; ``factor`` int64 (p,); ``first`` int32
    (m,) the earliest phase over each edge (p: none) and ``opening`` int64 (m,) what it costs to
    open; ``spent`` int64 (p,) cents of edges and sites that each phase pays.
    """

    used: NDArray[np.int64]
    price: NDArray[np.int64]
    blocked: NDArray[np.int32]
    factor: NDArray[np.int64]
    first: NDArray[np.int32]
    opening: NDArray[np.int64]
    spent: NDArray[np.int64]


class PhasedSites(NamedTuple):
    """Sites to place (s of them; phases count from 0).

    ``first_way`` int32 (s,) row of the first way, ``n_ways`` int32 (s,); ``before`` int32 (s,) the
    site that must be in service before, -1 for none; ``is_hub`` bool (s,), ``all_hubs`` whether
    what waits for one hub waits for all; ``held`` bool (s,) sites whose ways stay as they are;
    ``gain`` int64 (s, p) what a site brings by phase, ``cents`` int64 (s,) its equipment;
    ``phase`` int32 (s,), -1 while a site is taken off; ``demand`` int32 (s,) index of its cores in
    ``Net.demands``.
    """

    first_way: NDArray[np.int32]
    n_ways: NDArray[np.int32]
    before: NDArray[np.int32]
    is_hub: NDArray[np.bool_]
    all_hubs: bool
    held: NDArray[np.bool_]
    gain: NDArray[np.int64]
    cents: NDArray[np.int64]
    phase: NDArray[np.int32]
    demand: NDArray[np.int32]


@njit(cache=True)
def phased_refresh(net: Net, state: PhasedState) -> None:
    """Bring all but ``spent`` up to date (after ``used`` or ``factor`` were changed)."""
    spent = state.spent.copy()
    every = np.arange(state.used.shape[1]).astype(np.int32)
    phased_path(net, state, every, len(every), 0, 0)
    state.spent[:] = spent


@njit(cache=True)
def phased_path(
    net: Net, state: PhasedState, path: NDArray[np.int32], length: int, c: int, k: int
) -> Int:
    """Put ``c`` cores of phase ``k`` (negative: take them off) on a path; return the change.

    The bill stands here once more, as in :func:`geoplan._kernels.routing.add_path`, and for the
    same reason: calls and looks into tuples count uses of arrays, which takes most of the time.
    """
    fixed, core, takes_cable, tie = net.fixed, net.core, net.takes_cable, net.tie
    step_cores, step_cents, permille = net.step_cores, net.step_cents, 1000 + net.reserve_permille
    capacity_cores, capacity_cables = net.capacity_cores, net.capacity_cables
    demands, used, price, factor = net.demands, state.used, state.price, state.factor
    first_phase, opening, spent = state.first, state.opening, state.spent
    n_demands, none = len(demands), len(factor)
    last = len(step_cores) - 1
    largest = step_cores[last]
    change = 0
    for i in range(length):
        e = path[i]
        first = first_phase[e]
        if first < none:
            change -= factor[first] * opening[e]
            spent[first] -= opening[e]
        used[k, e] += c
        total, first = 0, none
        for j in range(none):
            if used[j, e] > 0 and first == none:
                first = j
            total += used[j, e]
        before = 0
        for d in range(-1, n_demands):  # as it is, and with each demand more
            q = total if d < 0 else total + demands[d]
            cents = 0
            if q > 0:
                cents = fixed[e]
                if takes_cable[e]:
                    rest = (q * permille + 999) // 1000
                    count = 1
                    if rest > largest:
                        full = rest // largest
                        rest -= full * largest
                        cents += full * step_cents[e, last]
                        count = full + (1 if rest > 0 else 0)
                    if rest > 0:
                        size = 0
                        while step_cores[size] < rest:
                            size += 1
                        cents += step_cents[e, size]
                    if capacity_cables[e] >= 0 and count > capacity_cables[e]:
                        cents = INF
                if capacity_cores[e] >= 0 and q > capacity_cores[e]:
                    cents = INF
            if d < 0:
                first_phase[e] = first
                opening[e] = cents
                if first < none:
                    before = factor[first] * cents
                continue
            for j in range(none):
                row = j * n_demands + d
                if cents >= INF:
                    price[row, e] = INF
                    continue
                more = factor[min(first, j)] * cents - before + factor[j] * core[e] * demands[d]
                price[row, e] = max(0, more) + tie[e] * factor[j]
        if first < none:
            change += before
            spent[first] += opening[e]
        change += factor[k] * core[e] * c
        spent[k] += core[e] * c
    return change


@njit(cache=True)
def put_site(net: Net, state: PhasedState, ways: Ways, sites: PhasedSites, s: int, k: int) -> Int:
    """Put a site with its ways on in phase ``k``; return the change of (24)."""
    change = 0
    for w in range(sites.first_way[s], sites.first_way[s] + sites.n_ways[s]):
        change += phased_path(net, state, ways.path[w], ways.length[w], ways.cores[w], k)
    state.spent[k] += sites.cents[s]
    sites.phase[s] = k
    return change


@njit(cache=True)
def take_site(net: Net, state: PhasedState, ways: Ways, sites: PhasedSites, s: int) -> Int:
    """Take a site with its ways off; return the change of (24)."""
    change = 0
    k = sites.phase[s]
    for w in range(sites.first_way[s], sites.first_way[s] + sites.n_ways[s]):
        change += phased_path(net, state, ways.path[w], ways.length[w], -ways.cores[w], k)
    state.spent[k] -= sites.cents[s]
    sites.phase[s] = -1
    return change
