"""Each sum on a network of its own: every point is a plan, none reaches less than before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_problems import NONE, Brute, make_problem, random_problem

from geoplan.optimize.cores import edge_bill_cents
from geoplan.optimize.coverage import Coverage, cover
from geoplan.optimize.locks import Locks, RouteLock
from geoplan.optimize.money_designs import cover_anew, design_around
from geoplan.optimize.problem import CORE, MUNICIPAL, Problem
from geoplan.optimize.solution import Design
from geoplan.optimize.solve import bare_design
from geoplan.optimize.survivable import first_design
from geoplan.stopping import NO_LIMIT, Clock


def full(problem: Problem) -> Design:
    return bare_design(problem, first_design(problem, seed=1))


def check_point(twin: Brute, found: Coverage, k: int) -> None:
    """Recompute one point from its design: ways, homes, edges and money."""
    problem, design, served = twin.problem, found.designs[k], found.served[k]
    assert served[problem.site_home[served]].all()
    ways = [(int(s), tuple(design.path(w).tolist())) for w, s in enumerate(design.path_site)]
    edges: set[int] = set()
    cents = int(problem.site_cents[served].sum())
    for site in np.flatnonzero(served).tolist():
        paths = [path for s, path in ways if s == site]
        twin.check_ways(site, paths)
        for path in paths:
            edges |= set(path)
            cents += int(problem.core_cents[list(path)].sum() * problem.site_cores[site])
    opening = edge_bill_cents(problem, design.edge_cores) - problem.core_cents * design.edge_cores
    cents += int(opening[sorted(edges)].sum())
    assert set(np.flatnonzero(found.opened[k]).tolist()) == edges
    assert found.cost_cents[k] == cents <= found.money_cents[k]
    assert found.weight[k] == problem.site_weight[served].sum() <= found.weight_bound[k]


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_every_point_is_a_plan_and_none_reaches_less(first: int) -> None:
    more = 0
    for seed in range(first, first + 20):
        twin = Brute(random_problem(seed))
        if twin.optimum >= NONE:
            continue
        problem, design = twin.problem, full(twin.problem)
        money = np.linspace(0, design.cost_cents, 8).astype(np.int64)
        old = cover(problem, design, money, seed=1, work_limit=0.1)
        new = cover_anew(problem, design, money, seed=1, work_limit=0.1)
        for k in range(len(money)):
            check_point(twin, new, k)
        assert (new.weight >= old.weight).all()
        assert (np.diff(new.weight) >= 0).all()
        assert new.weight[-1] == problem.site_weight.sum()
        assert new.cost_cents[-1] == design.cost_cents
        more += int((new.weight > old.weight).sum())
    assert more > 0


def two_ways_to_one() -> Problem:
    """Site 1 (weight 5) by a thread of one core at 10, or at 12 + 1 by way of site 2.

    Site 2 (weight 3) costs 5 beside its trench of 12, site 3 (weight 2) only a trench of 3. All
    together: 12 + 1 + 5 + 3 = 21, site 1 by way of site 2. By itself it is had for 10.
    """
    sites = [
        (CORE, 0, 0, 0, 0, 0),
        (MUNICIPAL, 1, 0, 1, 0, 5),
        (MUNICIPAL, 2, 0, 1, 5, 3),
        (MUNICIPAL, 3, 0, 1, 0, 2),
    ]
    return make_problem(
        4,
        [(0, 1), (0, 2), (2, 1), (0, 3)],
        sites,
        fixed=[10, 12, 1, 3],
        step_cents=[[0, 0]] * 4,
        capacity_cores=[1, -1, -1, -1],
    )


MONEY = np.array([2, 12, 13, 14, 21])


def test_a_way_that_only_pays_for_all_gives_way_to_one_that_pays_now() -> None:
    problem = two_ways_to_one()
    design = full(problem)
    assert design.cost_cents == 21
    old = cover(problem, design, MONEY, seed=1, work_limit=0.1)
    new = cover_anew(problem, design, MONEY, seed=1, work_limit=0.1)
    assert old.weight.tolist() == [0, 2, 5, 5, 10]
    assert new.weight.tolist() == [0, 5, 7, 7, 10]
    assert new.cost_cents.tolist() == [0, 10, 13, 13, 21]
    assert new.designs[-1] is design


def test_forbidden_stretches_stay_out_and_locked_routes_stay_in() -> None:
    problem = two_ways_to_one()
    design = full(problem)
    without = replace(problem, locks=Locks(routes=(RouteLock("no", (0,), False, 3),)))
    around = design_around(without, [1], seed=1, clock=NO_LIMIT)
    assert around is not None
    assert around.edge_cores[0] == 0
    must = replace(problem, locks=Locks(routes=(RouteLock("yes", (2,), True, 3),)))
    found = cover_anew(must, design, MONEY, seed=1, work_limit=0.1)
    assert all(point is design for point in found.designs)


def test_without_time_the_design_given_counts() -> None:
    problem = two_ways_to_one()
    clock = Clock.started(0.0)
    found = cover_anew(problem, full(problem), MONEY, seed=1, work_limit=0.1, clock=clock)
    assert found.weight.tolist() == [0, 2, 2, 2, 10]  # greedily: nothing is searched
    assert found.stopped
