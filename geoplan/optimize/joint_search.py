"""Routes for early reach: ruin and rebuild with a price on the money of every phase.

With ``lambda_k`` what a cent more from phase k on would bring (the duals of
:mod:`geoplan.optimize.phase_prices`) and ``r`` the price of the whole bill, a cent spent in phase k
costs ``lambda_k + ... + lambda_p + r`` of weight, and a site in phase k brings
``(g_k + ... + g_p) w_s``. The search takes some sites off and puts each back on the way and into
the phase that bring most (rule P6 minded), so that an early phase may take another way than the
least network. Some turns start at the best design seen, with prices drawn around its own or a low
price of the whole bill, to get away from it; the turns after go on from there with the prices of
the design found. Which design is best, that low price does not decide.

Designs are told apart by their relaxation less ``r`` times their bill. ``r`` is ``COST_SHARE`` of
what a cent of the least bill brings on average: a design that costs one percent more must bring
that many percent more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.phased_routing import (
    NEVER_WORTH,
    PhasedSites,
    PhasedState,
    phased_path,
    phased_refresh,
    search_phased,
)
from geoplan._kernels.ruin import nearest_sites
from geoplan._kernels.shortest_path_tree import FAR
from geoplan.optimize.blocks import Blocks, build_blocks
from geoplan.optimize.phase_prices import PhasePrices, phase_prices
from geoplan.optimize.phase_rows import sites_over
from geoplan.optimize.problem import HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.routed import routed_design, routing_with
from geoplan.optimize.solution import Design
from geoplan.optimize.survivable import single_use_cents
from geoplan.stopping import Clock

__all__ = ["COST_SHARE", "Reach", "early_reach"]

COST_SHARE = 1.0
"""Percent of the phase objective that a percent of the bill must bring at least."""
_TURNS = (
    *((True, 0.5, 1.0), (False, 0.0, 1.0)),
    *((True, 0.5, 0.4), (False, 0.0, 0.4)),
    *((True, 0.0, 0.2), (False, 0.0, 0.4), (False, 0.0, 0.7), (False, 0.0, 1.0)),
)
"""Turns: whether one starts at the best design seen or goes on from the last one, the spread (of
the logarithm) of its prices of the phases, what it asks of a percent of the bill while it searches.
"""
_ROUNDS = 350
"""Rounds of each turn at work limit 1; about 2 ms each on a city's graph."""
_MOST_FACTOR = 4096
_NEAREST = 24
_TRIES = 2
_ROUND_UP_AT = (0.3, 0.7)


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """A design for early reach; ``late`` is true when the wall limit ended the search."""

    design: Design
    late: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A design that was looked at, with the relaxation of its phases."""

    design: Design
    blocks: Blocks
    prices: PhasePrices

    def score(self, least: _Seen) -> float:
        """Return what the design is worth, relative to that of least cost."""
        dearer = self.design.cost_cents / least.design.cost_cents - 1
        return self.prices.value / least.prices.value - 1 - COST_SHARE * dearer


def early_reach(
    problem: Problem,
    design: Design,
    released: NDArray[np.int64],
    *,
    seed: int,
    work_limit: float,
    clock: Clock,
) -> Reach | None:
    """Return a design that promises more in early phases; None when none was found.

    Parameters
    ----------
    problem, design
        After ``without_forbidden``, and its design of least cost.
    released
        int64 (p,), money released by the end of each phase.
    """
    least = _look(problem, design, released)
    if least is None or least.prices.value <= 0 or len(design.path_edges) == 0:
        return None
    payable = design.cost_cents <= int(released[-1])
    walk = _Walk(problem, design, payable)
    rng = np.random.default_rng(seed)
    rounds = max(1, int(_ROUNDS * work_limit))
    per_cent = least.prices.value / design.cost_cents
    best = at = least
    late = False
    for afresh, kick, share in _TURNS:
        late = clock.out()
        if late:
            break
        walk.go_on_from(best if afresh else at, share * per_cent, kick, rng)
        found = _look(problem, walk.run(rng, rounds), released)
        if found is None:
            continue
        at = found
        # what all phases pay for together stays payable
        kept = not payable or found.design.cost_cents <= int(released[-1])
        if kept and found.score(least) > best.score(least):
            best = found
    if best is least:
        return None
    return Reach(best.design, late)


def _look(problem: Problem, design: Design, released: NDArray[np.int64]) -> _Seen | None:
    blocks = build_blocks(problem, design)
    prices = phase_prices(blocks, released, problem.phase_gain)
    return None if prices is None else _Seen(design, blocks, prices)


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


class _Walk:
    """Ways and phases of all sites while they are searched for.

    Phases count from 0 here; the last one, p, is that of sites which no money reaches.
    """

    def __init__(self, problem: Problem, design: Design, payable: bool) -> None:
        self.problem = problem
        self.design = design
        self.payable = payable
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
        )
        township = problem.site_level == TOWNSHIP
        self.sites = PhasedSites(
            first_way=first,
            n_ways=problem.site_ways.astype(np.int32),
            before=np.where(township, problem.site_home, -1).astype(np.int32),
            is_hub=problem.site_level == HUB,
            all_hubs=problem.all_hubs_first,
            held=_held(problem, design),
            worth=np.zeros((s, classes), dtype=np.int64),
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

    def go_on_from(
        self, seen: _Seen, bill_price: float, kick: float, rng: np.random.Generator
    ) -> None:
        """Take ways from a design, phases and prices from its relaxation.

        Parameters
        ----------
        bill_price
            What a cent of the bill costs, whenever it is spent.
        kick
            Spread of the prices of the phases around those of the relaxation.
        """
        problem, net, state, ways = (
            *(self.problem, self.routing.net, self.state),
            self.routing.ways,
        )
        drawn = seen.prices.per_cent * np.exp(rng.normal(0.0, kick, problem.n_phases))
        cents = np.append(np.cumsum(drawn[::-1])[::-1], 0.0) + bill_price
        scale = _MOST_FACTOR / float(cents[0])
        state.factor[:] = np.maximum(1, np.rint(cents * scale)).astype(np.int64)
        self.sites.worth[:] = self._worth(scale)
        at = seen.prices.bought >= rng.uniform(*_ROUND_UP_AT)
        phase = np.where(at.any(axis=0), at.argmax(axis=0), problem.n_phases)
        if self.payable:
            phase = np.minimum(phase, problem.n_phases - 1)
        self.sites.phase[:] = phase[np.maximum(seen.blocks.site_block, 0)]
        state.used[:] = 0
        phased_refresh(net, state)
        for w, site in enumerate(self.routing.way_site.tolist()):
            path = seen.design.path(w)
            ways.path[w, : len(path)] = path
            ways.length[w] = len(path)
            k, cores = int(self.sites.phase[site]), int(ways.cores[w])
            phased_path(net, state, ways.path[w], len(path), cores, k)

    def _worth(self, scale: float) -> NDArray[np.int64]:
        """Return int64 (s, p + 1): weight that a site brings by phase, less its equipment."""
        problem = self.problem
        gain = np.append(np.cumsum(problem.phase_gain[::-1])[::-1], 0)
        worth = np.rint(scale * np.outer(problem.site_weight, gain)).astype(np.int64)
        worth -= problem.site_cents[:, None] * self.state.factor[None, :]
        if self.payable:
            worth[:, -1] = NEVER_WORTH
        for lock in problem.locks.sites:
            worth[lock.site, ~np.array(lock.allowed, dtype=np.bool_)] = NEVER_WORTH
        return worth

    def run(self, rng: np.random.Generator, rounds: int) -> Design:
        """Search for some rounds; return the design as it is then."""
        size = (rounds, 3 + self.near.shape[1])
        random = rng.integers(0, 1 << 62, size=size, dtype=np.int64)
        routing = self.routing
        search_phased(
            *(routing.net, self.state, routing.ways, self.sites, routing.way_site),
            *(self.anchors, self.near, random),
            _TRIES,
        )
        routing.state.used[:] = self.state.used.sum(axis=0)
        return routed_design(self.design, routing)
