"""The search behind the phases: a MIP finds, CP-SAT proves, both steered by work limits.

The model is (3)-(7) of :mod:`geoplan.optimize.phasing` over blocks. Its linear relaxation is
tight: what it takes whole, filled up, is a good plan, and blocks that are taken (or left) by that
plan and by the relaxation with some more and some less money are seldom a choice. On the others
the root of a branch-and-bound finds a good plan where CP-SAT alone needs long, but in floating
point. The plan is verified in exact cents and then only a start: what counts as proven is what
CP-SAT proves in integers, with every block a choice. (SCIP, through MathOpt: HiGHS is no faster
here and writes to standard output past every switch when it repairs a solution.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import mul

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model

from geoplan.optimize.blocks import Blocks
from geoplan.optimize.phase_prices import phase_prices
from geoplan.optimize.phase_rows import PhaseRow, add_to_cp, add_to_mip, rows_hold
from geoplan.optimize.solver_calls import answer_unless_stopped
from geoplan.stopping import Clock

__all__ = ["Found", "Limits", "nearest_plan", "search"]

_STRATEGIES: tuple[tuple[str, float], ...] = (("pseudo_costs", 0.5), ("reduced_costs", 0.25))
"""CP-SAT strategies that prove the value, and their deterministic time at work limit 1.

The first proves many designs of city size at once; where it stalls, the second moves the bound.
With money for the whole design the rest is some tenths of a percent; with money for a third of
it, or many phases, a few percent.
"""
_SITES_STRATEGY = ("pseudo_costs", 0.3)
_NEAR_STRATEGY = ("pseudo_costs", 2.0)
_MIP_NODES = 1
"""Nodes at work limit 1: the root with its cuts and heuristics is what pays."""
_MIP_UNIT_CENTS = 1e6
_LONGEST_S = 1e6
_MIP_MARGIN = 1e-4
"""Money held back from the MIP (in its unit): more than its feasibility tolerance."""
_SPREAD = 0.03
"""So much more and less money tells which blocks are a choice."""
_WHOLE = 1.0 - 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """Seed and limits of one search; without ``cuts`` the MIP is four times faster, and coarser."""

    seed: int
    work_limit: float
    clock: Clock
    cuts: bool = True

    def solver_s(self) -> float:
        """Return the wall seconds that a solver may take: above 0 and finite, as solvers want."""
        return min(_LONGEST_S, max(0.01, self.clock.left_s()))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Bool (p, b) of blocks bought by the end of each phase, and what is proven of it.

    ``stopped`` is true when the clock ended the search.
    """

    bought: NDArray[np.bool_]
    bound: int
    stopped: bool


