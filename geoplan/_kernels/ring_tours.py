"""Rings over few hubs: the shortest tour of every set of hubs, the best partition into rings.

Held and Karp (1962) over subsets, then a cover of all hubs by disjoint subsets. Both are exact
and take ``2^h h^2`` and at most ``3^h`` steps: sixteen hubs take well under a second.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["NO_TOUR", "best_partition", "tour_order", "tour_steps"]

NO_TOUR = 1 << 60


@njit(cache=True)
def tour_steps(dist: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the shortest tour from core to core through every set of at most ``most`` hubs.

    Parameters
    ----------
    dist
        int64 (h + 2, h + 2) >= 0, symmetric: hubs first, then the core at which a tour starts and
        the one at which it ends (the same rows where it comes back); ``NO_TOUR`` for no way.

    Returns
    -------
    best
        int64 (2^h,): length of the shortest tour, ``NO_TOUR`` when there is none or the
        set is empty or too large.
    reach
        int64 (2^h, h): shortest way from the start through the set that ends at each of its
        hubs (for :func:`tour_order`).
    """
    h = len(dist) - 2
    reach = np.full((1 << h, h), NO_TOUR, np.int64)
    best = np.full(1 << h, NO_TOUR, np.int64)
    for i in range(h):
        reach[1 << i, i] = dist[h, i]
    for some in range(1, 1 << h):
        count = 0
        for i in range(h):
            count += (some >> i) & 1
        if count > most:
            continue
        for i in range(h):
            here = reach[some, i]
            if here >= NO_TOUR:
                continue
            if dist[i, h + 1] < NO_TOUR:
                best[some] = min(best[some], here + dist[i, h + 1])
            if count == most:
                continue
            for j in range(h):
                if (some >> j) & 1 == 0 and dist[i, j] < NO_TOUR:
                    wider = some | (1 << j)
                    reach[wider, j] = min(reach[wider, j], here + dist[i, j])
    return best, reach


@njit(cache=True)
def tour_order(dist: NDArray[np.int64], reach: NDArray[np.int64], some: int) -> NDArray[np.int64]:
    """Return the hubs of a set in the order of its shortest tour (which must exist)."""
    h = len(dist) - 2
    count = 0
    for i in range(h):
        count += (some >> i) & 1
    order = np.empty(count, np.int64)
    after = h + 1
    for k in range(count - 1, -1, -1):
        pick, least = -1, NO_TOUR
        for i in range(h):
            if (some >> i) & 1 == 0 or reach[some, i] >= NO_TOUR or dist[i, after] >= NO_TOUR:
                continue
            if reach[some, i] + dist[i, after] < least:
                least = reach[some, i] + dist[i, after]
                pick = i
        order[k] = pick
        some ^= 1 << pick
        after = pick
    return order


@njit(cache=True)
def best_partition(cents: NDArray[np.int64], n_hubs: int) -> tuple[np.int64, NDArray[np.int64]]:
    """Return the least total of a partition of all hubs, and its sets (none when there is none).

    Parameters
    ----------
    cents
        int64 (2^h,): price of the ring of each set, ``NO_TOUR`` for a set that may be none.
    """
    least = np.full(1 << n_hubs, NO_TOUR, np.int64)
    taken = np.zeros(1 << n_hubs, np.int64)
    least[0] = 0
    for some in range(1, 1 << n_hubs):
        low = some & -some  # the ring of the lowest hub: every partition is seen once
        rest = some ^ low
        part = rest
        while True:
            ring = part | low
            if cents[ring] < NO_TOUR and least[some ^ ring] < NO_TOUR:
                total = cents[ring] + least[some ^ ring]
                if total < least[some]:
                    least[some] = total
                    taken[some] = ring
            if part == 0:
                break
            part = (part - 1) & rest
    everyone = (1 << n_hubs) - 1
    if least[everyone] >= NO_TOUR:
        return least[everyone], np.zeros(0, np.int64)
    sets = np.zeros(n_hubs, np.int64)
    count = 0
    some = everyone
    while some > 0:
        sets[count] = taken[some]
        some ^= taken[some]
        count += 1
    return least[everyone], sets[:count]
