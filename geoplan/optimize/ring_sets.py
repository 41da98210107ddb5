"""Rings while they are searched for, and the two ways of a hub on its ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Rings

__all__ = ["Ring", "freeze_rings", "ring_cores", "ring_length_dm", "ways_of_hub"]


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring: its core, its hubs in order, and the segments between core, hubs and core.

    ``segments`` holds one more entry than ``hubs``: edges in the direction of the ring.
    """

    core: int
    hubs: tuple[int, ...]
    segments: tuple[tuple[int, ...], ...]

    @property
    def edges(self) -> tuple[int, ...]:
        """All edges, from the core round to the core."""
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
    """Return the rings as arrays, ordered by core and by their smallest hub."""
    ordered = sorted(rings, key=lambda ring: (ring.core, min(ring.hubs)))

    def lists(parts: list[tuple[int, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        ptr = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
        flat = np.array([x for part in parts for x in part], dtype=np.int32)
        return ptr, flat

    site_ptr, sites = lists([ring.hubs for ring in ordered])
    edge_ptr, edges = lists([ring.edges for ring in ordered])
    length = np.array([ring_length_dm(problem, ring) for ring in ordered], dtype=np.int64)
    home = np.array([ring.core for ring in ordered], dtype=np.int32)
    for array in (home, site_ptr, sites, edge_ptr, edges, length):
        array.setflags(write=False)
    return Rings(home, site_ptr, sites, edge_ptr, edges, length)