def search(
    blocks: Blocks,
    released: NDArray[np.int64],
    gain: NDArray[np.int64],
    start: NDArray[np.bool_],
    limits: Limits,
    *,
    rows: Sequence[PhaseRow] = (),
    fill: Callable[[NDArray[np.bool_]], NDArray[np.bool_]] | None = None,
    keep_last: bool = False,
) -> Found:
    """Solve (3)-(7) and the rows of locks from ``start``; then serve as many sites as that allows.

    Parameters
    ----------
    released
        int64 (p,), money released by the end of each phase.
    start
        bool (p, b), blocks bought by the end of each phase: a plan within the money that keeps
        the rows. The answer is never worse.
    rows
        Locks: rows (8)-(12) of :mod:`geoplan.optimize.phase_rows`.
    fill
        Spends what a plan, bool (p, b), leaves over; the rows still hold then.
    keep_last
        Of plans of the value of ``start``, none that serves less at the end: less weight, or as
        much and fewer sites.
    """
    total = gain * int(blocks.weight.sum())
    # money for everything: the last phase buys all, only the phases before it are a choice
    free = len(released)
    if not rows and int(blocks.cost_cents.sum()) <= int(released[-1]):
        free -= 1
        start = start.copy()
        start[free:] = True
    if start[:free].all():
        return Found(start, _value(blocks, start, gain), False)
    last = start[free:]

    def filled(plan: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return plan if fill is None else fill(np.vstack([plan, last]))[:free]

    found = _most_weight(blocks, released[:free], gain[:free], start[:free], limits, rows, filled)
    keep = keep_last and free == len(released)
    more = _most_sites(blocks, released[:free], gain[:free], found, limits, rows, keep_last=keep)
    return Found(
        bought=np.vstack([more.bought, start[free:]]),
        bound=min(found.bound, int(total[:free].sum())) + int(total[free:].sum()),
        stopped=found.stopped or more.stopped,
    )


def nearest_plan(
    blocks: Blocks,
    released: NDArray[np.int64],
    gain: NDArray[np.int64],
    found: NDArray[np.bool_],
    near: NDArray[np.bool_],
    limits: Limits,
    rows: Sequence[PhaseRow],
) -> NDArray[np.bool_]:
    """Return a plan of at least the value of ``found`` that delays as few sites as it can.

    Parameters
    ----------
    found, near
        bool (p, b): the plan whose value is held, and the one to stay near to. A site counts
        once for every phase in which it is in service in both.
    """
    model, x = _model(blocks, released, rows)
    held = _weighted(x, np.outer(gain, blocks.weight))
    model.add(held >= _value(blocks, found, gain))
    worth = np.where(near, blocks.n_sites, 0)
    return _solve(model, x, worth, found, _NEAR_STRATEGY, limits).bought


def _most_weight(
    blocks: Blocks,
    released: NDArray[np.int64],
    gain: NDArray[np.int64],
    start: NDArray[np.bool_],
    limits: Limits,
    rows: Sequence[PhaseRow],
    fill: Callable[[NDArray[np.bool_]], NDArray[np.bool_]],
) -> Found:
    """Maximise (3): the MIP's plan as start, then CP-SAT's strategies one after the other."""
    found = Found(start, np.iinfo(np.int64).max, False)
    if limits.clock.out():
        return Found(start, found.bound, True)
    low, high = _range(blocks, released)
    # rows of locks are not in the relaxation: it says nothing about what is a choice then
    if not rows:
        rounded, low, high = _choices(blocks, released, gain, low, high, start, fill)
        found = Found(rounded, found.bound, False)
    planned = _mip_plan(blocks, released, gain, low, high, limits, rows)
    if planned is not None:
        planned = fill(planned)
        if _value(blocks, planned, gain) > _value(blocks, found.bought, gain):
            found = Found(planned, found.bound, False)
    worth = np.outer(gain, blocks.weight)
    for strategy, work in _STRATEGIES:
        if limits.clock.out():
            return Found(found.bought, found.bound, True)
        model, x = _model(blocks, released, rows)
        if found.bound < np.iinfo(np.int64).max:
            model.add(_weighted(x, worth) <= found.bound)
        after = _solve(model, x, worth, found.bought, (strategy, work), limits)
        found = Found(after.bought, min(found.bound, after.bound), after.stopped)
        if found.stopped or _value(blocks, found.bought, gain) == found.bound:
            break
    return found


def _most_sites(
    blocks: Blocks,
    released: NDArray[np.int64],
    gain: NDArray[np.int64],
    found: Found,
    limits: Limits,
    rows: Sequence[PhaseRow],
    *,
    keep_last: bool,
) -> Found:
    """Hold the value and maximise the number of sites in service, summed over the phases."""
    if limits.clock.out():
        return Found(found.bought, found.bound, True)
    model, x = _model(blocks, released, rows)
    held = _weighted(x, np.outer(gain, blocks.weight))
    model.add(held >= _value(blocks, found.bought, gain))
    if keep_last:
        last = blocks.weight * (int(blocks.n_sites.sum()) + 1) + blocks.n_sites
        served = cp_model.LinearExpr.weighted_sum(x[-1], last.tolist())
        model.add(served >= int(last @ found.bought[-1]))
    worth = np.tile(blocks.n_sites, (len(released), 1))
    return _solve(model, x, worth, found.bought, _SITES_STRATEGY, limits)


def _range(
    blocks: Blocks, released: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return bool (p, b) twice: what (7) asks for, and what the money of each phase may buy."""
    low = np.tile(blocks.forced, (len(released), 1))
    return low, low | (blocks.closure @ blocks.cost_cents <= released[:, None])


def _choices(
    blocks: Blocks,
    released: NDArray[np.int64],
    gain: NDArray[np.int64],
    low: NDArray[np.bool_],
    high: NDArray[np.bool_],
    start: NDArray[np.bool_],
    fill: Callable[[NDArray[np.bool_]], NDArray[np.bool_]],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the better of ``start`` and what the relaxation takes whole, filled up; then ranges.

    The ranges are those given, narrowed to what is a choice around that plan.
    """
    sums = [(released * part).astype(np.int64) for part in (1.0, 1.0 - _SPREAD, 1.0 + _SPREAD)]
    taken = [found.bought for s in sums if (found := phase_prices(blocks, s, gain)) is not None]
    if not taken:
        return start, low, high
    plan = low | (taken[0] >= _WHOLE)
    plan = fill(plan) if _holds(blocks, released, plan) else start
    if _value(blocks, plan, gain) <= _value(blocks, start, gain):
        plan = start
    least = np.minimum.reduce([*taken, plan])
    most = np.maximum.reduce([*taken, plan])
    return plan, low | (least >= _WHOLE), high & (most > 1.0 - _WHOLE)


def _mip_plan(
    blocks: Blocks,
    released: NDArray[np.int64],
    gain: NDArray[np.int64],
    low: NDArray[np.bool_],
    high: NDArray[np.bool_],
    limits: Limits,
    rows: Sequence[PhaseRow],
) -> NDArray[np.bool_] | None:
    """Return a good plan found by branch-and-bound, or None when it does not hold in cents."""
    model = mathopt.Model()
    n = len(blocks.weight)
    cost = (blocks.cost_cents / _MIP_UNIT_CENTS).tolist()
    x: list[list[mathopt.Variable]] = []
    for phase, money in enumerate((released / _MIP_UNIT_CENTS - _MIP_MARGIN).tolist()):
        row = [
            model.add_variable(lb=float(least), ub=float(most), is_integer=True)
            for least, most in zip(low[phase].tolist(), high[phase].tolist(), strict=True)
        ]
        model.add_linear_constraint(mathopt.fast_sum(map(mul, cost, row)) <= money)  # (4)
        for earlier, later in zip(x[-1] if x else [], row, strict=False):
            model.add_linear_constraint(earlier - later <= 0)  # (5)
        for child, parent in zip(blocks.child.tolist(), blocks.parent.tolist(), strict=True):
            model.add_linear_constraint(row[child] - row[parent] <= 0)  # (6)
        x.append(row)
    add_to_mip(model, x, rows, _MIP_UNIT_CENTS, _MIP_MARGIN)
    worth = np.outer(gain, blocks.weight).ravel().tolist()
    flat = [variable for row in x for variable in row]
    model.maximize(mathopt.fast_sum(map(mul, worth, flat)))
    parameters = mathopt.SolveParameters(
        node_limit=max(1, round(_MIP_NODES * limits.work_limit)),
        time_limit=timedelta(seconds=limits.solver_s()),
        random_seed=limits.seed % 2**31,
        threads=1,
        cuts=None if limits.cuts else mathopt.Emphasis.OFF,
    )
    result = answer_unless_stopped(
        lambda: mathopt.solve(model, mathopt.SolverType.GSCIP, params=parameters), limits.clock
    )
    if result is None or not result.has_primal_feasible_solution():
        return None
    bought = np.array(result.variable_values(flat)).reshape(len(released), n) > 0.5
    return bought if _holds(blocks, released, bought) and rows_hold(rows, bought) else None


def _holds(blocks: Blocks, released: NDArray[np.int64], bought: NDArray[np.bool_]) -> bool:
    """Tell whether ``bought`` (p, b) obeys (4)-(7) to the cent."""
    return bool(
        (bought @ blocks.cost_cents <= released).all()
        and (bought[:-1] <= bought[1:]).all()
        and (bought[:, blocks.child] <= bought[:, blocks.parent]).all()
        and bought[:, blocks.forced].all()
    )


def _weighted(x: list[list[cp_model.IntVar]], worth: NDArray[np.int64]) -> cp_model.LinearExprT:
    """Return the sum over all phases and blocks, weighted by ``worth`` (p, b)."""
    return cp_model.LinearExpr.weighted_sum(
        [variable for row in x for variable in row], worth.ravel().tolist()
    )


def _model(
    blocks: Blocks, released: NDArray[np.int64], rows: Sequence[PhaseRow] = ()
) -> tuple[cp_model.CpModel, list[list[cp_model.IntVar]]]:
    """Write (4)-(7), the rows of locks and the variables ``x[phase][block]``."""
    model = cp_model.CpModel()
    n_blocks = len(blocks.cost_cents)
    cost = blocks.cost_cents.tolist()
    price = blocks.closure @ blocks.cost_cents
    x: list[list[cp_model.IntVar]] = []
    for phase, money in enumerate(released.tolist()):
        row = [model.new_bool_var(f"x{phase}_{b}") for b in range(n_blocks)]
        x.append(row)
        model.add(cp_model.LinearExpr.weighted_sum(row, cost) <= money)  # (4)
        if phase > 0:
            for b in range(n_blocks):
                model.add_implication(x[phase - 1][b], row[b])  # (5)
        for child, parent in zip(blocks.child.tolist(), blocks.parent.tolist(), strict=True):
            model.add_implication(row[child], row[parent])  # (6)
        for b in np.flatnonzero(blocks.forced).tolist():
            model.add(row[b] == 1)  # (7)
        for b in np.flatnonzero(price > money).tolist():
            model.add(row[b] == 0)  # out of reach with all that it needs
    add_to_cp(model, x, rows)
    return model, x


def _solve(
    model: cp_model.CpModel,
    x: list[list[cp_model.IntVar]],
    worth: NDArray[np.int64],
    start: NDArray[np.bool_],
    strategy: tuple[str, float],
    limits: Limits,
) -> Found:
    """Maximise ``worth`` (p, b) of what is bought from ``start``; never worse than that."""
    model.maximize(_weighted(x, worth))
    for row, hints in zip(x, start.tolist(), strict=True):
        for variable, hint in zip(row, hints, strict=True):
            model.add_hint(variable, hint)
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.random_seed = limits.seed % 2**31
    # one strategy on one worker: repeatable, unlike CP-SAT's default portfolio
    parameters.num_workers = 1
    parameters.interleave_search = True
    parameters.subsolvers.extend(strategy[:1])
    parameters.max_deterministic_time = strategy[1] * limits.work_limit
    parameters.max_time_in_seconds = limits.solver_s()
    # its own way of catching Ctrl-C leaves the process without any afterwards
    parameters.catch_sigint_signal = False
    with limits.clock.interruption.stopping(solver.stop_search):
        status = solver.solve(model)
    struck = status != cp_model.OPTIMAL and limits.clock.out()
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Found(start, np.iinfo(np.int64).max, struck)
    bought = np.array([[solver.boolean_value(v) for v in row] for row in x], dtype=np.bool_)
    # a hint is no promise: out of work, the search may not have come to it; and what is worth the
    # same here may serve less in the end
    if int(worth[bought].sum()) <= int(worth[start].sum()):
        bought = start
    return Found(bought, math.floor(solver.best_objective_bound + 0.5), struck)


def _value(blocks: Blocks, bought: NDArray[np.bool_], gain: NDArray[np.int64]) -> int:
    """Return the objective (3) of ``bought`` (p, b)."""
    return int(gain @ (bought @ blocks.weight))
