"""Hubs in rings: against every design in rings, proofs that there is none, bounds, searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lock_oracle import mixed_oracle
from plan_oracle import NONE, PlanOracle, assert_equals_oracle, solution_ways
from ring_oracle import random_ring_problem, random_two_core_problem, ring_oracle
from small_problems import make_problem

from geoplan.errors import InfeasibleError, NoPlanError
from geoplan.optimize import joint, ring_design
from geoplan.optimize.bounds import DesignBound, design_bound
from geoplan.optimize.locks import Locks, RouteLock
from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem
from geoplan.optimize.ring_bound import ring_bound
from geoplan.optimize.ring_limits import ring_faults
from geoplan.optimize.solution import Design, Solution
from geoplan.optimize.solve import solve
from geoplan.optimize.survivable import full_design


def ring_problem(
    n_nodes: int, edges: list[tuple[int, int]], hubs: list[int], **rings: Any
) -> Problem:
    """Core at node 0, hubs at some nodes, edges of 100 and 10 per 12-core cable, 1 km each."""
    sites = [(CORE, 0, 0, 0, 0, 0)] + [(HUB, node, 0, 2, 0, 9) for node in hubs]
    problem = make_problem(n_nodes, edges, sites)
    given = {"ring_min_hubs": 2, "ring_max_hubs": 4, "ring_max_dm": 10**6}
    length = np.full(len(edges), 10_000)
    return replace(problem, length_dm=length, **(given | rings))


def circle(n: int) -> list[tuple[int, int]]:
    return [(k, (k + 1) % n) for k in range(n)]


def solved(problem: Problem) -> Solution:
    return solve(problem, seed=1, work_limit=0.05)


def check_rings(problem: Problem, solution: Solution) -> None:
    """Assert that the rings a solution names are rings, and that the ways of hubs follow them."""
    rings, ways = solution.rings, solution_ways(problem, solution)
    assert rings is not None
    away = problem.site_node != problem.site_node[problem.site_home]
    hubs = np.flatnonzero((problem.site_level == HUB) & away)
    assert sorted(rings.sites.tolist()) == hubs.tolist()
    for k in range(rings.count):
        members, edges = rings.hubs_of(k).tolist(), tuple(rings.edges_of(k).tolist())
        assert problem.ring_min_hubs <= len(members) <= problem.ring_max_hubs
        assert rings.length_dm[k] == problem.length_dm[list(edges)].sum()
        assert rings.length_dm[k] <= problem.ring_max_dm
        before = 0
        for hub in members:
            ends = int(rings.ring_start[k]), int(rings.ring_end[k])
            assert problem.site_home[hub] in ends
            assert problem.ring_one_core if ends[0] == ends[1] else problem.ring_two_cores
            back, on = ways[hub]
            assert back[::-1] + on == edges
            assert len(back) >= before  # hubs stand in the order of the ring
            before = len(back)


# ---- against every design in rings -------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 250, 50))
def test_as_good_as_the_best_design_in_rings(first: int) -> None:
    """Equal to the oracle, proven; refused exactly where there is no design in rings."""
    met = refused = 0
    for seed in range(first, first + 50):
        problem = replace(random_ring_problem(seed), cost_first=True)
        oracle = ring_oracle(problem)
        try:
            solution = solved(problem)
        except InfeasibleError:
            assert oracle.least_cents == NONE, seed
            refused += 1
            continue
        check_rings(problem, solution)
        assert_equals_oracle(problem, solution, cost=True, value=False, oracle=oracle)
        assert solution.design.bound_cents == oracle.least_cents
        assert "every way" in solution.design.bound_method
        met += 1
    assert met >= 25
    assert refused >= 3


@pytest.mark.parametrize("first", range(0, 240, 60))
def test_rings_between_two_cores_are_as_good_as_the_best(first: int) -> None:
    """As above, with rings between cores beside rings through one, or in their stead."""
    met = refused = between = reached = 0
    for seed in range(first, first + 60):
        problem = random_two_core_problem(seed)
        problem = replace(problem, cost_first=bool(seed % 2))
        oracle = ring_oracle(problem)
        try:
            solution = solved(problem)
        except InfeasibleError:
            assert oracle.least_cents == NONE, seed
            refused += 1
            continue
        check_rings(problem, solution)
        cost = problem.cost_first
        assert_equals_oracle(problem, solution, cost=cost, value=not cost, oracle=oracle)
        assert solution.design.bound_cents == oracle.least_cents
        assert solution.rings is not None
        between += bool((solution.rings.ring_start != solution.rings.ring_end).any())
        met += 1
        reached += not cost
    assert met >= 30
    assert reached >= 12
    assert between >= 20
    assert refused >= 3


@pytest.mark.parametrize("draw", [random_ring_problem, random_two_core_problem])
@pytest.mark.parametrize("first", [0, 50])
def test_the_search_alone_is_valid_and_its_bound_holds(
    first: int, draw: Callable[[int], Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on graphs too large to list every way: no proof by listing, but never a wrong claim."""
    monkeypatch.setattr(ring_design, "exact_rings", lambda *_a, **_k: None)
    monkeypatch.setattr(joint, "exact_plan", lambda *_a, **_k: None)
    met = solutions = 0
    for seed in range(first, first + 50):
        problem = replace(draw(seed), cost_first=True)
        oracle = ring_oracle(problem)
        try:
            solution = solved(problem)
        except InfeasibleError:
            assert oracle.least_cents == NONE, seed
            continue
        except NoPlanError:
            continue
        check_rings(problem, solution)
        oracle.assert_valid(solution)
        solutions += 1
        met += solution.design.cost_cents == oracle.least_cents
    assert solutions >= 25
    assert met >= 0.9 * solutions


