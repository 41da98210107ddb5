"""Rings while they are searched for, and the two ways of a hub on its ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Design, Rings

__all__ = ["Ring", "freeze_rings", "ring_cores", "ring_length_dm", "way_homes", "ways_of_hub"]


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring: the cores at its ends (one or two), its hubs in order, and its segments.

    ``segments`` holds one more entry than ``hubs``: the edges between core, hubs and core in the
    direction of the ring. Of two cores the one with the smaller number is the start.
    """

    start: int
    end: int
    hubs: tuple[int, ...]
    segments: tuple[tuple[int, ...], ...]

    @property
    def edges(self) -> tuple[int, ...]:
        """All edges, from core to core."""
        return tuple(e for segment in self.segments for e in segment)


def ring_cores(problem: Problem, hubs: tuple[int, ...]) -> int:
    """Return the cores that every edge of a ring of these hubs carries."""
    return int(problem.site_cores[list(hubs)].sum())


def ring_length_dm(problem: Problem, ring: Ring) -> int:
    """Return the length of a ring in decimetres."""
    return int(problem.length_dm[list(ring.edges)].sum())


def ways_of_hub(ring: Ring, place: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the ways of the hub at ``place``: back to the ring's start, on to its end."""
    before = [e for segment in ring.segments[: place + 1] for e in segment]
    after = [e for segment in ring.segments[place + 1 :] for e in segment]
    return tuple(before[::-1]), tuple(after)


def freeze_rings(problem: Problem, rings: list[Ring]) -> Rings:
    """Return the rings as arrays, ordered by their cores and by their smallest hub."""
    ordered = sorted(rings, key=lambda ring: (ring.start, ring.end, min(ring.hubs)))

    def lists(parts: list[tuple[int, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        ptr = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
        flat = np.array([x for part in parts for x in part], dtype=np.int32)
        return ptr, flat

    site_ptr, sites = lists([ring.hubs for ring in ordered])
    edge_ptr, edges = lists([ring.edges for ring in ordered])
    length = np.array([ring_length_dm(problem, ring) for ring in ordered], dtype=np.int64)
    start = np.array([ring.start for ring in ordered], dtype=np.int32)
    end = np.array([ring.end for ring in ordered], dtype=np.int32)
    for array in (start, end, site_ptr, sites, edge_ptr, edges, length):
        array.setflags(write=False)
    return Rings(start, end, site_ptr, sites, edge_ptr, edges, length)


def way_homes(problem: Problem, design: Design, rings: Rings | None) -> NDArray[np.int64]:
    """Return int64 (w,): the site at which each way of a design ends.

    That is the site's home; but on a ring way 1 ends where the ring starts, way 2 at its end.
    """
    home = problem.site_home[design.path_site].astype(np.int64)
    if rings is None:
        return home
    ends = np.tile(problem.site_home.astype(np.int64), (2, 1))
    ring = np.repeat(np.arange(rings.count), np.diff(rings.site_ptr))
    ends[0, rings.sites], ends[1, rings.sites] = rings.ring_start[ring], rings.ring_end[ring]
    answer: NDArray[np.int64] = ends[(design.path_way == 2).astype(np.int64), design.path_site]
    return answer
