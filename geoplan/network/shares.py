"""What sites bear of the cost of stretches and splitters, to the cent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.network.feeders import SharedCores
from geoplan.network.paths import Paths
from geoplan.optimize.problem import SPLITTER
from geoplan.optimize.solution import Solution

__all__ = ["first_payers", "site_shares", "splitter_paths"]


def _per_site(paths: Paths, cents: NDArray[np.int64], n_sites: int) -> NDArray[np.int64]:
    """Return int64 (n_sites,): ``cents`` (w,) of the paths, summed per site."""
    total = np.zeros(n_sites, dtype=np.int64)
    np.add.at(total, paths.site_row, cents)
    return total


def splitter_paths(
    paths: Paths, solution: Solution, cents: int
) -> list[tuple[NDArray[np.int64], int]]:
    """Return the served paths behind each splitter (all, where none is), with what it costs."""
    feeders = solution.design.feeders
    if feeders is None:
        return []
    found = []
    for number in np.flatnonzero(feeders.access == SPLITTER).tolist():
        ways = np.flatnonzero(feeders.way_feeder == number)
        live = ways[paths.phase[ways] > 0]
        found.append((live if len(live) else ways, cents))
    return found


def _even(behind: list[tuple[NDArray[np.int64], int]], paths: Paths) -> NDArray[np.int64]:
    """Return int64 (w,): what each served path bears of its splitter, odd cents to the first."""
    share = np.zeros(len(paths.way), dtype=np.int64)
    for ways, cents in behind:
        if paths.phase[ways[0]] > 0:
            share[ways] = cents // len(ways) + (np.arange(len(ways)) < cents % len(ways))
    return share


def first_payers(behind: list[tuple[NDArray[np.int64], int]], paths: Paths) -> NDArray[np.int64]:
    """Return int64 (w,): the splitter with the first path that it serves."""
    paid = np.zeros(len(paths.way), dtype=np.int64)
    for ways, cents in behind:
        paid[ways[np.argmin(paths.phase[ways])]] = cents
    return paid


def site_shares(
    paths: Paths,
    shared: SharedCores,
    edge_cents: NDArray[np.int64],
    behind: list[tuple[NDArray[np.int64], int]],
    n_sites: int,
) -> NDArray[np.int64]:
    """Return int64 (n_sites,): stretches' cost split over served paths by their cores.

    Largest remainder, ties in path order: the shares add up to the cost to the cent. Paths on
    shared cores stand as one there, and split their part evenly, odd cents to the first; so do
    those behind a splitter with its price.

    Parameters
    ----------
    edge_cents
        int64 (m,), cost of each stretch, 0 where it is not opened.
    behind
        From :func:`splitter_paths`.
    """
    served = np.flatnonzero(paths.phase[paths.path] > 0)
    served = served[np.lexsort((paths.path[served], shared.run[served]))]
    run = shared.run[served]
    start = np.flatnonzero(np.r_[True, np.diff(run) > 0][: len(run)])
    members = np.diff(np.r_[start, len(run)])
    part = _split(paths, served[start], edge_cents)
    even, odd = np.divmod(part, members)
    rank = np.arange(len(run)) - np.repeat(start, members)
    share = np.repeat(even, members) + (rank < np.repeat(odd, members))
    total = _per_site(paths, _even(behind, paths), n_sites)
    np.add.at(total, paths.site_row[paths.path[served]], share)
    return total


def _split(
    paths: Paths, entry: NDArray[np.int64], edge_cents: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the part of each entry in its stretch's cost, by cores."""
    order = np.lexsort((paths.path[entry], paths.edge[entry]))
    edge, path = paths.edge[entry][order], paths.path[entry][order]
    cores = np.zeros(len(edge_cents), dtype=np.int64)
    np.add.at(cores, edge, paths.cores[path])
    base, rest = np.divmod(edge_cents[edge] * paths.cores[path], np.maximum(cores[edge], 1))
    left = edge_cents.copy()
    np.subtract.at(left, edge, base)
    ranked = np.lexsort((path, -rest, edge))
    rank = np.empty(len(edge), dtype=np.int64)
    # Rows are sorted by edge both ways, so the first row of an edge is the same in both.
    rank[ranked] = np.arange(len(edge)) - np.searchsorted(edge, edge)
    part = np.empty(len(entry), dtype=np.int64)
    part[order] = base + (rank < left[edge])
    return part