@pytest.mark.parametrize("draw", [random_ring_problem, random_two_core_problem])
def test_the_bound_of_rings_is_valid_and_often_better(draw: Callable[[int], Problem]) -> None:
    better = seen = raised = 0
    for seed in range(120):
        problem = draw(seed)
        oracle = ring_oracle(problem)
        if oracle.least_cents == NONE:
            assert not solvable(problem)
            continue
        assert ring_faults(problem) == []
        plain = PlanOracle(problem, ends_of=oracle.ends_of).least_cents
        known = design_bound(problem, lp_rounds=3)
        bound = ring_bound(problem, bounded(known), lp_rounds=seed % 3)
        if bound is not None:
            assert known.bound_cents <= bound.bound_cents <= oracle.least_cents
            assert bound.cut_bound_cents <= bound.bound_cents
            seen += 1
            raised += bound.bound_cents > bound.cut_bound_cents
            better += oracle.least_cents > plain
    assert seen >= 50
    assert better >= 5  # rings do ask for more than two ways
    assert raised >= 5


def bounded(known: DesignBound) -> Design:
    """A design that is nothing but the certificate of a bound."""
    none = np.zeros(0, dtype=np.int64)
    return Design(
        path_ptr=none,
        path_edges=none,
        path_site=none,
        path_way=none,
        edge_cores=none,
        cost_cents=0,
        bound_cents=known.bound_cents,
        bound_method="",
        complete=True,
        cut_bound_cents=known.bound_cents,
        slope_cents=known.slope_cents,
        cuts=known.cuts,
    )


def solvable(problem: Problem) -> bool:
    try:
        solved(problem)
    except InfeasibleError:
        return False
    return True


# ---- by hand -----------------------------------------------------------------------------------


