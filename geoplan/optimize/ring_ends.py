"""Where rings may end: at the core they start from, at another one, and which hubs lie on them.

A hub is at home at one end of its ring. On a ring between two cores it has one way to each: hubs
of either core may lie on it together. So with rings between cores all hubs are shared out over
rings at once, else core by core.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_weight
from geoplan._kernels.routing import Net
from geoplan.optimize.graph_arrays import adjacency
from geoplan.optimize.problem import CORE, HUB, Problem

__all__ = ["HubGroup", "PairLengths", "RingEnds", "hub_groups", "ring_hubs", "ways_end_at"]


@dataclass(frozen=True, slots=True, eq=False)
class RingEnds:
    """Two cores (or one twice) between which a ring may run, and who may lie on it.

    ``eligible`` is bool (h,) over the hubs of the group.
    """

    start: int
    end: int
    eligible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class HubGroup:
    """Hubs that are shared out over rings together, and the ends that their rings may have."""

    hubs: NDArray[np.int64]
    ends: tuple[RingEnds, ...]

    @property
    def cores(self) -> list[int]:
        """The cores at which its rings may end, in order."""
        return sorted({core for ends in self.ends for core in (ends.start, ends.end)})

    def only(self, hubs: NDArray[np.int64]) -> HubGroup:
        """Return the group of some of its hubs."""
        kept = np.flatnonzero(np.isin(self.hubs, hubs))
        ends = [replace(some, eligible=some.eligible[kept]) for some in self.ends]
        return HubGroup(self.hubs[kept], tuple(some for some in ends if some.eligible.any()))


def ring_hubs(problem: Problem) -> NDArray[np.int64]:
    """Return the hubs that need a ring: all but those in the node of their home."""
    away = problem.site_node != problem.site_node[problem.site_home]
    return np.flatnonzero((problem.site_level == HUB) & (problem.site_ways == 2) & away)


def hub_groups(problem: Problem) -> list[HubGroup]:
    """Return the hubs that need a ring in groups, each with its possible ends."""
    hubs = ring_hubs(problem)
    home = problem.site_home[hubs]
    if not problem.ring_two_cores:
        cores = np.unique(home).tolist()
        own = [(core, hubs[home == core]) for core in cores]
        return [
            HubGroup(some, (RingEnds(core, core, np.ones(len(some), dtype=np.bool_)),))
            for core, some in own
        ]
    if not len(hubs):
        return []
    found = []
    for start, end in _end_pairs(problem):
        eligible = (home == start) | (home == end)
        if eligible.any():
            found.append(RingEnds(start, end, eligible))
    return [HubGroup(hubs, tuple(found))]


def _end_pairs(problem: Problem) -> list[tuple[int, int]]:
    cores = np.flatnonzero(problem.site_level == CORE).tolist()
    return [
        (a, b)
        for i, a in enumerate(cores)
        for b in cores[i:]
        if (problem.ring_one_core if a == b else problem.ring_two_cores)
    ]


def ways_end_at(problem: Problem, hub: int) -> list[tuple[int, int]]:
    """Return the pairs of cores, the smaller first, that the two ways of a hub may end at."""
    home = int(problem.site_home[hub])
    away = problem.site_node[hub] != problem.site_node[home]
    if not (problem.ring_max_hubs and problem.ring_two_cores and away):
        return [(home, home)]
    return [pair for pair in _end_pairs(problem) if home in pair]


class PairLengths:
    """Least lengths of two edge-disjoint ways from hubs to the ends of their rings.

    Parameters
    ----------
    weight
        int64 (m,) >= 0, length of each edge.
    """

    def __init__(self, problem: Problem, net: Net, weight: NDArray[np.int64]) -> None:
        self.problem, self.net, self.weight = problem, net, weight
        self._joined: dict[tuple[int, int], Net] = {}

    def between(self, hub: int, start: int, end: int) -> int:
        """Return the least length of ways to ``start`` and ``end``; -1 when there are none."""
        node = int(self.problem.site_node[hub])
        if start == end:
            target = int(self.problem.site_node[start])
            return int(disjoint_weight(self.net, self.weight, node, target))
        if (start, end) not in self._joined:
            self._joined[start, end] = self._join(start, end)
        net = self._joined[start, end]
        weight = np.append(self.weight, np.zeros(2, dtype=np.int64))
        return int(disjoint_weight(net, weight, node, self.problem.n_nodes))

    def least(self, hub: int) -> int:
        """Return the least over all ends that the ring of a hub may have; -1 for none."""
        pairs = (self.between(hub, *ends) for ends in ways_end_at(self.problem, hub))
        return min((length for length in pairs if length >= 0), default=-1)

    def _join(self, start: int, end: int) -> Net:
        """Return the net with a node more, joined to both ends by an edge each."""
        problem, n = self.problem, self.problem.n_nodes
        ends = problem.site_node[[start, end]].astype(np.int32)
        tail = np.append(problem.tail, ends).astype(np.int32)
        head = np.append(problem.head, [n, n]).astype(np.int32)
        graph = adjacency(n + 1, tail, head)
        fixed = np.append(self.net.fixed, np.zeros(2, dtype=np.int64))
        return self.net._replace(ptr=graph.ptr, nbr=graph.nbr, eid=graph.eid, fixed=fixed)
