"""Coverage for many sums of money, each on a network of its own where that reaches more.

The routes of one full design suit the money for all of it. With less, another network may reach
more: one that is cheap for the sites that are reached, whatever it costs the others later. So, for
each sum: take the sites that are reached with it so far, design for them alone, hang all other
sites on what that opens, and cover again; as long as that reaches more. What a sum reaches, a
larger one reaches as well. Every network is a whole design, with the cores of all sites in its
cables, as in a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import NoPlanError
from geoplan.optimize.access import linear_problem
from geoplan.optimize.coverage import Coverage, cover
from geoplan.optimize.early_design import part_of
from geoplan.optimize.problem import Problem
from geoplan.optimize.route_locks import without_forbidden
from geoplan.optimize.solution import Design
from geoplan.optimize.solve import bare_design
from geoplan.optimize.survivable import design_on, first_design
from geoplan.progress import Progress, silent
from geoplan.stopping import NO_LIMIT, Clock

__all__ = ["cover_anew", "design_around"]

_TURNS = 3
"""Most designs tried for one sum of money."""
_CLOSE = 0.002
"""As near as this to the bound no other design is tried."""
_BASE_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """What one sum reaches, and on which design."""

    weight: int
    cost_cents: int
    served: NDArray[np.bool_]
    opened: NDArray[np.bool_]
    design: Design


def design_around(problem: Problem, sites: list[int], *, seed: int, clock: Clock) -> Design | None:
    """Return a full design on top of a cheap network for some sites; ``None`` without one.

    Parameters
    ----------
    sites
        Those that the network is cheap for; what rules put before them comes with them.
    """
    usable = linear_problem(without_forbidden(problem))
    first = first_design(part_of(usable, sites), seed=seed, clock=clock)
    routing = design_on(usable, first.used > 0)
    if len(routing.unrouted()):
        return None
    try:
        return bare_design(problem, routing)
    except NoPlanError:  # shared cores, taken whole, don't fit into the existing plant
        return None


def cover_anew(
    problem: Problem,
    design: Design,
    money_cents: NDArray[np.int64],
    *,
    seed: int,
    work_limit: float,
    clock: Clock = NO_LIMIT,
    progress: Progress = silent,
) -> Coverage:
    """Return what each sum of money reaches, on a design or on one of its own.

    Never less than on ``design``, and never less than a smaller sum. Where hubs lie on rings, or
    routes are locked or built already, no other design is tried.

    Parameters
    ----------
    design, money_cents, work_limit
        As of :func:`geoplan.optimize.coverage.cover`.
    """

    def told(stage: str, fraction: float) -> None:
        progress(stage, _BASE_SHARE * fraction)

    base = cover(
        problem, design, money_cents, seed=seed, work_limit=work_limit, clock=clock, progress=told
    )
    locked = problem.locks.of_routes
    if problem.ring_max_hubs or locked:
        progress("frontier", 1.0)
        return base
    points = [_point(base, k) for k in range(len(money_cents))]
    stopped = base.stopped
    for k, most in enumerate(base.weight_bound.tolist()):
        if k and points[k - 1].weight > points[k].weight:
            points[k] = points[k - 1]
        for _ in range(_TURNS):
            if points[k].weight >= (1.0 - _CLOSE) * most or not points[k].opened.any():
                break
            if clock.out():
                stopped = True
                break
            sites = np.flatnonzero(points[k].served).tolist()
            other = design_around(problem, sites, seed=seed, clock=clock)
            if other is None:
                break
            if not _better(problem, other, base, points, k, seed, work_limit, clock):
                break
        progress("frontier", _BASE_SHARE + (1.0 - _BASE_SHARE) * (k + 1) / len(points))
    return replace(
        base,
        cost_cents=np.array([point.cost_cents for point in points], dtype=np.int64),
        weight=np.array([point.weight for point in points], dtype=np.int64),
        served=np.array([point.served for point in points]),
        opened=np.array([point.opened for point in points]),
        designs=tuple(point.design for point in points),
        stopped=stopped,
    )


def _point(found: Coverage, k: int) -> _Point:
    return _Point(
        int(found.weight[k]),
        int(found.cost_cents[k]),
        found.served[k],
        found.opened[k],
        found.designs[k],
    )


def _better(
    problem: Problem,
    design: Design,
    base: Coverage,
    points: list[_Point],
    first: int,
    seed: int,
    work_limit: float,
    clock: Clock,
) -> bool:
    """Put into ``points`` from ``first`` on what a design reaches more; tell whether at ``first``.

    The next larger sum is looked at as well: it often takes the same network.
    """
    some = slice(first, first + 2)
    found = cover(
        problem,
        design,
        base.money_cents[some],
        seed=seed,
        work_limit=work_limit,
        clock=clock,
        weight_bound=base.weight_bound[some],
    )
    better = False
    for i in range(len(found.weight)):
        if found.weight[i] > points[first + i].weight:
            points[first + i] = _point(found, i)
            better = better or i == 0
    return better
