"""Ways and phases of all sites of a problem, walked from design to design within the money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.phased_cost import (
    NEVER_WORTH,
    PhasedSites,
    PhasedState,
    phased_path,
    phased_refresh,
)
from geoplan._kernels.phased_routing import search_phased
from geoplan._kernels.ruin import nearest_sites
from geoplan._kernels.shortest_path_tree import FAR
from geoplan.optimize.phase_rows import sites_over
from geoplan.optimize.problem import HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.routed import routed_design, routing_with
from geoplan.optimize.solution import Design
from geoplan.optimize.survivable import single_use_cents

__all__ = ["PhaseWalk", "Phased"]

_MOST_FACTOR = 4096
_NEAREST = 24
_TRIES = 2
_SLACK = 4e-3
"""A round that is worse by this part of all gain, before phases fit the money, is given up."""


@dataclass(frozen=True, slots=True, eq=False)
class Phased:
    """A design with the phase of each site, int32 (s,) from 0; p where no money reaches it.

    ``weight`` int64 (p,) is in service by the end of each phase, ``value`` the phase objective;
    ``holds`` tells whether the money of every phase pays for its part.
    """

    design: Design
    phase: NDArray[np.int32]
    weight: NDArray[np.int64]
    value: int
    holds: bool


def _held(problem: Problem, design: Design) -> NDArray[np.bool_]:
    """Return bool (s,): sites whose ways must stay; for a required route, one that keeps it."""
    held: NDArray[np.bool_] = np.asarray(problem.site_ways == 0)
    held[[kept.site for kept in problem.locks.kept]] = True
    if problem.ring_max_hubs:  # the ways of a hub are its ring
        held |= problem.site_level == HUB
    for lock in problem.locks.routes:
        if lock.must:
            held[sites_over(design, lock.edges)[:1]] = True
    return held


class PhaseWalk:
    """Ways and phases of all sites while they are searched for.

    Phases count from 0 here; the last one, p, is that of sites which no money reaches.
    """

    def __init__(self, problem: Problem, design: Design, released: NDArray[np.int64]) -> None:
        self.problem = problem
        self.design = design
        self.released = released.astype(np.int64)
        # what all phases pay for together stays payable
        self.payable = design.cost_cents <= int(released[-1])
        self.scale = 1.0
        self.routing = routing_with(problem, map(design.path, range(len(design.path_site))))
        net, ways = self.routing.net, self.routing.ways
        classes, s = problem.n_phases + 1, problem.n_sites
        first = np.searchsorted(self.routing.way_site, np.arange(s)).astype(np.int32)
        demand = np.zeros(s, dtype=np.int32)
        on = problem.site_ways > 0
        demand[on] = ways.demand[first[on]]
        self.state = PhasedState(
            used=np.zeros((classes, problem.n_edges), dtype=np.int64),
            price=np.zeros((classes * len(net.demands), problem.n_edges), dtype=np.int64),
            blocked=np.zeros(problem.n_edges, dtype=np.int32),
            factor=np.ones(classes, dtype=np.int64),
            first=np.full(problem.n_edges, classes, dtype=np.int32),
            opening=np.zeros(problem.n_edges, dtype=np.int64),
            spent=np.zeros(classes, dtype=np.int64),
        )
        township = problem.site_level == TOWNSHIP
        self.sites = PhasedSites(
            first_way=first,
            n_ways=problem.site_ways.astype(np.int32),
            before=np.where(township, problem.site_home, -1).astype(np.int32),
            is_hub=problem.site_level == HUB,
            all_hubs=problem.all_hubs_first,
            held=_held(problem, design),
            gain=np.zeros((s, classes), dtype=np.int64),
            cents=problem.site_cents.astype(np.int64),
            phase=np.zeros(s, dtype=np.int32),
            demand=demand,
        )
        # units hang on what is dug for others: they move along, but the search is about the others
        heavy = np.flatnonzero((problem.site_level != MUNICIPAL)[self.routing.way_site])
        every = np.arange(len(ways.source))
        self.anchors = (heavy if len(heavy) else every).astype(np.int32)
        site_at = np.full(problem.n_nodes, -1, dtype=np.int32)
        reverse = np.arange(len(ways.source) - 1, -1, -1)
        site_at[ways.source[reverse]] = reverse.astype(np.int32)
        weight = np.minimum(single_use_cents(problem), FAR)
        count = max(2, min(_NEAREST, len(ways.source)))
        self.near = nearest_sites(net, weight, site_at, ways.source, count)

    def price(self, per_cent: NDArray[np.float64], bill_price: float) -> None:
        """Set what a cent weighs; afterwards :meth:`go_to` brings the walk up to date.

        Parameters
        ----------
        per_cent
            float64 (p,), what a cent more from each phase on would bring.
        bill_price
            What a cent of the bill costs, whenever it is spent.
        """
        problem, gain_all = self.problem, self.problem.phase_gain
        cents = np.append(np.cumsum(per_cent[::-1])[::-1], 0.0) + bill_price
        self.scale = _MOST_FACTOR / float(cents[0])
        self.state.factor[:] = np.maximum(1, np.rint(cents * self.scale)).astype(np.int64)
        by_phase = np.append(np.cumsum(gain_all[::-1])[::-1], 0)
        gain = self.sites.gain
        gain[:] = np.rint(self.scale * np.outer(problem.site_weight, by_phase)).astype(np.int64)
        if self.payable:
            gain[:, -1] = NEVER_WORTH
        for lock in problem.locks.sites:
            gain[lock.site, ~np.array(lock.allowed, dtype=np.bool_)] = NEVER_WORTH

    def go_to(self, design: Design, phase: NDArray[np.int32]) -> None:
        """Take ways from a design, and phases (int32 (s,), from 0)."""
        net, state, ways = self.routing.net, self.state, self.routing.ways
        if self.payable:
            phase = np.minimum(phase, self.problem.n_phases - 1)
        self.sites.phase[:] = phase
        state.used[:] = 0
        state.spent[:] = 0
        np.add.at(state.spent, phase, self.sites.cents)
        phased_refresh(net, state)
        for w, site in enumerate(self.routing.way_site.tolist()):
            path = design.path(w)
            ways.path[w, : len(path)] = path
            ways.length[w] = len(path)
            k, cores = int(phase[site]), int(ways.cores[w])
            phased_path(net, state, ways.path[w], len(path), cores, k)

    def run(self, rng: np.random.Generator, rounds: int, heat: float) -> Phased:
        """Fit phases to the money, search for some rounds; return what the walk is at then.

        Parameters
        ----------
        heat
            What a round may lose at first, as part of all gain there could be.
        """
        size = (rounds, 5 + self.near.shape[1])
        random = rng.integers(0, 1 << 62, size=size, dtype=np.int64)
        problem, routing = self.problem, self.routing
        every = self.scale * float(problem.phase_gain.sum()) * float(problem.site_weight.sum())
        search_phased(
            *(routing.net, self.state, routing.ways, self.sites, routing.way_site),
            *(self.anchors, self.near, self.released, random),
            *(_TRIES, int(heat * every), int(_SLACK * every)),
        )
        routing.state.used[:] = self.state.used.sum(axis=0)
        phase = self.sites.phase.copy()
        phases = np.arange(problem.n_phases)[:, None]
        served = (phase[None, :] <= phases).astype(np.int64)
        weight = (served @ problem.site_weight).astype(np.int64)
        spent = np.cumsum(self.state.spent[: problem.n_phases])
        return Phased(
            design=routed_design(self.design, routing),
            phase=phase,
            weight=weight,
            value=int(problem.phase_gain @ weight),
            holds=bool((spent <= self.released).all()),
        )
