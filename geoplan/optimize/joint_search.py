"""Routes for early reach: ruin and rebuild within the money of every phase.

With ``lambda_k`` what a cent more from phase k on would bring (the duals of
:mod:`geoplan.optimize.phase_prices`) and ``r`` the price of the whole bill, a cent spent in phase k
costs ``lambda_k + ... + lambda_p + r`` of weight, and a site in phase k brings
``(g_k + ... + g_p) w_s``. The search takes some sites off and puts each back on the way and into
the phase that bring most (rule P6 minded), so that an early phase may take another way than the
least network; then phases are fitted to the money, and what counts is the weight that the money
of each phase pays for, not what the relaxation makes of it: whole hubs are lumps of early money.

Two walks run side by side, each on its own random numbers. The first turn starts at the design of
least cost (one of them with prices drawn around its own), every other one at the best design seen,
with the prices of that. A turn may lose a little at first, so that it gets away. Which hubs come
first no walk finds out step by step, but the LP behind the bound on the weight says it: where that
is at hand, more starts take what it builds with the money of each phase as open. They walk a part
of a turn each; the better four walk on, and of those the better two to the end, though the best
design so far may be ahead of them.

Designs are told apart by what their phases reach less ``r`` times their bill. ``r`` is
``COST_SHARE`` of what a cent of the least bill brings on average: a design that costs one percent
more must bring that many percent more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.blocks import Blocks, build_blocks
from geoplan.optimize.early_design import part_of
from geoplan.optimize.phase_prices import PhasePrices, phase_prices
from geoplan.optimize.phase_walk import Phased, PhaseWalk
from geoplan.optimize.problem import HUB, TOWNSHIP, Problem
from geoplan.optimize.routed import routed_design
from geoplan.optimize.side_by_side import beside
from geoplan.optimize.solution import Design
from geoplan.optimize.survivable import design_on, first_design
from geoplan.optimize.weight_bounds import WeightGuide
from geoplan.stopping import Clock

__all__ = ["COST_SHARE", "Reach", "early_reach", "guided_starts"]

COST_SHARE = 1.0
"""Percent of the phase objective that a percent of the bill must bring at least."""
_HEATS = (4e-4, 2e-4, 1e-4)
"""What a round of each turn may lose at first, as part of the most that the objective can be."""
_TURNS_ALONE = 1
"""Turns that one walk goes while guided starts are waited for."""
_ROUNDS = 2600
"""Rounds of each turn and walk at work limit 1; about half a ms each on a city's graph ..."""
_ROUNDS_EDGES = 1.0
"""... or so many per edge, where that is more: there are more ways to try."""
_KICK = 0.3
"""Spread (of the logarithm) of the prices of the phases in the first turn of the second walk."""
_ROUND_UP_AT = 0.5
_ROUND_UP_ABOVE = (0.5, 0.2)
"""Starts: what part of a site an LP must serve; of what is in between too little or too much."""
_GUIDE_SHARES = ((0.7, False), (0.3, True), (0.7, True))
"""Starts: how much of an edge the LP must take, and whether the least design's are open as well."""
_CULLS = ((4, 8, 4e-4), (2, 1, 4e-4), (1, 1, 2e-4))
"""How many of the starts are kept, after which part of a turn, and what a round may lose at first.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """A design for early reach and what the search made of it.

    Parameters
    ----------
    site_phase
        int8 (s,), phase of each site, 0 for never.
    weight
        int64 (p,), weight in service by the end of each phase.
    least_most
        The most that the phases of the design of least cost can reach, by their relaxation.
    late
        True when the wall limit ended the search.
    """

    design: Design
    site_phase: NDArray[np.int8]
    weight: NDArray[np.int64]
    least_most: float
    late: bool


def early_reach(
    problem: Problem,
    design: Design,
    released: NDArray[np.int64],
    *,
    guides: Callable[[], Sequence[WeightGuide | None]] | None = None,
    seed: int,
    work_limit: float,
    clock: Clock,
) -> Reach | None:
    """Return a design that reaches more in early phases; None when none was found.

    Parameters
    ----------
    problem, design
        After ``without_forbidden``, and its design of least cost.
    released
        int64 (p,), money released by the end of each phase.
    guides
        Gives, perhaps after a while, what the LP behind the bound on the weight would build with
        the money of each phase; until then one walk goes alone. ``None``: there is no guide.
    """
    blocks = build_blocks(problem, design)
    least = phase_prices(blocks, released, problem.phase_gain)
    if least is None or least.value <= 0 or len(design.path_edges) == 0 or clock.out():
        return None
    rounds = max(1, int(work_limit * max(_ROUNDS, _ROUNDS_EDGES * problem.n_edges)))
    search = _Search(problem, design, released, blocks, least, seed, rounds)
    late = False
    for turn, heat in enumerate(_HEATS if guides is None else _HEATS[:_TURNS_ALONE]):
        late = late or clock.out()
        if not late:
            if turn > 0:
                search.reprice()
            starts = [search.best] if guides is not None else [search.best, search.best]
            search.turn(starts, heat, 0.0 if turn else _KICK)
    if guides is not None and not late:
        late = search.from_starts(lambda: guided_starts(problem, design, guides(), seed), clock)
    best = search.best
    if best is search.base:
        return None
    never = best.phase == problem.n_phases
    phase = np.where(never, 0, best.phase + 1).astype(np.int8)
    return Reach(best.design, phase, best.weight, least.value, late)


class _Search:
    """The walks and the best design they have seen."""

    def __init__(
        self,
        problem: Problem,
        design: Design,
        released: NDArray[np.int64],
        blocks: Blocks,
        least: PhasePrices,
        seed: int,
        rounds: int,
    ) -> None:
        self._problem, self._released, self._rounds = problem, released, rounds
        self._bill_price = COST_SHARE * least.value / design.cost_cents
        self._walks = [PhaseWalk(problem, design, released) for _ in range(2)]
        self._draws = [np.random.default_rng([seed, i]) for i in range(2)]
        self._prices = least.per_cent
        start = Phased(design, _rounded(blocks, least), np.zeros_like(released), 0, False)
        self.base = self.best = self._walked(0, start, self._prices, 0, 0.0)

    def from_starts(self, starts: Callable[[], list[Phased]], clock: Clock) -> bool:
        """Walk from starts and keep the better ones, step by step; return whether time ran out.

        The best has walked for long by then; starts that are behind it may come to be better.
        """
        guided: list[Phased] | None = None
        for keep, part, heat in _CULLS:
            if clock.out():
                return True
            self.reprice()
            guided = starts() if guided is None else guided
            guided = self._cull(guided or [self.best], keep, part, heat)
        return False

    def _cull(self, starts: Sequence[Phased], keep: int, part: int, heat: float) -> list[Phased]:
        """Walk a part of a turn from each start; return the better ones of where they lead."""
        found: list[Phased] = []
        for at in range(0, len(starts), 2):
            found += self._side_by_side(starts[at : at + 2], heat, self._prices, part)
        self.best = max([self.best, *found], key=self._rank)
        return sorted(found, key=self._rank, reverse=True)[:keep]

    def turn(self, starts: Sequence[Phased], heat: float, kick: float) -> None:
        """Walk from each of one or two starts; ``kick`` spreads the prices of the second."""
        drawn = self._prices * np.exp(self._draws[1].normal(0.0, kick, self._problem.n_phases))
        found = self._side_by_side(starts, heat, drawn)
        self.best = max([self.best, *found], key=self._rank)

    def reprice(self) -> None:
        """Take the prices of the best design seen."""
        blocks = build_blocks(self._problem, self.best.design)
        again = phase_prices(blocks, self._released, self._problem.phase_gain)
        if again is not None:
            self._prices = again.per_cent

    def _side_by_side(
        self, starts: Sequence[Phased], heat: float, drawn: NDArray[np.float64], part: int = 1
    ) -> list[Phased]:
        """Walk from one or two starts, the second with prices ``drawn``."""
        rounds = max(1, self._rounds // part)
        first = partial(self._walked, 0, starts[0], self._prices, rounds, heat)
        if len(starts) == 1:
            return [first()]
        with beside(partial(self._walked, 1, starts[1], drawn, rounds, heat)) as second:
            found = first()
        return [found, second.result()]

    def _walked(
        self, i: int, at: Phased, prices: NDArray[np.float64], rounds: int, heat: float
    ) -> Phased:
        walk = self._walks[i]
        walk.price(prices, self._bill_price)
        walk.go_to(at.design, at.phase)
        return walk.run(self._draws[i], rounds, heat)

    def _rank(self, found: Phased) -> tuple[bool, float]:
        """Return what a design is worth, relative to that of least cost; nothing over the money."""
        dearer = found.design.cost_cents / self.base.design.cost_cents - 1
        worth = found.value / max(1, self.base.value) - 1 - COST_SHARE * dearer
        return found.holds, worth


def guided_starts(
    problem: Problem, design: Design, guides: Sequence[WeightGuide | None], seed: int
) -> list[Phased]:
    """Return starts that take as open what the LPs build; none where they lead to no design."""
    known = [guide for guide in guides if guide is not None]
    if not known:
        return []
    phases = [_guided_phases(problem, guides, at) for at in _ROUND_UP_ABOVE]
    most = np.max([guide.amount for guide in known], axis=0)
    least = design.edge_cores > 0
    opened = [(most >= share) | (with_least & least) for share, with_least in _GUIDE_SHARES]
    opened.append((known[0].amount >= _ROUND_UP_AT) | least)
    first = np.flatnonzero(known[0].served >= _ROUND_UP_AT).tolist()
    opened.append((first_design(part_of(problem, first), seed=seed).used > 0) | least)
    starts, nothing = [], np.zeros(problem.n_phases, np.int64)
    for some in opened:
        routing = design_on(problem, some)
        if not len(routing.unrouted()):
            found = routed_design(design, routing)
            starts += [Phased(found, phase, nothing, 0, False) for phase in phases]
    return starts


def _guided_phases(
    problem: Problem, guides: Sequence[WeightGuide | None], at: float
) -> NDArray[np.int32]:
    """Return int32 (s,): the first phase in which an LP serves at least this part of a site."""
    last = problem.n_phases - 1
    phase = np.full(problem.n_sites, last, dtype=np.int32)
    for k in range(last, -1, -1):
        guide = guides[k]
        phase[True if guide is None else guide.served >= at] = k
    phase[problem.site_ways == 0] = 0
    # what stands in the node of a township may be served before the township (P6)
    level, hubs = problem.site_level, problem.site_level == HUB
    gate = phase[hubs].max(initial=0) if problem.all_hubs_first else phase[problem.site_home]
    return np.where(level == TOWNSHIP, np.maximum(phase, gate), phase).astype(np.int32)


def _rounded(blocks: Blocks, prices: PhasePrices) -> NDArray[np.int32]:
    """Return int32 (s,): the first phase that buys half of what a site needs, p for never."""
    at = prices.bought >= _ROUND_UP_AT
    phase = np.where(at.any(axis=0), at.argmax(axis=0), len(at)).astype(np.int32)
    site = blocks.site_block
    return np.where(site >= 0, phase[np.maximum(site, 0)], len(at)).astype(np.int32)