def test_rings_of_one_hub_cost_no_more_than_hubs_without_rings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pair of ways is a ring then: the search starts from such a design as well."""
    monkeypatch.setattr(ring_design, "exact_rings", lambda *_a, **_k: None)
    met = 0
    for seed in range(60):
        problem = replace(random_ring_problem(seed), ring_min_hubs=1, ring_max_dm=10**9)
        free, _ = full_design(problem, seed=1, work_limit=0.01)
        if len(free.unrouted()):
            continue
        found = ring_design.ringed_design(problem, seed=1, work_limit=0.01)
        assert found.routing.cost_cents <= free.cost_cents, seed
        met += 1
    assert met >= 20


def test_a_circle_is_one_ring_in_order() -> None:
    problem = ring_problem(5, circle(5), [3, 1, 4, 2])
    solution = solved(problem)
    check_rings(problem, solution)
    assert solution.rings is not None
    assert solution.rings.hubs_of(0).tolist() in ([2, 4, 1, 3], [3, 1, 4, 2])
    assert solution.rings.length_dm.tolist() == [50_000]
    assert (solution.status, solution.gap) == ("optimal", 0.0)


def test_two_rings_on_one_circle_when_a_ring_holds_two_hubs() -> None:
    """Both rings run round the whole circle: its trench is dug once, its cable holds both."""
    problem = ring_problem(5, circle(5), [1, 2, 3, 4], ring_max_hubs=2)
    solution = solved(problem)
    check_rings(problem, solution)
    assert solution.rings is not None
    assert solution.rings.count == 2
    assert solution.design.cost_cents == 5 * 110


def test_a_hub_alone_joins_another_ring_though_that_costs_more() -> None:
    """Two triangles at the core: two rings of one hub each, or one through both with 3-4.

    As rings of one: 6 edges. As one ring of two: 0-1, 1-2, 2-3, 3-4, 4-0, hubs at 1 and 4, with
    2-3 dear (fixed 400): 410 + 4 x 110 instead of 6 x 110.
    """
    edges = [(0, 1), (1, 2), (2, 0), (0, 3), (3, 4), (4, 0), (2, 3)]
    apart = ring_problem(5, edges, [1, 4], ring_min_hubs=1)
    apart = replace(apart, fixed_cents=np.array([100] * 6 + [400]))
    assert solved(apart).design.cost_cents == 6 * 110
    joined = solved(replace(apart, ring_min_hubs=2))
    assert joined.design.cost_cents == 410 + 4 * 110
    assert joined.rings is not None
    assert joined.rings.count == 1


def test_townships_share_the_trench_of_a_ring() -> None:
    """A ring may be dearer where a township needs the trench anyway: the whole bill decides."""
    edges = [(0, 1), (1, 2), (2, 0), (0, 3), (3, 2)]
    sites = [(CORE, 0, 0, 0, 0, 0), (HUB, 1, 0, 2, 0, 9), (HUB, 2, 0, 2, 0, 9)]
    sites.append((TOWNSHIP, 3, 2, 2, 0, 5))
    problem = make_problem(4, edges, sites, fixed=[100, 100, 90, 100, 50])
    problem = replace(
        problem, length_dm=np.full(5, 1), ring_min_hubs=2, ring_max_hubs=2, ring_max_dm=99
    )
    solution = solved(problem)
    check_rings(problem, solution)
    # by 0-2 for 90 and a spur 3-2 for 50, or through node 3 for 100 + 50: the latter is cheaper
    # with the township, because then its spur is the ring's own trench
    assert solution.design.cost_cents == ring_oracle(problem).least_cents
    alone = {int(s) for s in solution.design.path_edges.tolist()}
    assert alone == {0, 1, 2, 4}


def test_a_hub_in_its_cores_node_lies_on_no_ring() -> None:
    problem = ring_problem(5, circle(5), [0, 2, 3])
    solution = solved(problem)
    check_rings(problem, solution)
    assert solution.rings is not None
    assert solution.rings.sites.tolist() in ([2, 3], [3, 2])


def test_two_cores_have_rings_of_their_own() -> None:
    """Hubs hang on the nearest core: the bridge 2-3 between the circles carries no ring."""
    edges = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (2, 3)]
    sites = [(CORE, 0, 0, 0, 0, 0), (CORE, 3, 1, 0, 0, 0)]
    sites += [
        (HUB, 1, 0, 2, 0, 9),
        (HUB, 2, 0, 2, 0, 9),
        (HUB, 4, 1, 2, 0, 9),
        (HUB, 5, 1, 2, 0, 9),
    ]
    problem = make_problem(6, edges, sites)
    problem = replace(
        problem, length_dm=np.full(7, 1), ring_min_hubs=2, ring_max_hubs=2, ring_max_dm=3
    )
    solution = solved(problem)
    check_rings(problem, solution)
    assert solution.rings is not None
    assert solution.rings.ring_start.tolist() == [0, 1]
    assert solution.design.edge_cores[6] == 0


def chain(hubs: dict[int, int], **rings: Any) -> Problem:
    """Core 0 at node 0, nodes 1 to 3 in a row, core 1 at node 4; hubs: node to core."""
    edges = [(0, 1), (1, 2), (2, 3), (3, 4)]
    sites = [(CORE, 0, 0, 0, 0, 0), (CORE, 4, 1, 0, 0, 0)]
    sites += [(HUB, node, home, 2, 0, 9) for node, home in hubs.items()]
    problem = make_problem(5, edges, sites)
    given = {"ring_min_hubs": 2, "ring_max_hubs": 3, "ring_max_dm": 40_000, "ring_two_cores": True}
    return replace(problem, length_dm=np.full(4, 10_000), **(given | rings))


@pytest.mark.parametrize("one_core", [False, True])
def test_a_row_of_hubs_between_two_cores_is_a_ring(one_core: bool) -> None:
    """No hub has two ways to its own core; hubs of either core lie on the one ring there is."""
    problem = chain({2: 0, 1: 1, 3: 1}, ring_one_core=one_core)
    solution = solved(problem)
    check_rings(problem, solution)
    assert solution.rings is not None
    assert (solution.rings.ring_start.tolist(), solution.rings.ring_end.tolist()) == ([0], [1])
    assert solution.rings.hubs_of(0).tolist() == [3, 2, 4]
    assert solution.rings.edges_of(0).tolist() == [0, 1, 2, 3]
    # six cores on each stretch: a 12-core cable
    assert solution.design.cost_cents == solution.design.bound_cents == 4 * 110
    with pytest.raises(InfeasibleError):
        solved(replace(problem, ring_one_core=True, ring_two_cores=False))


def test_a_hub_beside_the_other_core_goes_there_on_no_stretch() -> None:
    """The hub at node 4 belongs to core 0: its second way ends in the building it is in."""
    problem = chain({4: 0, 2: 1})
    solution = solved(problem)
    check_rings(problem, solution)
    ways = solution_ways(problem, solution)
    assert ways[2] == ((3, 2, 1, 0), ())


def test_a_hub_in_its_own_cores_node_lies_on_no_ring_between_cores() -> None:
    problem = chain({0: 0, 1: 0, 3: 1})
    solution = solved(problem)
    check_rings(problem, solution)
    assert solution.rings is not None
    assert solution.rings.sites.tolist() == [3, 4]


def test_rings_between_cores_only_where_asked() -> None:
    """On a circle with both cores a hub may go round or from core to core: ``two`` says which."""
    edges = circle(4)
    sites = [(CORE, 0, 0, 0, 0, 0), (CORE, 2, 1, 0, 0, 0), (HUB, 1, 0, 2, 0, 9)]
    problem = make_problem(4, edges, sites)
    problem = replace(
        problem, length_dm=np.full(4, 1), ring_min_hubs=1, ring_max_hubs=1, ring_max_dm=4
    )
    round_ = solved(problem)
    between = solved(replace(problem, ring_one_core=False, ring_two_cores=True))
    either = solved(replace(problem, ring_two_cores=True))
    assert [s.design.cost_cents for s in (round_, between, either)] == [440, 220, 220]


def test_same_seed_same_rings() -> None:
    problem = next(
        p for p in map(random_ring_problem, range(100)) if ring_oracle(p).least_cents < NONE
    )
    one, two = solved(problem), solved(problem)
    assert one.rings is not None
    assert two.rings is not None
    assert one.rings.edges.tolist() == two.rings.edges.tolist()
    assert one.rings.sites.tolist() == two.rings.sites.tolist()


def test_a_wall_limit_that_struck_still_leaves_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_design, "exact_rings", lambda *_a, **_k: None)
    problem = ring_problem(5, circle(5), [3, 1, 4, 2])
    solution = solve(problem, seed=1, time_limit_s=-1.0)
    check_rings(problem, solution)
    assert solution.status == "time_limit"


def test_more_hubs_than_all_sets_can_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty hubs on a ladder with three rungs to the core: rings of at most seven."""
    n = 21
    edges = [*circle(n), (0, 7), (0, 14)]
    problem = ring_problem(n, edges, list(range(1, n)), ring_max_hubs=7)
    solution = solved(problem)
    check_rings(problem, solution)
    assert solution.rings is not None
    assert solution.design.bound_cents <= solution.design.cost_cents
    monkeypatch.setattr(ring_design, "exact_rings", lambda *_a, **_k: None)
    check_rings(problem, solved(problem))


