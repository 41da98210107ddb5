"""The search for early reach: within the money, repeatable, and past the design of least cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plan_oracle import PlanOracle, random_plan_problem
from test_plan_oracle import early_way

from geoplan.errors import InfeasibleError, NoPlanError
from geoplan.optimize import joint
from geoplan.optimize.joint_search import Reach, early_reach, guided_starts
from geoplan.optimize.phasing import plan_phases
from geoplan.optimize.problem import HUB, TOWNSHIP, Problem
from geoplan.optimize.solution import Design
from geoplan.optimize.solve import bare_design, solve
from geoplan.optimize.survivable import first_design
from geoplan.optimize.weight_bounds import WeightGuide, weight_bounds
from geoplan.stopping import NO_LIMIT, Clock


def least(problem: Problem) -> Design:
    return bare_design(problem, first_design(problem, seed=1))


def released(problem: Problem) -> np.ndarray:
    assert problem.budgets_cents is not None
    return np.cumsum(problem.budgets_cents)


def test_the_search_alone_takes_the_early_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """12 on the design of least cost; 21 on the one that costs 9 instead of 8."""
    monkeypatch.setattr(joint, "exact_plan", lambda *_a, **_k: None)
    problem = early_way()
    assert solve(replace(problem, cost_first=True), seed=1, work_limit=0.03).phases.value == 12
    solution = solve(problem, seed=1, work_limit=0.03)
    PlanOracle(problem).assert_valid(solution)
    assert (solution.phases.value, solution.design.cost_cents) == (21, 9)
    assert solution.phases.weight.tolist() == [10, 11]
    assert solution.basis_cents == 8


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_what_is_found_is_within_the_money_and_phases_only_add_to_it(first: int) -> None:
    """Weights are those of the phases told; ``start`` is kept; the same seed finds the same."""
    found = 0
    for seed in range(first, first + 20):
        problem = random_plan_problem(seed)
        try:
            design = least(problem)
        except NoPlanError:
            continue
        money = released(problem)

        def search(
            problem: Problem = problem, design: Design = design, money: np.ndarray = money
        ) -> Reach | None:
            return early_reach(problem, design, money, seed=3, work_limit=0.03, clock=NO_LIMIT)

        reach, again = search(), search()
        assert (reach is None) == (again is None)
        if reach is None or again is None:
            continue
        found += 1
        assert (reach.site_phase == again.site_phase).all()
        assert reach.design.path_edges.tolist() == again.design.path_edges.tolist()
        for k in range(problem.n_phases):
            on = (reach.site_phase > 0) & (reach.site_phase <= k + 1)
            assert reach.weight[k] == problem.site_weight[on].sum(), seed
        try:
            choice = plan_phases(
                problem,
                reach.design,
                seed=1,
                work_limit=0.01,
                clock=NO_LIMIT,
                start=reach.site_phase,
            )
        except InfeasibleError:
            pytest.fail(f"seed {seed}: the search overspends")
        assert choice.value >= problem.phase_gain @ reach.weight, seed
        assert (np.cumsum(choice.cost_cents) <= money).all()
    assert found > 0


def test_without_time_nothing_is_searched() -> None:
    problem = early_way()
    clock = Clock.started(0.0)
    args = problem, least(problem), released(problem)
    assert early_reach(*args, seed=1, work_limit=1.0, clock=clock) is None
    assert early_reach(*args, seed=1, work_limit=0.03, clock=NO_LIMIT) is not None


def test_starts_from_the_lp_of_the_weight_are_designs_and_lose_nothing() -> None:
    """With guides: the same seed finds the same, within the money; some starts are at hand."""
    guided = 0
    for seed in range(40):
        problem = random_plan_problem(seed)
        try:
            design = least(problem)
        except NoPlanError:
            continue
        money = released(problem)
        guides = weight_bounds(problem, money, edge_cores=design.edge_cores).guides
        starts = guided_starts(problem, design, guides, seed=1)
        for start in starts:
            guided += 1
            assert start.phase.min() >= 0
            assert start.phase.max() < problem.n_phases
            waits = problem.site_level == TOWNSHIP  # P6
            gate = start.phase[problem.site_home]
            if problem.all_hubs_first:
                gate[:] = start.phase[problem.site_level == HUB].max(initial=0)
            assert (start.phase >= gate)[waits].all()
            served = {int(site) for site in start.design.path_site}
            assert served == set(np.flatnonzero(problem.site_ways > 0).tolist())

        def search(
            problem: Problem = problem,
            design: Design = design,
            money: np.ndarray = money,
            guides: tuple[WeightGuide | None, ...] = guides,
        ) -> Reach | None:
            return early_reach(
                *(problem, design, money),
                guides=lambda: guides,
                seed=3,
                work_limit=0.03,
                clock=NO_LIMIT,
            )

        reach, again = search(), search()
        assert (reach is None) == (again is None)
        if reach is None or again is None:
            continue
        assert (reach.site_phase == again.site_phase).all()
        for k in range(problem.n_phases):
            on = (reach.site_phase > 0) & (reach.site_phase <= k + 1)
            assert reach.weight[k] == problem.site_weight[on].sum(), seed
    assert guided > 0
