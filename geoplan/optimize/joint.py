"""Routes and phases together: the plan of a problem from its design of least cost.

An early phase may want another way than the final network of least cost. What a plan is asked for
first, the scenario says (``solve.objective``):

* ``reach``: the phase objective within the money of the phases; of plans that reach the same, the
  full design of least bill;
* ``cost``: the least bill of the full design; on it, the phase objective.

A graph small enough to list every way is settled to proof (:mod:`.joint_exact`). On a larger one
designs for early reach are searched for (:mod:`.joint_search`) and one is taken only where its
phases are worth what it costs more, by ``COST_SHARE``: phases chosen on it reach more than those
chosen on the design of least cost. Budgets that
follow from a design's bill follow from that of least cost, whatever is chosen then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import InfeasibleError, NoPlanError
from geoplan.optimize.joint_exact import ExactPlan, exact_plan
from geoplan.optimize.joint_search import COST_SHARE, Reach, early_reach
from geoplan.optimize.money_left import serve_more
from geoplan.optimize.phasing import PhaseChoice, plan_phases, resolve_budgets
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_sets import freeze_rings
from geoplan.optimize.routed import routed_design, routing_with
from geoplan.optimize.side_by_side import beside
from geoplan.optimize.solution import Design, Rings
from geoplan.optimize.weight_bounds import WeightBounds, WeightGuide
from geoplan.stopping import Clock

__all__ = ["JointPlan", "plan_jointly"]

_LOG = logging.getLogger(__name__)
_BETTER_SHARE = 0.3
"""Part of the work limit for bettering phases that the search for early reach has found."""

_MostWeight: TypeAlias = Callable[[Design, NDArray[np.int64], NDArray[np.int64]], WeightBounds]


@dataclass(frozen=True, slots=True, eq=False)
class JointPlan:
    """A full design and its phases.

    Parameters
    ----------
    rings
        Its rings, where the problem asks for them.
    basis_cents
        Bill of the least design known: what budgets follow from that are not given.
    value_bound
        Proven most that the phase objective can be over all plans; ``None``: not settled here.
    most
        Most weight of any plan with the money of each phase.
    late
        True when the wall limit ended a search.
    """

    design: Design
    choice: PhaseChoice
    rings: Rings | None
    basis_cents: int
    value_bound: int | None
    most: WeightBounds
    late: bool


@dataclass(frozen=True, slots=True)
class _Limits:
    seed: int
    work_limit: float
    clock: Clock


def plan_jointly(
    problem: Problem,
    design: Design,
    rings: Rings | None,
    phased: Callable[[], tuple[Design, PhaseChoice]],
    most_weight: _MostWeight,
    meanwhile: Callable[[], object],
    *,
    seed: int,
    work_limit: float,
    clock: Clock,
) -> JointPlan:
    """Return the plan of a problem.

    Parameters
    ----------
    problem
        After ``without_forbidden``, with its true prices.
    design, rings
        The design of least cost that is known.
    phased
        Chooses the phases of that design (or of another one, where its routes can't keep locks).
    most_weight
        Bounds what any plan reaches with the money of the phases; told a design, budgets and
        the weight reached by the end of each phase.
    meanwhile
        What may be done beside the search once that is known; not where every way is listed.

    Raises
    ------
    InfeasibleError, NoPlanError
        As ``phased``.
    """
    limits = _Limits(seed, work_limit, clock)
    exact = exact_plan(problem, seed=seed, work_limit=work_limit, clock=clock)
    if exact is not None:
        return _exactly(problem, design, exact, most_weight, limits)

    budgets = resolve_budgets(problem, design.cost_cents)
    everything = int(problem.site_weight.sum())
    # on that design, all money pays for all sites; what less money reaches is not known yet
    sure = np.where(np.cumsum(budgets) >= design.cost_cents, everything, 0)
    with beside(lambda: most_weight(design, budgets, sure), meanwhile) as bounds:
        # a design that the LP suggests knows of no ring, and of no stretch that must be kept
        bound = problem.locks.of_routes
        free = not bound and not problem.ring_max_hubs
        guides = (lambda: bounds.result().guides) if free else None
        found, choice, late = _best_phased(problem, design, budgets, phased, guides, limits)
        found, choice = _with_more(problem, found, choice, limits)
    most = bounds.result()
    if not np.array_equal(budgets, choice.budgets_cents):
        most = most_weight(found, choice.budgets_cents, choice.weight)
    late = late or choice.stopped
    return JointPlan(found, choice, rings, design.cost_cents, None, most, late)


def _best_phased(
    problem: Problem,
    design: Design,
    budgets: NDArray[np.int64],
    phased: Callable[[], tuple[Design, PhaseChoice]],
    guides: Callable[[], Sequence[WeightGuide | None]] | None,
    limits: _Limits,
) -> tuple[Design, PhaseChoice, bool]:
    """Return a design with its phases, for early reach where that pays; and whether time ran out.

    Parameters
    ----------
    budgets
        int64 (p,), what follows from the design of least cost, or is given.
    """
    # the search counts every way's own cores: where sites share some it has nothing to go by
    skip = problem.cost_first or limits.clock.out() or len(problem.site_share) > 0
    reach = None if skip else _reach(problem, design, budgets, guides, limits)
    if reach is None:
        found, choice = phased()
        return found, choice, choice.stopped
    if not problem.locks.of_phases and _beats_least(problem, reach, design):
        sooner = _phases_of(problem, reach, budgets, limits)
        if sooner is not None:
            return reach.design, sooner, sooner.stopped or reach.late
    with beside(phased) as on_least:
        sooner = _phases_of(problem, reach, budgets, limits)
    found, choice = on_least.result()
    if sooner is not None and _worth_it(reach.design, sooner, design.cost_cents, choice.value):
        found, choice = reach.design, sooner
    return found, choice, choice.stopped or reach.late


def _with_more(
    problem: Problem, design: Design, choice: PhaseChoice, limits: _Limits
) -> tuple[Design, PhaseChoice]:
    """Serve what the money left pays for on other ways than the design's, where that is more."""
    if choice.site_phase.all() or len(problem.site_share):  # shared cores are no sum over ways
        return design, choice
    released = np.cumsum(choice.budgets_cents)
    more = serve_more(problem, design, released, choice.site_phase, limits.clock)
    if more is None:
        return design, choice
    after = _phases_on(problem, more.design, choice.budgets_cents, limits, more.site_phase)
    return more.design, after


def _exactly(
    problem: Problem,
    design: Design,
    exact: ExactPlan,
    most_weight: _MostWeight,
    limits: _Limits,
) -> JointPlan:
    """Return the plan that was proven best, its leftover money spent as on any design."""
    routing = routing_with(problem, [path for choice in exact.chosen for path in choice])
    best = replace(
        routed_design(design, routing),
        bound_cents=exact.least_cents,
        bound_method="every way listed, CP-SAT",
    )
    choice = _phases_on(problem, best, exact.budgets_cents, limits, start=exact.site_phase)
    rings = freeze_rings(problem, exact.rings) if problem.ring_max_hubs else None
    bound = None if problem.cost_first else exact.value
    most = most_weight(best, choice.budgets_cents, choice.weight)
    return JointPlan(best, choice, rings, exact.least_cents, bound, most, choice.stopped)


def _reach(
    problem: Problem,
    design: Design,
    budgets: NDArray[np.int64],
    guides: Callable[[], Sequence[WeightGuide | None]] | None,
    limits: _Limits,
) -> Reach | None:
    """Search for a design for early reach."""
    return early_reach(
        problem,
        design,
        np.cumsum(budgets),
        guides=guides,
        seed=limits.seed,
        work_limit=limits.work_limit,
        clock=limits.clock,
    )


def _beats_least(problem: Problem, reach: Reach, least: Design) -> bool:
    """Tell whether a design reaches so much that no phases of the least one come up to it."""
    dearer = reach.design.cost_cents / max(1, least.cost_cents) - 1
    value = int(problem.phase_gain @ reach.weight)
    return value > reach.least_most * (1 + COST_SHARE * max(0.0, dearer))


def _phases_of(
    problem: Problem, reach: Reach, budgets: NDArray[np.int64], limits: _Limits
) -> PhaseChoice | None:
    """Choose the phases of a design for early reach; None where that can't be done."""
    # the search knows of sites that are closed in some phases, of no other lock
    start = None if problem.locks.of_phases else reach.site_phase
    try:
        return _phases_on(problem, reach.design, budgets, limits, start)
    except (InfeasibleError, NoPlanError):  # the design of least cost says what locks ask for
        return None


def _worth_it(design: Design, choice: PhaseChoice, least_cents: int, value: float) -> bool:
    """Tell whether phases reach so much more than ``value`` that the design may cost more."""
    dearer = design.cost_cents / max(1, least_cents) - 1
    return choice.value > value * (1 + COST_SHARE * max(0.0, dearer))


def _phases_on(
    problem: Problem,
    design: Design,
    budgets: NDArray[np.int64],
    limits: _Limits,
    start: NDArray[np.int8] | None = None,
) -> PhaseChoice:
    work = limits.work_limit * (1.0 if start is None else _BETTER_SHARE)
    return plan_phases(
        replace(problem, budgets_cents=budgets),
        design,
        seed=limits.seed,
        work_limit=work,
        clock=limits.clock,
        start=start,
    )
