"""Solve a Problem: full design, bounds, phases, core schedule, in one call."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, InfeasibleError, NoPlanError
from geoplan.optimize.access import linear_problem, units_per_core
from geoplan.optimize.bounds import BoundSearch, DesignBound
from geoplan.optimize.cores import assign_cores
from geoplan.optimize.early_design import early_design
from geoplan.optimize.joint import JointPlan, plan_jointly
from geoplan.optimize.lock_check import broken_locks
from geoplan.optimize.phasing import PhaseChoice, plan_phases
from geoplan.optimize.problem import CORE, Problem
from geoplan.optimize.ring_bound import raise_bound
from geoplan.optimize.ring_design import RingDesign, ringed_design
from geoplan.optimize.route_locks import (
    cut_off_faults,
    keep_routes,
    searched_problem,
    without_forbidden,
)
from geoplan.optimize.shared_design import put_together
from geoplan.optimize.side_by_side import beside
from geoplan.optimize.solution import Design, PhasePlan, Solution, Status
from geoplan.optimize.survivable import Routing, first_design, improve_design
from geoplan.optimize.weight_bounds import WeightBounds, weight_bounds
from geoplan.progress import Progress, silent
from geoplan.stopping import Clock, Interruption
from geoplan.text import Text

__all__ = ["bare_design", "solve"]

_LOG = logging.getLogger(__name__)
_LP_ROUNDS = 14
"""Most rounds of the cut LP behind the bound on the bill, at work limit 1 ..."""
_ALL_ROUNDS_EDGES = 5.4e-3
"""... or so many per edge, where that is more: those follow beside the search for phases."""
_GUIDE_ROUNDS = 8
"""After so many rounds the LP guides the search for routes, and goes on beside it."""
_BOUND_SHARE, _DESIGN_SHARE, _PHASES_SHARE = 0.35, 0.6, 0.9
"""Parts of the time limit by which the bound, the routes and the phases must be done."""
_WEIGHT_ROUNDS = 9
"""Most rounds of the cut LP behind the bound on the weight, per phase at work limit 1 ..."""
_WEIGHT_ROUNDS_EDGES = 3.5e-3
"""... or so many per edge, where that is more: long ways between sites take more cuts."""


def solve(
    problem: Problem,
    *,
    seed: int,
    work_limit: float = 1.0,
    time_limit_s: float = 600.0,
    interruption: Interruption | None = None,
    progress: Progress = silent,
) -> Solution:
    """Design the network, prove how good it is, and phase it under the budgets.

    Parameters
    ----------
    seed
        Drives every random choice; the same seed gives the same answer.
    work_limit
        Scales every work limit of the search.
    time_limit_s
        Safety stop in wall seconds; when it strikes, the status says so and the answer may not
        be repeatable. Each stage may use up to its share of it.
    interruption
        A request to stop early: from the first whole design on, the best plan found by then is
        finished and returned, with what is proven of it.

    Raises
    ------
    NoPlanError
        When there is no core, or no design that serves every site was found.
    InfeasibleError
        When the money of phase 1 does not even pay for the core, the ways of a stretch do
        not fit into its cables unsplit, hubs can't lie on rings as the problem asks, or locks and
        money can't hold together.
    """
    clock = Clock.started(time_limit_s, interruption)
    if not (problem.site_level == CORE).any():
        raise NoPlanError([_no_core()])
    progress("design", 0.0)
    problem = without_forbidden(problem)
    linear = linear_problem(problem)
    routing, bounds, late, rings = _route_all(
        problem, linear, seed=seed, work_limit=work_limit, clock=clock, progress=progress
    )
    clock.interruption.keep()
    progress("design", 1.0)
    bound = bounds.best
    design = _design(problem, routing, bound)
    if rings is not None:
        design = raise_bound(
            problem,
            design,
            # what must be in use was free while rings were searched for, and moved ways since
            proven=rings.proven and not problem.locks.of_routes,
            lp_rounds=max(1, int(_LP_ROUNDS * work_limit)),
            clock=clock.share(_DESIGN_SHARE),
        )
    progress("phases", 0.0)
    joint = plan_jointly(
        problem,
        design,
        None if rings is None else rings.rings,
        lambda: _phased(problem, linear, design, bound, seed, work_limit, clock, progress),
        lambda on, budgets, reached: _most_weight(problem, on, budgets, reached, work_limit, clock),
        lambda: bounds.run(clock=clock.share(_PHASES_SHARE)),
        seed=seed,
        work_limit=work_limit,
        clock=clock.share(_PHASES_SHARE),
    )
    design = _bounded(joint.design, bound, bounds.best)
    phases = _phases(problem, joint)
    broken = broken_locks(problem, design, phases)
    if broken:
        raise AssertionError(f"the answer breaks locks: {', '.join(broken)}")
    schedule, cable_edge, cable_size = assign_cores(problem, design)
    served_all = bool((phases.site_phase > 0).all())
    short = design.cost_cents - design.bound_cents
    gap = short / max(1, design.bound_cents) if served_all else None
    phase_gap = (phases.value_bound - phases.value) / max(1, phases.value_bound)
    progress("phases", 1.0)
    return Solution(
        design=design,
        phases=phases,
        schedule=schedule,
        cable_edge=cable_edge,
        cable_size=cable_size,
        status=_status(gap, phase_gap, late or joint.late or clock.out(), clock, joint.value_bound),
        gap=gap,
        phase_gap=phase_gap,
        seconds=time.monotonic() - clock.began_s,
        seed=seed,
        basis_cents=joint.basis_cents,
        rings=joint.rings,
    )


def _route_all(
    problem: Problem,
    linear: Problem,
    *,
    seed: int,
    work_limit: float,
    clock: Clock,
    progress: Progress,
) -> tuple[Routing, BoundSearch, bool, RingDesign | None]:
    """Route every site, hubs on rings where the problem asks for them; bound the bill.

    Routes are searched in the linear problem, the bound holds for the problem itself; the search
    for it may go on.

    Raises
    ------
    NoPlanError, InfeasibleError
        A way is missing.
    """
    early, till_design = clock.share(_BOUND_SHARE), clock.share(_DESIGN_SHARE)
    unit = units_per_core(problem)

    rounds = max(1, int(_LP_ROUNDS * work_limit))
    # beside the phases of a design with rings no other bound is waited for
    most = 0 if problem.ring_max_hubs else int(_ALL_ROUNDS_EDGES * problem.n_edges * work_limit)

    def bounding(cores: NDArray[np.int64]) -> BoundSearch:
        return BoundSearch(problem, -(-cores // unit), lp_rounds=max(rounds, most))

    searched = searched_problem(linear)
    rings: RingDesign | None = None
    if problem.ring_max_hubs:
        rings = ringed_design(
            searched, seed=seed, work_limit=work_limit, clock=till_design, progress=progress
        )
        routing, late = rings.routing, rings.late
        _require_routes(problem, routing)
        clock.interruption.keep()
        search = bounding(routing.used)
        search.run(clock=early)
    else:
        routing = first_design(searched, seed=seed, clock=early)
        _require_routes(problem, routing)
        clock.interruption.keep()
        search = bounding(routing.used)
        guide = search.run(min(_GUIDE_ROUNDS, rounds), clock=early)
        cut_short = early.out()
        with beside(lambda: search.run(rounds - _GUIDE_ROUNDS, clock=till_design)) as proven:
            routing, late = improve_design(
                routing,
                amount=guide.amount,
                seed=seed,
                work_limit=work_limit,
                clock=till_design,
                progress=progress,
            )
        proven.result()
        late = late or cut_short
    routing = keep_routes(linear, routing)
    _require_routes(problem, routing)
    return routing, search, late, rings


def _phased(
    problem: Problem,
    linear: Problem,
    design: Design,
    bound: DesignBound,
    seed: int,
    work_limit: float,
    clock: Clock,
    progress: Progress,
) -> tuple[Design, PhaseChoice]:
    """Phase a design; where its routes can't keep the locks, phase one made for them.

    Raises
    ------
    InfeasibleError
        Neither can: the conflict on the design of least cost.
    """

    def phased(of: Design) -> tuple[Design, PhaseChoice]:
        return of, plan_phases(
            problem,
            of,
            seed=seed,
            work_limit=work_limit,
            clock=clock.share(_PHASES_SHARE),
            progress=progress,
        )

    try:
        return phased(design)
    except InfeasibleError as conflict:
        routing = early_design(linear, seed=seed, work_limit=work_limit, clock=clock)
        if routing is None:
            raise
        try:
            return phased(_design(problem, routing, bound))
        except InfeasibleError:
            raise conflict from None


def _require_routes(problem: Problem, routing: Routing) -> None:
    """Refuse a routing in which a way is missing, and say what cut it off."""
    missing = routing.unrouted()
    if len(missing):
        cut_off = cut_off_faults(problem, missing.tolist())
        if cut_off:
            raise InfeasibleError(cut_off)
        raise NoPlanError(
            [_no_route(int(site), limited=bool(problem.site_longest_dm.size)) for site in missing]
        )


def _status(
    gap: float | None, phase_gap: float, stopped: bool, clock: Clock, proven: int | None
) -> Status:
    if clock.interrupted:
        return "interrupted"
    if stopped:
        return "time_limit"
    # without money for every site there is no gap of the bill: the phases are what can be proven
    whole = gap == 0 or (gap is None and proven is not None)
    return "optimal" if whole and phase_gap == 0 else "feasible"


def _no_core() -> Fault:
    return Fault(
        rule="design.no_core",
        layer="sites",
        row="",
        what=Text("没有接入网络的核心节点", "no core node that is attached to the network"),
        cure=Text(
            "检查核心节点位置及其附近的道路", "check the core's position and the roads near it"
        ),
    )


def _no_route(site: int, *, limited: bool) -> Fault:
    """``limited``: how long its ways may be is one of the things that can be against it."""
    limits = Text("容量和风险组", "capacities and risk groups")
    room = Text("容量", "more capacity on the way")
    if limited:
        limits = Text("容量、风险组和 [longest_way]", "capacities, risk groups and [longest_way]")
        room = Text("容量或路由长度上限", "more capacity on the way, or let it be longer")
    return Fault(
        rule="design.no_way",
        layer="sites",
        row=str(site),
        what=Text(f"在{limits.zh}限制内找不到所需路由", f"no way was found within {limits.en}"),
        cure=Text(
            f"增加候选路由或放宽{room.zh}",
            f"add candidate routes near it or {room.en}",
        ),
    )


def bare_design(
    problem: Problem, routing: Routing, core_price: NDArray[np.int64] | None = None
) -> Design:
    """Freeze a routing of the linear problem into a Design with its bill, without any bound.

    Parameters
    ----------
    core_price
        int64 (m,), what a core on each edge is worth where splitters are set; none: the same
        everywhere.

    Raises
    ------
    NoPlanError
        With the cores that sites share put together, a capacity can't be kept.
    """
    price = np.ones(problem.n_edges, dtype=np.int64) if core_price is None else core_price
    shared = put_together(problem, linear_problem(problem), routing, price)
    return Design(
        path_ptr=_read_only(shared.path_ptr),
        path_edges=_read_only(shared.path_edges),
        path_site=_read_only(routing.way_site.copy()),
        path_way=_read_only(routing.way_number.copy()),
        edge_cores=_read_only(shared.edge_cores),
        cost_cents=shared.cost_cents,
        bound_cents=0,
        bound_method="none",
        complete=True,
        feeders=shared.feeders,
    )


def _design(problem: Problem, routing: Routing, bound: DesignBound) -> Design:
    """Freeze a routing into a Design with its bill and bound."""
    bare = bare_design(problem, routing, bound.slope_cents)
    _LOG.info("design %d cents, bound %d cents", bare.cost_cents, bound.bound_cents)
    return _with_bound(bare, bound)


def _bounded(design: Design, known: DesignBound, better: DesignBound) -> Design:
    """Return a design with the better bound, where its own is the one that was known."""
    if design.bound_cents != known.bound_cents or better.bound_cents <= known.bound_cents:
        return design
    return _with_bound(design, better)


def _with_bound(design: Design, bound: DesignBound) -> Design:
    """Return a design with a bound and its certificate."""
    solved = bool(bound.amount.any())  # no time for any round of the LP: dual ascent alone
    return replace(
        design,
        bound_cents=bound.bound_cents,
        bound_method=(
            "equipment + least cable length of each way at supporting lines + "
            f"orientation model ({'cut LP, group cuts' if solved else 'dual ascent'})"
        ),
        cut_bound_cents=bound.bound_cents,
        slope_cents=_read_only(bound.slope_cents),
        cuts=bound.cuts,
    )


def _most_weight(
    problem: Problem,
    design: Design,
    budgets: NDArray[np.int64],
    reached: NDArray[np.int64],
    work_limit: float,
    clock: Clock,
) -> WeightBounds:
    """Return the most weight that any plan has in service with the money of each phase."""
    return weight_bounds(
        problem,
        np.cumsum(budgets),
        edge_cores=design.edge_cores,
        cuts=design.cuts,
        reached=reached,
        rounds=max(
            1, int(work_limit * max(_WEIGHT_ROUNDS, _WEIGHT_ROUNDS_EDGES * problem.n_edges))
        ),
        clock=clock,
    )


def _phases(problem: Problem, joint: JointPlan) -> PhasePlan:
    """Add to the chosen phases the bounds that hold for every plan."""
    choice, most = joint.choice, joint.most
    method = (
        "per phase: prize-collecting orientation model (cut LP, group cuts, townships only "
        "with their hubs); summed with the gains"
    )
    value_bound = int((problem.phase_gain * most.weight).sum())
    if joint.value_bound is not None and joint.value_bound < value_bound:
        method = f"all phases: every way listed, CP-SAT; {method}"
        value_bound = joint.value_bound
    return PhasePlan(
        site_phase=_read_only(choice.site_phase),
        edge_phase=_read_only(choice.edge_phase),
        budgets_cents=_read_only(choice.budgets_cents),
        cost_cents=_read_only(choice.cost_cents),
        weight=_read_only(choice.weight),
        weight_bound=_read_only(most.weight),
        value=choice.value,
        value_bound=value_bound,
        bound_method=method,
        slope_cents=_read_only(most.slope_cents),
        proofs=most.proofs,
    )


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    values.setflags(write=False)
    return values
