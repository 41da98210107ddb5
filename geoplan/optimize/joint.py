"""Routes and phases together: the plan of a problem from its design of least cost.

An early phase may want another way than the final network of least cost. What a plan is asked for
first, the scenario says (``solve.objective``):

* ``reach``: the phase objective within the money of the phases; of plans that reach the same, the
  full design of least bill;
* ``cost``: the least bill of the full design; on it, the phase objective.

A graph small enough to list every way is settled to proof (:mod:`.joint_exact`). On a larger one
the phases are chosen on the design of least cost.
Budgets that follow from a design's bill follow from that of least cost, whatever is chosen then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geoplan._kernels.routing import add_path
from geoplan.optimize.joint_exact import ExactPlan, exact_plan
from geoplan.optimize.phasing import PhaseChoice, plan_phases
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_sets import freeze_rings
from geoplan.optimize.solution import Design, Rings
from geoplan.optimize.survivable import Routing
from geoplan.optimize.way_lists import Choice

__all__ = ["JointPlan", "plan_jointly"]


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
    """

    design: Design
    choice: PhaseChoice
    rings: Rings | None
    basis_cents: int
    value_bound: int | None


def plan_jointly(
    problem: Problem,
    design: Design,
    rings: Rings | None,
    phased: Callable[[], tuple[Design, PhaseChoice]],
    *,
    seed: int,
    work_limit: float,
    deadline_s: float,
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

    Raises
    ------
    InfeasibleError, NoPlanError
        As ``phased``.
    """
    exact = exact_plan(problem, seed=seed, work_limit=work_limit, deadline_s=deadline_s)
    if exact is not None:
        return _exactly(problem, design, exact, seed, work_limit, deadline_s)
    found, choice = phased()
    return JointPlan(found, choice, rings, found.cost_cents, None)


def _exactly(
    problem: Problem,
    design: Design,
    exact: ExactPlan,
    seed: int,
    work_limit: float,
    deadline_s: float,
) -> JointPlan:
    """Return the plan that was proven best, its leftover money spent as on any design."""
    best = replace(
        _design_as(problem, design, exact.chosen),
        bound_cents=exact.least_cents,
        bound_method="every way listed, CP-SAT",
    )
    choice = plan_phases(
        replace(problem, budgets_cents=exact.budgets_cents),
        best,
        seed=seed,
        work_limit=work_limit,
        time_limit_s=max(1.0, deadline_s - time.monotonic()),
        start=exact.site_phase,
    )
    rings = freeze_rings(problem, exact.rings) if problem.ring_max_hubs else None
    bound = None if problem.cost_first else exact.value
    return JointPlan(best, choice, rings, exact.least_cents, bound)


def _design_as(problem: Problem, design: Design, ways: list[Choice]) -> Design:
    """Return a design with other ways (of every site, by number) and the bounds of a known one."""
    routing = Routing(problem)
    row = 0
    for choice in ways:
        for path in choice:
            routing.ways.path[row, : len(path)] = path
            routing.ways.length[row] = len(path)
            cores = int(routing.ways.cores[row])
            add_path(routing.net, routing.state, routing.ways.path[row], len(path), cores)
            row += 1
    return _routed(design, routing)


def _routed(design: Design, routing: Routing) -> Design:
    """Return a design with the ways of a routing and the bounds of a known one."""
    lengths = routing.ways.length.astype(np.int64)
    ptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=ptr[1:])
    edges = [routing.ways.path[w, :k] for w, k in enumerate(lengths.tolist())]
    flat = np.concatenate([*edges, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    used = routing.used.copy()
    for array in (ptr, flat, used):
        array.setflags(write=False)
    return replace(
        design,
        path_ptr=ptr,
        path_edges=flat,
        edge_cores=used,
        cost_cents=routing.cost_cents + int(routing.problem.site_cents.sum()),
    )
