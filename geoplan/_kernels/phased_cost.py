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
from geoplan._kernels.routing import INF, Net, Ways, edge_cents

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
    ``Net.demands``; ``ahead`` int64 (h, n) the least sum of ``Net.tie`` from each node to each of
    some homes, ``towards`` int32 (s,) the row of each site's home.
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
    towards: NDArray[np.int32]
    ahead: NDArray[np.int64]


@njit(cache=True)
def _refresh_edge(net: Net, state: PhasedState, e: int) -> None:
    total, first = 0, len(state.factor)
    for k in range(len(state.factor)):
        total += state.used[k, e]
        if state.used[k, e] > 0 and first == len(state.factor):
            first = k
    n_demands = len(net.demands)
    now = 0 if total == 0 else (edge_cents(net, e, total) - net.core[e] * total)
    state.first[e] = first
    state.opening[e] = now
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
    """Bring all but ``spent`` up to date (after ``used`` or ``factor`` were changed)."""
    for e in range(state.used.shape[1]):
        _refresh_edge(net, state, e)


@njit(cache=True)
def phased_path(
    net: Net, state: PhasedState, path: NDArray[np.int32], length: int, c: int, k: int
) -> Int:
    """Put ``c`` cores of phase ``k`` (negative: take them off) on a path; return the change."""
    change = 0
    none = len(state.factor)
    for i in range(length):
        e = path[i]
        if state.first[e] < none:
            change -= state.factor[state.first[e]] * state.opening[e]
            state.spent[state.first[e]] -= state.opening[e]
        state.used[k, e] += c
        _refresh_edge(net, state, e)
        if state.first[e] < none:
            change += state.factor[state.first[e]] * state.opening[e]
            state.spent[state.first[e]] += state.opening[e]
        change += state.factor[k] * net.core[e] * c
        state.spent[k] += net.core[e] * c
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
