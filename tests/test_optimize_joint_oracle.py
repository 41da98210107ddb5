"""Bounds and answers against every plan there is, routes and phases chosen together.

The bounds must never cut off the best plan, and on graphs as small as these an answer *is* the best
plan, in what it is asked for first and in what then: plain, with locks, with rings, with both.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lock_oracle import limited, mixed_oracle, random_mixed_problem
from plan_oracle import NONE, PlanOracle, assert_equals_oracle, random_plan_problem

from geoplan.errors import InfeasibleError, NoPlanError
from geoplan.optimize import joint
from geoplan.optimize.bounds import design_bound
from geoplan.optimize.joint_exact import exact_plan
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Solution
from geoplan.optimize.solve import solve
from geoplan.optimize.weight_bounds import weight_bounds
from geoplan.stopping import NO_LIMIT

BOUNDED = 500
MIXED = 660
COST_FIRST = 500
LIMITED = 240
SOLVED = 60
SEARCHED = 100
MOST_PARTIAL = 30_000


def solved(problem: Problem) -> Solution:
    return solve(problem, seed=1, work_limit=0.03)


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


@pytest.mark.parametrize("first", range(0, MIXED, 60))
def test_answers_reach_what_the_best_plan_does(first: int) -> None:
    """The phase objective, what is served in the end, the least bill; or a refusal where none is.

    In this order, of 500 and more.
    """
    met = sum(reaches_the_best(random_mixed_problem(seed)) for seed in range(first, first + 60))
    assert met >= 40


@pytest.mark.parametrize("first", range(0, LIMITED, 60))
def test_so_they_do_where_ways_have_a_longest_length(first: int) -> None:
    """With locks and rings mixed; in many of them the cheapest ways are too long."""
    met = dearer = 0
    for seed in range(first, first + 60):
        problem = random_mixed_problem(seed)
        short = limited(problem, seed)
        met += reaches_the_best(short)
        dearer += mixed_oracle(problem).least_cents < mixed_oracle(short).least_cents < NONE
    print(f"\nseeds {first}..{first + 59}: {met} with a plan, {dearer} dearer for their lengths")
    assert met >= 20
    assert dearer >= 10


def reaches_the_best(problem: Problem) -> bool:
    """Assert that the answer is the best plan; where there is none that it is refused: False."""
    oracle = mixed_oracle(problem)
    budgets = problem.budgets_cents.tolist()
    best = oracle.best_plan(budgets) if oracle.least_cents < NONE else None
    if best is None:
        with pytest.raises((InfeasibleError, NoPlanError)):
            solved(problem)
        return False
    solution = solved(problem)
    assert_equals_oracle(problem, solution, oracle=oracle)
    assert oracle.in_the_end(solution.phases.site_phase.tolist()) == (
        oracle.in_the_end(best.site_phase)
    )
    assert solution.design.cost_cents == best.design_cents
    assert solution.design.bound_cents == oracle.least_cents == solution.basis_cents
    assert solution.phases.value_bound == best.value
    assert solution.phase_gap == 0
    dearer = solution.gap is not None and solution.gap > 0
    assert solution.status == ("feasible" if dearer else "optimal")
    return True


@pytest.mark.parametrize("first", range(0, COST_FIRST, 100))
def test_least_bill_first(first: int) -> None:
    """``cost_first``: the least bill, and on it the most that phases can reach."""
    for seed in range(first, first + 100):
        problem = replace(random_plan_problem(seed), cost_first=True)
        oracle = PlanOracle(problem)
        found = exact_plan(problem, seed=1, work_limit=0.03, clock=NO_LIMIT)
        best = oracle.best_plan(problem.budgets_cents.tolist(), most_cents=oracle.least_cents)
        assert found is not None
        assert best is not None
        assert (found.least_cents, found.value) == (oracle.least_cents, best.value), seed
        if seed < SOLVED:
            solution = solved(problem)
            assert_equals_oracle(problem, solution, cost=True, value=False, oracle=oracle)
            assert solution.phases.value == best.value


def test_the_search_alone_is_valid_and_never_worse_than_one_design(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on graphs too large to list every way: valid plans, none of less weight.

    Whole sums of money are lumpy on graphs this small: the search seldom finds more here (where it
    does: test_optimize_joint_search.py; on the city: benchmarks/baselines.py).
    """
    monkeypatch.setattr(joint, "exact_plan", lambda *_a, **_k: None)
    met = alone = 0
    for seed in range(SEARCHED):
        problem = random_mixed_problem(seed)
        if seed % 3 == 0:
            problem = limited(problem, seed)
        oracle = mixed_oracle(problem)
        best = oracle.best_plan(problem.budgets_cents.tolist())
        if best is None:
            continue
        try:
            one = solved(replace(problem, cost_first=True))
            solution = solved(problem)
        except InfeasibleError:  # locks that this design can't keep, though another could
            continue
        oracle.assert_valid(solution)
        assert solution.phases.value >= one.phases.value, seed
        alone += one.phases.value == best.value
        met += solution.phases.value == best.value
    print(f"\nbest phases: {met} with the search, {alone} on the design of least bill")
    assert met >= alone > 0