# ---- no rings, and why -------------------------------------------------------------------------


def faults_of(problem: Problem) -> list[tuple[str, str]]:
    with pytest.raises(InfeasibleError) as failure:
        solved(problem)
    for fault in failure.value.faults:
        assert fault.what.zh != fault.what.en
        assert "rings." in fault.cure.en or "routes" in fault.cure.en
    return [(fault.rule, fault.row) for fault in failure.value.faults]


def test_every_hub_whose_shortest_ring_is_too_long_is_named_with_its_length() -> None:
    """A circle of five km and a triangle of three: hubs 2 and 3 can't do with 4 km."""
    edges = [*circle(5), (0, 5), (5, 6), (6, 0)]
    problem = ring_problem(7, edges, [5, 2, 3], ring_max_dm=40_000)
    assert faults_of(problem) == [("rings.too_long", "2"), ("rings.too_long", "3")]
    with pytest.raises(InfeasibleError, match=r"raise rings\.max_km to 5\.0 or more"):
        solved(problem)


def test_too_few_hubs_for_one_ring() -> None:
    assert faults_of(ring_problem(3, circle(3), [1])) == [("rings.too_few_hubs", "0")]


def test_two_cores_in_one_place() -> None:
    problem = chain({1: 0, 2: 1})
    node = problem.site_node.copy()
    node[1] = node[0]
    assert faults_of(replace(problem, site_node=node)) == [("rings.same_place", "1")]


