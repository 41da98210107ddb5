"""Phases of a fixed design: what to open and whom to serve first, under budgets.

With ``x_b^k`` = block ``b`` is bought by the end of phase ``k`` (blocks: see
:mod:`geoplan.optimize.blocks`), ``c_b`` its price, ``w_b`` its weight, ``g_k`` the gains and
``B_k`` the money released per phase::

    maximise   sum_k g_k sum_b w_b x_b^k                                                  (3)
    subject to sum_b c_b x_b^k <= B_1 + ... + B_k      unspent money carries over         (4)
               x_b^k <= x_b^(k+1)                      what is bought stays               (5)
               x_b^k <= x_a^k                          for every a that b needs           (6)
               x_b^1 = 1                               for the core and what it needs     (7)

CP-SAT solves it, steered by deterministic work, in two stages: (3) first, then, with (3) held,
as many sites in service over the phases as possible. The start is a greedy plan by weight per
cost, and the answer is never worse than it. All money is exact int64 cents; what a phase costs
is recomputed from the sites' phases, not taken from the solver.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, InfeasibleError
from geoplan.optimize.access import shared_items
from geoplan.optimize.blocks import (
    Blocks,
    blocks_of_sites,
    build_blocks,
    opening_cents,
    serving_cents,
)
from geoplan.optimize.lock_start import Guard, build_guard, locked_start
from geoplan.optimize.phase_rows import lock_rows
from geoplan.optimize.phase_search import Found, Limits, nearest_plan, search
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Design
from geoplan.progress import Progress, silent
from geoplan.stopping import Clock
from geoplan.text import Text
from geoplan.units import CENTS_PER_YUAN, ceil_to_multiple

__all__ = ["PhaseChoice", "plan_phases", "resolve_budgets"]

_LOG = logging.getLogger(__name__)
_LOCKS_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class PhaseChoice:
    """Phases of one design.

    Parameters
    ----------
    site_phase, edge_phase
        int8 (s,), int8 (m,): phase that serves the site or opens the edge, 0 for never.
    budgets_cents, cost_cents, weight
        int64 (p,): money released, money spent, weight in service by the end of each phase.
    value
        The phase objective (3).
    tree_bound
        Proven most that (3) can reach **on this design**: no bound over other designs.
    proven
        True when ``value == tree_bound``.
    stopped
        True when the clock, not the work limit, ended the search: not repeatable.
    """

    site_phase: NDArray[np.int8]
    edge_phase: NDArray[np.int8]
    budgets_cents: NDArray[np.int64]
    cost_cents: NDArray[np.int64]
    weight: NDArray[np.int64]
    value: int
    tree_bound: int
    proven: bool
    stopped: bool


def resolve_budgets(problem: Problem, design_cost_cents: int) -> NDArray[np.int64]:
    """Return the money released per phase: as given, or derived from the design's cost.

    Derived: each phase's share of ``cost * factor``, rounded up once, from the exact value.

    Returns
    -------
    int64 (p,), cents.
    """
    if problem.budgets_cents is not None:
        budgets = problem.budgets_cents.astype(np.int64)
    else:
        millicents = int(design_cost_cents) * problem.budget_factor_permille
        shares = [int(share) for share in problem.budget_shares]
        whole = 1000 * sum(shares)
        unit = max(1, problem.budget_round_cents)
        parts = [ceil_to_multiple(-(-millicents * share // whole), unit) for share in shares]
        budgets = np.array(parts, dtype=np.int64)
    budgets.setflags(write=False)
    return budgets


def plan_phases(
    problem: Problem,
    design: Design,
    *,
    seed: int,
    work_limit: float,
    clock: Clock,
    progress: Progress = silent,
    near: NDArray[np.int8] | None = None,
    start: NDArray[np.int8] | None = None,
) -> PhaseChoice:
    """Choose the phase of every site and edge of a design: most weight, as early as possible.

    When the money of all phases pays for the whole design, every site is served.

    Parameters
    ----------
    seed
        Seed of the search.
    work_limit
        Scales the deterministic work of the search (1.0: about four seconds at city size).
    clock
        A safety stop: when it is out, the best found so far counts, be it the greedy plan. Locks
        without any plan that keeps them get some seconds in any case.
    progress
        Told the fraction of the stage ``phases``.
    near
        int8 (s,), phases of an earlier plan: of all plans of the value reached, one that delays
        as few sites as can be found against it. Left out, one that serves most sites.
    start
        int8 (s,), phases of a plan on this design that keeps money and locks: the answer is never
        worse, and of the same value it never serves less weight or fewer sites at the end.

    Raises
    ------
    InfeasibleError
        When the money of phase 1 does not pay for the core, rule ``budget.core``; when locks
        and money can't hold together, rule ``locks.conflict``.
    NoPlanError
        When no plan that keeps the locks was found within the work limit.
    """
    progress("phases", 0.0)
    budgets = resolve_budgets(problem, design.cost_cents)
    released = np.cumsum(budgets)
    blocks = build_blocks(problem, design)
    _require_core(problem, blocks, released)
    rows = lock_rows(problem, design, blocks)
    guard = build_guard(problem, blocks)
    limits = Limits(seed, work_limit, clock)
    if start is not None:
        first = blocks_of_sites(problem, blocks, start)
    elif rows:
        enough = Limits(seed, work_limit, clock.at_least(_LOCKS_S))
        first = locked_start(problem, blocks, released, rows, enough)
    else:
        first = np.tile(blocks.forced, (problem.n_phases, 1))
    filled = _fill(blocks, released, first, guard)
    progress("phases", 0.1)
    found = search(
        *(blocks, released, problem.phase_gain, filled, limits),
        rows=rows,
        fill=lambda plan: _fill(blocks, released, plan, guard),
        keep_last=start is not None,
    )
    progress("phases", 0.95)
    bought = _fill(blocks, released, found.bought, guard)
    if near is not None and not clock.out():
        base = blocks_of_sites(problem, blocks, near)
        bought = nearest_plan(blocks, released, problem.phase_gain, bought, base, limits, rows)
        bought = _fill(blocks, released, bought, guard)
    choice = _account(problem, design, budgets, blocks, bought, found)
    _LOG.info("phases: value %d, bound on this design %d", choice.value, choice.tree_bound)
    progress("phases", 1.0)
    return choice


def _require_core(problem: Problem, blocks: Blocks, released: NDArray[np.int64]) -> None:
    """Refuse budgets whose first phase does not pay for the core."""
    missing = int(blocks.cost_cents[blocks.forced].sum()) - int(released[0])
    if missing <= 0:
        return
    yuan, first = f"{missing / CENTS_PER_YUAN:,.2f}", problem.phase_name(1)
    raise InfeasibleError(
        [
            Fault(
                rule="budget.core",
                layer="[budgets]",
                row="1",
                what=Text(
                    f"{first.zh}预算不足以建设核心节点，尚缺 {yuan} 元",
                    f"the money of {first.en} does not pay for the core: {yuan} yuan are missing",
                ),
                cure=Text(
                    f"{first.zh}预算至少增加 {yuan} 元，或降低核心设备单价",
                    f"release at least {yuan} yuan more in {first.en}, or lower the core's price",
                ),
            )
        ]
    )


def _fill(
    blocks: Blocks,
    released: NDArray[np.int64],
    bought: NDArray[np.bool_],
    guard: Guard,
) -> NDArray[np.bool_]:
    """Buy, phase by phase, what brings most weight per cent, as long as money lasts.

    Starting from nothing but the core this is the greedy plan; after the search it spends what
    was left over. Nothing already bought is given up or moved to a later phase.
    """
    bought = bought.copy()
    for phase in range(len(released)):
        for worth in (blocks.weight, blocks.n_sites):
            _buy_best(blocks, released, bought, phase, worth, guard)
    return bought


def _buy_best(
    blocks: Blocks,
    released: NDArray[np.int64],
    bought: NDArray[np.bool_],
    phase: int,
    worth: NDArray[np.int64],
    guard: Guard,
) -> None:
    """Add to ``bought`` from ``phase`` on the best block with its needs, repeatedly.

    A block bought now is also paid in every later phase's running total, unless that phase has
    it anyway.
    """
    before = bought[phase - 1] if phase else np.zeros_like(bought[0])
    bought = bought[phase:]
    left = released[phase:] - bought @ blocks.cost_cents
    # buying earlier what a later phase has anyway never makes that later phase spend more
    cash = int(guard.cash_cents[phase] - (bought[0] & ~before) @ blocks.cost_cents)
    pointer, index = blocks.closure.indptr, blocks.closure.indices
    while True:
        price = blocks.closure @ np.where(bought, 0, blocks.cost_cents).T
        brings = blocks.closure @ np.where(bought[0], 0, worth)
        closed = blocks.closure @ (guard.closed[phase] & ~bought[0]).astype(np.int64)
        fits = (brings > 0) & (price <= left).all(axis=1)
        fits &= (closed == 0) & (price[:, 0] <= cash)
        if not fits.any():
            return
        best = int(np.argmax(np.where(fits, brings / np.maximum(price[:, 0], 1), -1.0)))
        bought[:, index[pointer[best] : pointer[best + 1]]] = True
        left = left - price[best]
        cash -= int(price[best, 0])


def _account(
    problem: Problem,
    design: Design,
    budgets: NDArray[np.int64],
    blocks: Blocks,
    bought: NDArray[np.bool_],
    found: Found,
) -> PhaseChoice:
    """Turn blocks into phases of sites and edges, and count money and weight from those."""
    p = problem.n_phases
    never = p + 1
    block_phase = np.where(bought.any(axis=0), bought.argmax(axis=0) + 1, never)
    on = blocks.site_block >= 0
    site_phase = np.full(problem.n_sites, never, dtype=np.int64)
    site_phase[on] = block_phase[blocks.site_block[on]]
    edge_phase = np.full(problem.n_edges, never, dtype=np.int64)
    site = np.repeat(design.path_site, np.diff(design.path_ptr))
    np.minimum.at(edge_phase, design.path_edges, site_phase[site])

    spent = np.zeros(never + 1, dtype=np.int64)
    np.add.at(spent, site_phase, serving_cents(problem, design))
    np.add.at(spent, edge_phase, opening_cents(problem, design))
    items = shared_items(problem, design)
    np.add.at(spent, items.phases(site_phase), items.cents)
    served = np.zeros(never + 1, dtype=np.int64)
    np.add.at(served, site_phase, problem.site_weight)
    cost, weight = spent[1:never], np.cumsum(served[1:never])
    if (np.cumsum(cost) > np.cumsum(budgets)).any():
        raise AssertionError("phases spend more than is released")
    value = int(problem.phase_gain @ weight)
    bound = found.bound
    arrays = (
        np.where(site_phase == never, 0, site_phase).astype(np.int8),
        np.where(edge_phase == never, 0, edge_phase).astype(np.int8),
        budgets,
        cost,
        weight,
    )
    for array in arrays:
        array.setflags(write=False)
    return PhaseChoice(*arrays, value, bound, value == bound, found.stopped)
