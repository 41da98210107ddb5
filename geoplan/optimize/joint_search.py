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
with the prices of that. A turn may lose a little at first, so that it gets away.

Designs are told apart by what their phases reach less ``r`` times their bill. ``r`` is
``COST_SHARE`` of what a cent of the least bill brings on average: a design that costs one percent
more must bring that many percent more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.blocks import Blocks, build_blocks
from geoplan.optimize.phase_prices import PhasePrices, phase_prices
from geoplan.optimize.phase_walk import Phased, PhaseWalk
from geoplan.optimize.problem import Problem
from geoplan.optimize.side_by_side import beside
from geoplan.optimize.solution import Design
from geoplan.stopping import Clock

__all__ = ["COST_SHARE", "Reach", "early_reach"]

COST_SHARE = 1.0
"""Percent of the phase objective that a percent of the bill must bring at least."""
_HEATS = (4e-4, 2e-4, 1e-4)
"""What a round of each turn may lose at first, as part of the most that the objective can be."""
_ROUNDS = 3000
"""Rounds of each turn and walk at work limit 1; about 2 ms each on a city's graph."""
_KICK = 0.3
"""Spread (of the logarithm) of the prices of the phases in the first turn of the second walk."""
_ROUND_UP_AT = 0.5


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
    """
    blocks = build_blocks(problem, design)
    least = phase_prices(blocks, released, problem.phase_gain)
    if least is None or least.value <= 0 or len(design.path_edges) == 0 or clock.out():
        return None
    per_cent = COST_SHARE * least.value / design.cost_cents
    walks = [PhaseWalk(problem, design, released) for _ in range(2)]
    draws = [np.random.default_rng([seed, i]) for i in range(2)]

    def walked(i: int, at: Phased, prices: NDArray[np.float64], rounds: int, heat: float) -> Phased:
        walks[i].price(prices, per_cent)
        walks[i].go_to(at.design, at.phase)
        return walks[i].run(draws[i], rounds, heat)

    prices = least.per_cent
    start = Phased(design, _rounded(blocks, least), np.zeros_like(released), 0, False)
    base = best = walked(0, start, prices, 0, 0.0)
    rounds, late = max(1, int(_ROUNDS * work_limit)), False
    for turn, heat in enumerate(_HEATS):
        late = clock.out()
        if late:
            break
        kick = 0.0 if turn else _KICK
        drawn = prices * np.exp(draws[1].normal(0.0, kick, problem.n_phases))
        with beside(partial(walked, 1, best, drawn, rounds, heat)) as second:
            first = walked(0, best, prices, rounds, heat)
        for found in (first, second.result()):
            better = not best.holds or _score(found, base) > _score(best, base)
            if found.holds and better:
                best = found
        again = phase_prices(build_blocks(problem, best.design), released, problem.phase_gain)
        prices = prices if again is None else again.per_cent
    if best is base:
        return None
    never = best.phase == problem.n_phases
    phase = np.where(never, 0, best.phase + 1).astype(np.int8)
    return Reach(best.design, phase, best.weight, least.value, late)


def _rounded(blocks: Blocks, prices: PhasePrices) -> NDArray[np.int32]:
    """Return int32 (s,): the first phase that buys half of what a site needs, p for never."""
    at = prices.bought >= _ROUND_UP_AT
    phase = np.where(at.any(axis=0), at.argmax(axis=0), len(at)).astype(np.int32)
    site = blocks.site_block
    return np.where(site >= 0, phase[np.maximum(site, 0)], len(at)).astype(np.int32)


def _score(found: Phased, base: Phased) -> float:
    """Return what a design is worth, relative to that of least cost."""
    dearer = found.design.cost_cents / base.design.cost_cents - 1
    return found.value / max(1, base.value) - 1 - COST_SHARE * dearer
