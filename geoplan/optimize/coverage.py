"""Coverage of a fixed design for many sums of money: one knapsack per sum, warm-started.

Each point is the model (3)-(7) of :mod:`geoplan.optimize.phasing` with one phase. The start is
the better of two plans, filled up greedily: the best closure within the money, and the plan of
the sum before, so more money never reaches less. The closures also prove how much a design can
reach at most: the search is only called where the start is not within ``_CLOSE`` of that.
The bound beside each point holds for every plan whatever (:func:`weight_bounds`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.blocks import Blocks, build_blocks
from geoplan.optimize.bounds import weight_bounds
from geoplan.optimize.closures import ClosureHull
from geoplan.optimize.phase_search import Limits, search
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Design
from geoplan.progress import Progress, silent
from geoplan.stopping import NO_LIMIT, Clock

__all__ = ["Coverage", "cover"]

_SLOPE = 0.5
"""Tilt of the support lines: any is valid, on cities the middle proves most."""
_REFINE = 4
_CLOSE = 0.002


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What each of n sums of money reaches.

    Parameters
    ----------
    money_cents, cost_cents
        int64 (n,): sums of money, ascending, and what is spent of them.
    weight, weight_on_design, weight_bound
        int64 (n,): weight in service; proven most on this design; proven most of any plan.
    served, opened
        bool (n, s), bool (n, m): sites in service and edges in use with each sum.
    designs
        The design under each point.
    stopped
        Whether the clock ended the search: then the answer may not be repeatable.
    """

    money_cents: NDArray[np.int64]
    cost_cents: NDArray[np.int64]
    weight: NDArray[np.int64]
    weight_on_design: NDArray[np.int64]
    weight_bound: NDArray[np.int64]
    served: NDArray[np.bool_]
    opened: NDArray[np.bool_]
    designs: tuple[Design, ...]
    stopped: bool


def cover(
    problem: Problem,
    design: Design,
    money_cents: NDArray[np.int64],
    *,
    seed: int,
    work_limit: float,
    clock: Clock = NO_LIMIT,
    weight_bound: NDArray[np.int64] | None = None,
    progress: Progress = silent,
) -> Coverage:
    """Return what each sum of money reaches on a design, with the bound over all plans.

    Sums that do not pay for the core reach nothing and spend nothing.

    Parameters
    ----------
    money_cents
        int64 (n,), ascending.
    work_limit
        Scales the work of each point: 1 for as much as a whole plan takes for its phases.
    weight_bound
        int64 (n,), the bound over all plans where it is known already.
    """
    blocks = build_blocks(problem, design)
    n = len(money_cents)
    bought = np.zeros((n, len(blocks.cost_cents)), dtype=np.bool_)
    most = np.zeros(n, dtype=np.int64)
    gain = np.ones(1, dtype=np.int64)
    hull = ClosureHull(blocks)
    before, stopped = blocks.forced.copy(), False
    for k, money in enumerate(money_cents.tolist()):
        if money >= int(blocks.cost_cents[blocks.forced].sum()):
            closure, most[k] = hull.best_within(money)
            starts = [_filled(blocks, money, plan) for plan in (closure, before)]
            before = max(starts, key=lambda plan: int(blocks.weight[plan].sum()))
            if int(blocks.weight[before].sum()) < (1.0 - _CLOSE) * most[k]:
                released = np.array([money], dtype=np.int64)
                limits = Limits(seed, work_limit, clock, cuts=False)
                found = search(blocks, released, gain, before[None, :], limits)
                before = _filled(blocks, money, found.bought[0])
                most[k] = min(int(most[k]), found.bound)
                stopped = stopped or found.stopped
            bought[k] = before
        progress("frontier", (k + 1) / (n + 1))
    served, opened = _reached(problem, design, blocks, bought)
    weight = bought @ blocks.weight
    if weight_bound is None:
        weight_bound = weight_bounds(
            problem, money_cents, slope_share=_SLOPE, refine=_REFINE, clock=clock
        ).weight
    progress("frontier", 1.0)
    return Coverage(
        money_cents=money_cents,
        cost_cents=_spent(blocks, bought),
        weight=weight,
        weight_on_design=np.maximum(most, weight),
        weight_bound=weight_bound,
        served=served,
        opened=opened,
        designs=(design,) * n,
        stopped=stopped,
    )


def _filled(blocks: Blocks, money: int, bought: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Buy with what is left, again and again, what brings most weight (then sites) per cent."""
    bought = bought.copy()
    pointer, index = blocks.closure.indptr, blocks.closure.indices
    left = money - int(blocks.cost_cents[bought].sum())
    for worth in (blocks.weight, blocks.n_sites):
        while True:
            price = blocks.closure @ np.where(bought, 0, blocks.cost_cents)
            brings = blocks.closure @ np.where(bought, 0, worth)
            fits = (brings > 0) & (price <= left)
            if not fits.any():
                break
            best = int(np.argmax(np.where(fits, brings / np.maximum(price, 1), -1.0)))
            bought[index[pointer[best] : pointer[best + 1]]] = True
            left -= int(price[best])
    return bought


def _reached(
    problem: Problem, design: Design, blocks: Blocks, bought: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return bool (n, s), bool (n, m): sites in service and edges under their ways."""
    on = blocks.site_block >= 0
    served = np.zeros((len(bought), problem.n_sites), dtype=np.bool_)
    served[:, on] = bought[:, blocks.site_block[on]]
    opened = np.zeros((len(bought), problem.n_edges), dtype=np.bool_)
    site = np.repeat(design.path_site, np.diff(design.path_ptr))
    for k, row in enumerate(served):
        opened[k, design.path_edges[row[site]]] = True
    return served, opened


def _spent(blocks: Blocks, bought: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return int64 (n,), what is paid: a shared stretch only where somebody uses it."""
    used = bought.copy()
    for k in range(len(bought)):
        sites = np.flatnonzero(bought[k] & (blocks.n_sites > 0))
        used[k] = False
        used[k, blocks.closure[sites].indices] = True
    return (used @ blocks.cost_cents).astype(np.int64)
