"""What the last phase's money still pays for is served: on other ways, weight first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lock_oracle import mixed_oracle, random_mixed_problem
from plan_oracle import NONE, PlanOracle, solution_ways
from small_problems import make_problem
from test_plan_oracle import early_way

from geoplan.errors import InfeasibleError, NoPlanError
from geoplan.optimize import joint
from geoplan.optimize.locks import CashLimit, Locks
from geoplan.optimize.money_left import serve_more
from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem
from geoplan.optimize.solution import Solution
from geoplan.optimize.solve import bare_design, solve
from geoplan.optimize.survivable import first_design
from geoplan.stopping import NO_LIMIT, Clock

CORE_AND_HUB = [(CORE, 0, 0, 0, 0, 0), (HUB, 0, 0, 1, 0, 0)]


def shared_trench(**columns: object) -> Problem:
    """Core and hub at 0; A (weight 5) at 2, B (weight 3) at 3, both behind 0-1 for 10.

    1-2 and 1-3 cost 1, 0-2 costs 7, 0-3 costs 6. Least design: 12, over 0-1. With 7 it serves
    nobody; A alone has a way for 7, B one for 6.
    """
    sites = [*CORE_AND_HUB, (TOWNSHIP, 2, 1, 1, 0, 5), (TOWNSHIP, 3, 1, 1, 0, 3)]
    return make_problem(
        4,
        [(0, 1), (1, 2), (1, 3), (0, 2), (0, 3)],
        sites,
        fixed=[10, 1, 1, 7, 6],
        takes_cable=[False] * 5,
        **{"budgets": [0, 7], **columns},
    )


def two_on_a_cable(**columns: object) -> Problem:
    """A (weight 5) and B (weight 4), 8 cores each, at 1; 0-1 twice, for 100 and for 120.

    A cable for both costs 15, for one 10. Least design: 115, and 110 pays for nobody; with B on the
    other stretch it pays for A.
    """
    sites = [*CORE_AND_HUB, (TOWNSHIP, 1, 1, 8, 0, 5), (TOWNSHIP, 1, 1, 8, 0, 4)]
    return make_problem(
        2,
        [(0, 1), (0, 1)],
        sites,
        fixed=[100, 120],
        **{"budgets": [0, 110], **columns},
    )


def served_more(problem: Problem, clock: Clock = NO_LIMIT) -> list[int] | None:
    """The phases after serving more on the least design, on which nobody but core and hub is."""
    design = bare_design(problem, first_design(problem, seed=1))
    assert problem.budgets_cents is not None
    phase = np.array([1, 1, 0, 0], dtype=np.int8)
    more = serve_more(problem, design, np.cumsum(problem.budgets_cents), phase, clock)
    if more is None:
        return None
    # still a whole design: everybody has ways
    assert more.design.path_site.tolist() == design.path_site.tolist()
    return more.site_phase.tolist()


def test_a_site_is_served_on_a_way_that_the_money_left_pays_for() -> None:
    assert served_more(shared_trench()) == [1, 1, 2, 0]
    assert served_more(shared_trench(budgets=[0, 6])) == [1, 1, 0, 2]
    assert served_more(shared_trench(budgets=[0, 5])) is None
    assert served_more(shared_trench(budgets=[7, 0])) == [1, 1, 2, 0]


def test_what_is_left_out_does_not_swell_the_cables_of_what_is_served() -> None:
    assert served_more(two_on_a_cable()) == [1, 1, 2, 0]
    assert served_more(two_on_a_cable(budgets=[0, 109])) is None
    assert served_more(two_on_a_cable(budgets=[0, 115])) == [1, 1, 2, 2]


def test_sites_without_weight_are_served_too_the_cheapest_first() -> None:
    none = np.zeros(4, dtype=np.int64)
    assert served_more(replace(shared_trench(), site_weight=none)) == [1, 1, 0, 2]


def test_cash_limits_hubs_and_time_are_minded() -> None:
    limit = Locks(cash=(CashLimit("locks.cash_limits_yuan 2", 2, 6),))
    assert served_more(replace(shared_trench(), locks=limit)) == [1, 1, 0, 2]
    assert served_more(shared_trench(), Clock.started(0.0)) is None
    problem = shared_trench()
    design = bare_design(problem, first_design(problem, seed=1))
    without_hub = np.array([1, 0, 0, 0], dtype=np.int8)
    more = serve_more(problem, design, np.array([0, 7]), without_hub, NO_LIMIT)
    assert more is not None
    assert more.site_phase.tolist() == [1, 2, 2, 0]  # the hub costs nothing, then A


def could_serve(oracle: PlanOracle, solution: Solution) -> list[int]:
    """Sites left out that the last phase could serve on some way, all else as it is."""
    problem, now = oracle.problem, solution_ways(oracle.problem, solution)
    phase, p = solution.phases.site_phase.tolist(), problem.n_phases
    money = np.cumsum(solution.phases.budgets_cents).tolist()
    found = []
    for s in (s for s in oracle.free if phase[s] == 0):
        then = tuple(p if t == s else k for t, k in enumerate(phase))
        chain = [
            oracle.sets.get(frozenset(t for t in oracle.free if 0 < then[t] <= k))
            for k in range(1, p + 1)
        ]
        if None in chain:
            continue
        paid = [oracle.spent[:, at] <= cents for at, cents in zip(chain, money, strict=True)]
        for pick in oracle._designs[0][np.logical_and.reduce(paid)]:
            ways = oracle.ways(pick)
            same = all(set(ways[t]) == set(now[t]) for t in range(problem.n_sites) if t != s)
            if same and (oracle.plan_ok is None or oracle.plan_ok(ways, then)):
                found.append(s)
                break
    return found


@pytest.mark.parametrize("first", [0, 60, 120])
def test_nothing_is_left_out_that_the_money_left_could_pay_for(
    monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """As on graphs too large to list every way, plain and with locks, against every plan."""
    monkeypatch.setattr(joint, "exact_plan", lambda *_a, **_k: None)
    left_out = 0
    for seed in range(first, first + 60):
        problem = random_mixed_problem(seed)
        if problem.ring_max_hubs:  # the ways of hubs on rings stay as they are
            continue
        oracle = mixed_oracle(problem)
        if oracle.least_cents >= NONE:
            continue
        try:
            solution = solve(problem, seed=1, work_limit=0.03)
        except (InfeasibleError, NoPlanError):
            continue
        oracle.assert_valid(solution)
        left_out += not solution.phases.site_phase.all()
        assert could_serve(oracle, solution) == [], seed
    assert left_out >= 10


def test_early_weight_may_leave_a_site_out_that_all_the_money_would_pay_for() -> None:
    """The least design costs 8 and serves both, 12 in all; A early costs 6, B is out then: 20."""
    problem = replace(early_way(), budgets_cents=np.array([6, 2], dtype=np.int64))
    solution = solve(problem, seed=1, work_limit=0.03)
    assert solution.phases.site_phase.tolist() == [1, 1, 1, 0]
    assert (solution.phases.value, solution.phases.value_bound) == (20, 20)
    assert (solution.basis_cents, solution.design.cost_cents, solution.gap) == (8, 9, None)
