"""The plan oracle itself: against the other brute force, by hand, and on broken answers."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from plan_oracle import NONE, PlanOracle, assert_equals_oracle, edge_bill, random_plan_problem
from small_problems import Brute, make_problem, random_problem

from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem
from geoplan.optimize.solution import Solution
from geoplan.optimize.solve import solve


def early_way() -> Problem:
    """Core and hub at node 0, township A (weight 10) at node 2, B (weight 1) at node 1.

    0-1 costs 5, 1-2 costs 3, 0-2 costs 6. Least design: 0-1-2, 8. With 6 in phase 1 and 3 in
    phase 2 it serves B first: 1 + 11. Another design, 0-2-1 for 9, serves A first: 10 + 11.
    """
    return make_problem(
        3,
        [(0, 1), (1, 2), (0, 2)],
        [(CORE, 0, 0, 0, 0, 0), (HUB, 0, 0, 1, 0, 0), (TOWNSHIP, 2, 1, 1, 0, 10),
         (TOWNSHIP, 1, 1, 1, 0, 1)],
        fixed=[5, 3, 6], takes_cable=[False] * 3, budgets=[6, 3],
    )  # fmt: skip


def test_an_early_phase_that_wants_another_way_than_the_least_design() -> None:
    oracle = PlanOracle(early_way())
    best = oracle.best_plan([6, 3])
    assert oracle.least_cents == 8
    assert best is not None
    assert (best.value, best.site_phase) == (21, (1, 1, 1, 2))
    assert best.ways == ((), ((), ()), ((2,),), ((1, 2),))
    assert [oracle.most_weight(money) for money in (0, 5, 6, 8)] == [0, 1, 10, 11]


def test_predicates_take_plans_away() -> None:
    not_direct = PlanOracle(early_way(), design_ok=lambda ways: (2,) not in ways[2])
    best = not_direct.best_plan([6, 3])
    assert best is not None
    assert (not_direct.least_cents, best.value) == (8, 12)
    b_first = PlanOracle(early_way(), plan_ok=lambda _ways, phase: phase[3] == 1)
    assert b_first.best_plan([6, 3]) == best
    assert PlanOracle(early_way(), plan_ok=lambda _ways, phase: phase[2] < 0).best_plan([9]) is None
    assert PlanOracle(early_way(), design_ok=lambda _ways: False).least_cents == NONE


def test_a_cable_is_sized_for_sites_that_are_never_served() -> None:
    """Two townships of 8 cores at one node: 12 cores cost 10, 24 cost 15; 110 and 115 in all."""
    sites = [(CORE, 0, 0, 0, 0, 0), (HUB, 0, 0, 1, 0, 0)]
    sites += [(TOWNSHIP, 1, 1, 8, 1, 5), (TOWNSHIP, 1, 1, 8, 9, 4)]
    problem = make_problem(2, [(0, 1)], sites, budgets=[111, 0])
    assert PlanOracle(problem).most_weight(111) == 0
    assert PlanOracle(problem).most_weight(116) == 5
    assert PlanOracle(problem, every_site=False).most_weight(111) == 5


@pytest.mark.parametrize("first", [0, 15, 30])
def test_same_as_the_other_brute_force(first: int) -> None:
    """``small_problems.Brute`` searches way by way; here everything is laid out in arrays."""
    phased = 0
    for seed in range(first, first + 15):
        problem = random_problem(seed, most_sites=5, all_hubs=bool(seed % 2))
        twin = Brute(problem)
        oracle = PlanOracle(problem, every_site=False)
        assert oracle.least_cents == twin.optimum
        for e in range(problem.n_edges):
            assert [edge_bill(problem, e, q) for q in range(len(twin.bill[e]))] == twin.bill[e]
        if twin.optimum == NONE or oracle.n_designs > 20_000:
            continue
        cores = int(problem.site_cents[problem.site_level == CORE].sum())
        budgets = [max(cores, twin.optimum * 2 // 5), twin.optimum // 4]
        best = oracle.best_plan(budgets)
        assert best is not None
        assert best.value == twin.best_phases(budgets)
        worth = twin.worth("all_hubs" if problem.all_hubs_first else "own_hub")
        assert oracle.most_weight(budgets[0]) == max(w for c, w in worth if c <= budgets[0])
        phased += 1
    assert phased >= 5


def test_the_random_problems_hold_everything() -> None:
    """Two cores, three hubs, capacities that bind, groups that overlap, parallel edges ..."""
    problems = [random_plan_problem(seed) for seed in range(120)]
    assert max(p.n_edges for p in problems) == 14
    assert max(p.n_phases for p in problems) == 3
    assert sum(bool((p.site_level == CORE).sum() > 1) for p in problems) >= 10
    assert sum(bool((p.site_level == HUB).sum() == 3) for p in problems) >= 10
    assert sum(bool(p.all_hubs_first) for p in problems) >= 10
    assert sum(bool((p.capacity_cores >= 0).any()) for p in problems) >= 60
    assert sum(len(p.risk_groups) > p.n_edges for p in problems) >= 60
    assert sum(len(set(p.site_cores[p.site_ways > 0].tolist())) > 1 for p in problems) >= 40
    pairs = [set(zip(p.tail.tolist(), p.head.tolist(), strict=True)) for p in problems]
    assert sum(len(pair) < p.n_edges for pair, p in zip(pairs, problems, strict=True)) >= 60
    unlimited = [-1] * 14
    loose = sum(
        PlanOracle(
            replace(
                p,
                capacity_cores=np.array(unlimited[: p.n_edges]),
                capacity_cables=np.array(unlimited[: p.n_edges]),
            )
        ).least_cents
        < PlanOracle(p).least_cents
        for p in problems
    )
    assert loose >= 5  # capacities change the answer, not only the arrays


def changed(solution: Solution, part: str, **values: object) -> Solution:
    return replace(solution, **{part: replace(getattr(solution, part), **values)})


def test_broken_answers_are_not_valid() -> None:
    problem = early_way()
    solution = solve(problem, seed=1, work_limit=0.03)
    oracle = PlanOracle(problem)
    oracle.assert_valid(solution)
    phases, design = solution.phases, solution.design
    path_of_a = slice(int(design.path_ptr[2]), int(design.path_ptr[3]))
    detour = np.delete(design.path_edges, path_of_a.start)
    broken = [
        changed(solution, "design", cost_cents=design.cost_cents - 1),
        changed(solution, "design", bound_cents=oracle.least_cents + 1),
        changed(solution, "design", path_edges=detour),
        changed(solution, "phases", site_phase=phases.site_phase[::-1].copy()),
        changed(solution, "phases", value_bound=20),
        changed(solution, "phases", value=phases.value + 1),
        changed(solution, "phases", weight_bound=phases.weight_bound - phases.weight_bound),
        changed(solution, "phases", cost_cents=phases.cost_cents + 1),
        changed(solution, "phases", budgets_cents=phases.cost_cents - 1),
    ]
    assert [f.name for f in fields(solution)][:2] == ["design", "phases"]
    for answer in broken:
        with pytest.raises(AssertionError):
            oracle.assert_valid(answer)
    least = solve(replace(problem, cost_first=True), seed=1, work_limit=0.03)
    assert_equals_oracle(problem, least, cost=True, value=False)
    assert solution.design.cost_cents > least.design.cost_cents
    with pytest.raises(AssertionError):
        assert_equals_oracle(problem, solution, cost=True, value=False)
