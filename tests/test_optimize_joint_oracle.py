"""Bounds and answers against every plan there is, routes and phases chosen together.

The bounds must never cut off the best plan, and no answer may beat it. How often an answer *is*
the best plan is printed (``pytest -s``): that is the mark for the search, not for the proof.
"""

from __future__ import annotations

import numpy as np
import pytest
from plan_oracle import PlanOracle, random_plan_problem

from geoplan.optimize.bounds import design_bound
from geoplan.optimize.solve import solve
from geoplan.optimize.weight_bounds import weight_bounds

BOUNDED = 500
SOLVED = 200
MOST_PARTIAL = 30_000


@pytest.mark.parametrize("first", range(0, BOUNDED, 100))
def test_no_bound_cuts_off_the_best_plan(first: int) -> None:
    """The bill's bound below every design, the weight's above every plan of that money.

    The weight bounds are held to the larger set of plans, those that leave sites without ways.
    """
    tight = partial = 0
    for seed in range(first, first + 100):
        problem = random_plan_problem(seed)
        oracle = PlanOracle(problem)
        bound = design_bound(problem, lp_rounds=seed % 3)
        assert bound.bound_cents <= oracle.least_cents, seed
        tight += bound.bound_cents == oracle.least_cents
        money = np.cumsum(problem.budgets_cents)
        most = weight_bounds(problem, money).weight
        wider = PlanOracle(problem, every_site=False)
        if wider.n_designs <= MOST_PARTIAL:
            partial += 1
            oracle = wider
        best = oracle.best_plan(problem.budgets_cents.tolist())
        assert best is not None
        assert best.value <= int(problem.phase_gain @ most), seed
        for cents, weight in zip(money.tolist(), most.tolist(), strict=True):
            assert oracle.most_weight(cents) <= weight, seed
    print(f"\nseeds {first}..{first + 99}: bound on the bill met {tight}, partial plans {partial}")
    assert partial >= 80


@pytest.mark.parametrize("first", range(0, SOLVED, 50))
def test_answers_are_plans_and_never_better_than_the_best(first: int) -> None:
    cost = value = 0
    for seed in range(first, first + 50):
        problem = random_plan_problem(seed)
        oracle = PlanOracle(problem)
        solution = solve(problem, seed=1, work_limit=0.03)
        oracle.assert_valid(solution)
        best = oracle.best_plan(solution.phases.budgets_cents.tolist())
        cost += solution.design.cost_cents == oracle.least_cents
        value += best is not None and solution.phases.value == best.value
    print(f"\nseeds {first}..{first + 49}: least cost {cost}, best phases {value} of 50")
    assert cost >= 40