def test_a_row_between_two_cores_that_is_too_long() -> None:
    problem = chain({1: 0, 2: 1}, ring_max_dm=39_999)
    assert faults_of(problem) == [("rings.too_long", "2"), ("rings.too_long", "3")]


def test_a_hub_that_no_other_can_join_within_the_length() -> None:
    """Hubs 1, 2 share a triangle; hub 3 has one of its own, any ring of two would be longer."""
    edges = [(0, 1), (1, 2), (2, 0), (0, 3), (3, 4), (4, 0)]
    problem = ring_problem(5, edges, [1, 2, 3], ring_max_dm=30_000)
    assert faults_of(problem) == [("rings.alone", "3")]


def test_hubs_that_fit_on_rings_one_by_one_but_not_all() -> None:
    """Three hubs, rings of exactly two: one is left over."""
    problem = ring_problem(4, circle(4), [1, 2, 3], ring_max_hubs=2)
    assert faults_of(problem) == [("rings.no_partition", "0")]


def test_risk_groups_that_no_length_shows_are_found_by_listing_every_way() -> None:
    """The circle's two edges at the core lie in one duct: no ring, though lengths allow it."""
    problem = ring_problem(4, circle(4), [1, 2])
    groups = [[0, 9], [1], [2], [3, 9]]
    flat = [g for of_edge in groups for g in of_edge]
    problem = replace(
        problem,
        risk_groups=np.array(flat, dtype=np.int32),
        risk_ptr=np.cumsum([0, *map(len, groups)]),
        n_risk_groups=10,
    )
    assert faults_of(problem) == [("rings.impossible", "")]


def test_without_listing_the_search_says_that_it_found_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ring_design, "exact_rings", lambda *_a, **_k: None)
    problem = ring_problem(4, circle(4), [1, 2])
    shared = replace(problem, risk_groups=np.array([0, 1, 2, 0], dtype=np.int32), n_risk_groups=3)
    with pytest.raises(NoPlanError) as failure:
        solved(shared)
    assert [fault.rule for fault in failure.value.faults] == ["rings.not_found"]


def test_rings_that_are_least_without_a_required_route_are_no_bound_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stretch 8 must be in use: led there afterwards, the design is not the least that keeps it."""
    monkeypatch.setattr(joint, "exact_plan", lambda *_a, **_k: None)
    problem = random_ring_problem(41)
    must = RouteLock("locks.routes 1", (8,), True, problem.n_phases)
    problem = replace(problem, locks=Locks(routes=(must,)))
    oracle = mixed_oracle(problem)
    solution = solve(problem, seed=1, work_limit=0.03)
    assert oracle.least_cents < solution.design.cost_cents
    assert solution.design.bound_cents <= oracle.least_cents
    assert "listed" not in solution.design.bound_method
