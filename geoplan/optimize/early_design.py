"""A second design, for locks that the design of least cost can't keep.

The cheapest way of serving everybody may lead to a site that is promised early over long trenches
that only pay later. So: design for the sites with a date first, as if there were no others; take
what that opens as paid, and hang all others on it. Early money then buys what early promises
need; the whole may cost more, and its bill and bound say how much.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.locks import Locks
from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem
from geoplan.optimize.route_locks import keep_routes, searched_problem
from geoplan.optimize.survivable import Routing, full_design, single_use_cents
from geoplan.stopping import Clock

__all__ = ["dated_sites", "early_design", "part_of"]


def part_of(problem: Problem, sites: list[int]) -> Problem:
    """Return the problem of serving some sites, with all that rules put before them.

    Cores, homes and (under ``all_hubs``) every hub stay in; locks are left out.
    """
    level, home = problem.site_level, problem.site_home
    keep = np.zeros(problem.n_sites, dtype=np.bool_)
    keep[sites] = True
    if problem.all_hubs_first and (keep & (level == TOWNSHIP)).any():
        keep |= level == HUB
    keep[home[keep]] = True
    keep |= level == CORE
    rows = np.flatnonzero(keep)
    number = np.full(problem.n_sites, -1, dtype=np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    return replace(
        problem,
        site_node=problem.site_node[rows],
        site_level=level[rows],
        site_home=number[home[rows]],
        site_ways=problem.site_ways[rows],
        site_cores=problem.site_cores[rows],
        site_cents=problem.site_cents[rows],
        site_weight=problem.site_weight[rows],
        site_longest_dm=_rows_of(problem.site_longest_dm, rows),
        site_access=_rows_of(problem.site_access, rows),
        site_share=_rows_of(problem.site_share, rows),
        locks=Locks(),
    )


def _rows_of(values: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return some rows of what may be given for all sites or for none."""
    return values[rows] if len(values) else values


def dated_sites(problem: Problem) -> list[int]:
    """Return the sites that must be in service before the last phase.

    Of the townships of a promise those nearest to a core are taken, as many as were promised.
    """
    p = problem.n_phases
    dated = {
        lock.site
        for lock in problem.locks.sites
        if not lock.allowed[-1] and not lock.allowed[p - 1] and any(lock.allowed)
    }
    far = _far_cents(problem)
    for promise in problem.locks.commitments:
        if promise.by_phase < p:
            near = sorted(promise.sites, key=lambda site: (int(far[site]), site))
            dated |= set(near[: promise.least])
    return sorted(dated)


def _far_cents(problem: Problem) -> NDArray[np.int64]:
    """Return int64 (s,): what a way from each site to the nearest core costs by itself."""
    net = build_net(problem)
    core = problem.site_node[problem.site_level == CORE].astype(np.int32)
    weight = np.minimum(single_use_cents(problem), FAR)
    return distances(net.ptr, net.nbr, net.eid, weight, core)[problem.site_node]


def early_design(problem: Problem, *, seed: int, work_limit: float, clock: Clock) -> Routing | None:
    """Return a routing of all sites on top of a cheap network for the dated ones.

    ``None`` when no site has a date, or not every site was routed.

    Parameters
    ----------
    problem
        After ``without_forbidden``, with its true prices.
    """
    dated = dated_sites(problem)
    if not dated:
        return None
    first, _ = full_design(part_of(problem, dated), seed=seed, work_limit=work_limit, clock=clock)
    searched = searched_problem(problem)
    fixed = np.where(first.used > 0, 0, searched.fixed_cents)
    fixed.setflags(write=False)
    routing, _ = full_design(
        replace(searched, fixed_cents=fixed),
        seed=seed,
        work_limit=work_limit,
        clock=clock,
    )
    answer = Routing(problem)
    answer.take(routing)
    answer = keep_routes(problem, answer)
    return None if len(answer.unrouted()) else answer
