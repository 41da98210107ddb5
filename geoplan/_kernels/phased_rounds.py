"""What one round of the search for phases takes off, and how it was.

Sites of a home, of two homes, around a way, or over edges that are closed to them for the round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.exchange import ways_over
from geoplan._kernels.heap import Int
from geoplan._kernels.phased_cost import PhasedSites
from geoplan._kernels.routing import Ways

__all__ = ["MOST_TAKEN", "Kept", "arrange", "keep", "mark_over", "pick_sites"]

MOST_TAKEN = 48
"""Sites that one round takes off at most."""


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
def _mark_home(sites: PhasedSites, home: int, taken: NDArray[np.int32], count: int) -> Int:
    """Take a home with all that waits for it."""
    count = _mark(sites, home, taken, count)
    for t in range(len(sites.phase)):
        if sites.before[t] == home:
            count = _mark(sites, t, taken, count)
    return count


@njit(cache=True)
def mark_over(
    ways: Ways,
    sites: PhasedSites,
    way_site: NDArray[np.int32],
    closed: NDArray[np.int32],
    n_edges: int,
    taken: NDArray[np.int32],
) -> Int:
    """Take all sites with a way over some edges; 0 where one of them can't be taken off."""
    count = 0
    for w in np.flatnonzero(ways_over(ways, closed, n_edges)):
        if sites.held[way_site[w]] or count >= len(taken):
            return 0
        count = _mark(sites, way_site[w], taken, count)
    return count


@njit(cache=True)
def _home_of(sites: PhasedSites, s: int) -> Int:
    return sites.before[s] if sites.before[s] >= 0 else s


@njit(cache=True)
def pick_sites(
    ways: Ways,
    sites: PhasedSites,
    way_site: NDArray[np.int32],
    anchors: NDArray[np.int32],
    near: NDArray[np.int32],
    choice: NDArray[np.int64],
    kind: int,
    n_edges: int,
    taken: NDArray[np.int32],
    closed: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Choose the sites of one round; return how many, and how many edges are ``closed``."""
    w0 = anchors[choice[0] % len(anchors)]
    home = _home_of(sites, way_site[w0])
    count = 0
    if kind == 0:
        count = _mark_home(sites, home, taken, count)
        other = _home_of(sites, way_site[anchors[(choice[1] >> 1) % len(anchors)]])
        if choice[1] % 2 and sites.phase[other] != sites.phase[home]:
            count = _mark_home(sites, other, taken, count)
        return count, 0
    if kind == 1 and ways.length[w0] > 0:  # all over one edge, which is closed to them
        closed[0] = ways.path[w0, choice[1] % ways.length[w0]]
        return mark_over(ways, sites, way_site, closed[:1], n_edges, taken), 1
    for j in range(1 + choice[1] % near.shape[1]):
        if near[w0, j] >= 0:
            s = way_site[near[w0, j]]
            if s == way_site[w0] or not sites.is_hub[s]:  # a pair of ways takes long to find
                count = _mark(sites, s, taken, count)
    return count, 0


@njit(cache=True)
def arrange(
    sites: PhasedSites, taken: NDArray[np.int32], count: int, choice: NDArray[np.int64]
) -> None:
    """Shuffle the taken sites, then put hubs first: what waits for them needs their phase."""
    for j in range(count - 1, 0, -1):
        x = choice[4 + j % (len(choice) - 4)] % (j + 1)
        taken[j], taken[x] = taken[x], taken[j]
    front = 0
    for j in range(count):
        if sites.is_hub[taken[j]]:
            taken[j], taken[front] = taken[front], taken[j]
            front += 1


class Kept(NamedTuple):
    """Phases and ways of the sites that a round takes off: int32, two rows of ways a site."""

    phase: NDArray[np.int32]
    length: NDArray[np.int32]
    path: NDArray[np.int32]


@njit(cache=True)
def keep(ways: Ways, sites: PhasedSites, taken: NDArray[np.int32], count: int, kept: Kept) -> None:
    """Note phases and ways of the taken sites."""
    for j in range(count):
        s = taken[j]
        kept.phase[j] = sites.phase[s]
        for i in range(sites.n_ways[s]):
            w = sites.first_way[s] + i
            kept.length[2 * j + i] = ways.length[w]
            kept.path[2 * j + i, : ways.length[w]] = ways.path[w, : ways.length[w]]
