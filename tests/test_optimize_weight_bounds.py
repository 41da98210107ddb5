"""Bounds on the weight: never below a brute-forced weight, and what their certificates add up to.

What no plan with locks or rings may beat follows: those only forbid plans that are looked at here
(``test_optimize_locks.py`` and ``test_optimize_rings.py`` hold their answers to it as well).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_problems import Brute, make_problem, random_problem

from geoplan.optimize.bounds import design_bound, way_cents
from geoplan.optimize.cut_proof import CutKind
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.lines import tangent_lines
from geoplan.optimize.orientation import orientation_graph
from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.survivable import first_design
from geoplan.optimize.weight_bounds import WeightBounds, weight_bounds
from geoplan.optimize.weight_proof import WeightProof, collect_prizes, surplus


def sums_of(twin: Brute) -> np.ndarray:
    dearest = max(cents for cents, _ in twin.worth("own_hub"))
    return np.array([dearest // 8, dearest // 3, dearest * 2 // 3, dearest, 4 * dearest])


def assert_holds(twin: Brute, rule: str, money: np.ndarray, weight: np.ndarray) -> int:
    """No set of sites by any way beats the bounds; return how many, short of all, are met."""
    worth, met = twin.worth(rule), 0
    total = int(twin.problem.site_weight.sum())
    for sum_cents, bound in zip(money.tolist(), weight.tolist(), strict=True):
        best = max((w for c, w in worth if c <= sum_cents), default=0)
        assert bound >= best
        met += bound == best < total
    return met


@pytest.mark.parametrize("first", range(0, 320, 80))
def test_no_plan_has_more_weight_than_the_bound_on_320_random_problems(first: int) -> None:
    """Every set of sites by every way, with P6 as `own_hub` and as `all_hubs`."""
    met = 0
    for seed in range(first, first + 80):
        problem = random_problem(seed, most_sites=5)
        twin = Brute(problem)
        money = sums_of(twin)
        for all_hubs in (False, True):
            changed = replace(problem, all_hubs_first=all_hubs)
            cores = None
            if seed % 2:
                cores = first_design(problem, seed=1).used
            found = weight_bounds(changed, money, edge_cores=cores, rounds=1 + seed % 6)
            assert (np.diff(found.weight) >= 0).all()
            assert found.weight.max() <= problem.site_weight.sum()
            rule = "all_hubs" if all_hubs else "own_hub"
            met += assert_holds(twin, rule, money, found.weight)
    print(f"\nseeds {first}..{first + 79}: {met} bounds below all weight are met")
    assert met > 0


def test_cuts_of_the_bill_to_begin_with_change_nothing_that_is_wrong() -> None:
    for seed in range(40):
        problem = random_problem(seed, most_sites=5)
        twin = Brute(problem)
        cuts = design_bound(problem, first_design(problem, seed=1).used).cuts
        found = weight_bounds(problem, sums_of(twin), cuts=cuts, rounds=2)
        assert_holds(twin, "own_hub", sums_of(twin), found.weight)


def added_up(problem: Problem, found: WeightBounds, proof: WeightProof, worth: int) -> int:
    """E of equation (W) for the duals of a proof and any worth, by the one function there is."""
    graph = orientation_graph(problem)
    net = build_net(problem)
    fixed = tangent_lines(problem, np.zeros(problem.n_edges, dtype=np.int64))[0]
    prizes = collect_prizes(problem, graph, fixed, way_cents(problem, net, found.slope_cents))
    arc = np.zeros(2 * problem.n_edges, dtype=np.int64)
    node = np.zeros(problem.n_nodes, dtype=np.int64)
    hub = np.zeros(problem.n_sites, dtype=np.int64)
    for i, dual in enumerate(proof.dual.tolist()):
        members = proof.members[proof.ptr[i] : proof.ptr[i + 1]]
        arc[members] += dual
        if proof.kind[i] == CutKind.GROUP:
            arc[members + problem.n_edges] += dual
        if proof.kind[i] == CutKind.IN:
            node[prizes.node[proof.site[i]]] += dual
        else:
            hub[proof.site[i]] += dual
    for link, dual in zip(proof.link_arc.tolist(), proof.link_dual.tolist(), strict=True):
        twin = (link + problem.n_edges) % (2 * problem.n_edges)
        for other in np.flatnonzero(graph.head == graph.tail[link]).tolist():
            arc[other] += dual * (other != twin)
        arc[link] -= dual
    return surplus(prizes, worth, proof.scale, arc, node, hub)


def links_of(problem: Problem) -> np.ndarray:
    graph = orientation_graph(problem)
    inner = (graph.tail != graph.head) & (graph.tail != graph.root)
    return np.flatnonzero(inner).astype(np.int32)


def test_links_are_among_what_proves_bounds() -> None:
    """Few instances so small need one, but some do (held to the oracle by the tests above)."""
    linked = 0
    for seed in range(40):
        problem = random_problem(seed, most_sites=5)
        found = weight_bounds(problem, sums_of(Brute(problem)))
        for proof in found.proofs:
            if proof is not None and len(proof.link_dual):
                linked += 1
                assert (proof.link_dual > 0).all()
                assert set(proof.link_arc.tolist()) <= set(links_of(problem).tolist())
    assert linked > 0


def test_certificates_hold_whatever_their_duals_and_worth_are() -> None:
    """Wrong figures make a bound weak, never false; the right ones add up to what is said."""
    tried = 0
    for seed in range(120):
        problem = random_problem(seed, most_sites=5)
        twin = Brute(problem)
        money = sums_of(twin)
        found = weight_bounds(problem, money)
        proof = next((p for p in found.proofs if p is not None and len(p.dual)), None)
        if proof is None:
            continue
        tried += 1
        assert proof.surplus == added_up(problem, found, proof, proof.worth)
        rng = np.random.default_rng(seed)
        core = problem.site_level == CORE
        given, always = int(problem.site_cents[core].sum()), int(problem.site_weight[core].sum())
        for factor in (0.3, 0.9, 1.1, 4.0):
            dual = (proof.dual * rng.uniform(0, 2 * factor, len(proof.dual))).astype(np.int64)
            worth = max(1, int(proof.worth * factor))
            linked = (proof.link_dual * rng.uniform(0, 2 * factor, len(proof.link_dual))).astype(
                np.int64
            )
            wrong = replace(proof, dual=dual, link_dual=linked, worth=worth)
            if factor != 0.9:  # links of every arc there is, but those out of the cores
                anywhere = links_of(problem)
                linked = rng.integers(0, 2 + int(dual.mean()), len(anywhere))
                wrong = replace(wrong, link_arc=anywhere, link_dual=linked)
            wrong = replace(wrong, surplus=added_up(problem, found, wrong, worth))
            most = [always + wrong.most_weight(max(0, c - given)) for c in money.tolist()]
            assert_holds(twin, "own_hub", money, np.array(most))
    assert tried > 60


def test_a_township_needs_the_two_ways_of_its_hub() -> None:
    """Hub on a ring of three edges of 110, township one more edge of 110 off."""
    sites = [(CORE, 0, 0, 0, 0, 0), (HUB, 1, 0, 2, 0, 1), (TOWNSHIP, 3, 1, 2, 0, 9)]
    problem = make_problem(4, [(0, 1), (1, 2), (2, 0), (1, 3)], sites)
    found = weight_bounds(problem, np.array([220, 329, 330, 439, 440]))
    assert found.weight[-1] == 10
    # one way to the township alone would cost 220: nine of ten, were it not for its hub
    assert found.weight[0] <= 6
    assert found.weight[2] < 9


def test_all_hubs_wait_for_each_other() -> None:
    """Two hubs on rings of their own: the near one's township waits for the far one."""
    edges = [(0, 1), (0, 1), (0, 2), (0, 2), (1, 3)]
    sites = [(CORE, 0, 0, 0, 0, 0), (HUB, 1, 0, 2, 0, 0), (HUB, 2, 0, 2, 0, 0)]
    sites += [(TOWNSHIP, 3, 1, 2, 0, 10)]
    own = make_problem(4, edges, sites)
    money = np.array([330, 440, 550])
    assert weight_bounds(own, money).weight.tolist() == [10, 10, 10]
    every = weight_bounds(replace(own, all_hubs_first=True), money)
    assert every.weight.tolist() == [6, 8, 10]


def test_each_bound_is_tight_on_separate_spokes() -> None:
    """Three units on spokes of 110 each, weights 6, 3, 1: money for one, two, all of them."""
    sites = [(CORE, 0, 0, 0, 5, 0)]
    sites += [(MUNICIPAL, v, 0, 2, 0, w) for v, w in ((1, 6), (2, 3), (3, 1))]
    problem = make_problem(4, [(0, 1), (0, 2), (0, 3)], sites)
    found = weight_bounds(problem, np.array([115, 225, 335, 10**6]))
    assert found.weight.tolist() == [6, 9, 10, 10]
    assert found.proofs[0] is not None


def test_what_a_plan_has_reached_ends_the_rounds() -> None:
    sites = [(CORE, 0, 0, 0, 5, 0), (MUNICIPAL, 1, 0, 2, 0, 6)]
    problem = make_problem(2, [(0, 1)], sites)
    found = weight_bounds(problem, np.array([10**6]), reached=np.array([6]))
    assert found.weight.tolist() == [6]
    assert found.proofs == (None,)


def test_weight_on_a_core_counts_as_served() -> None:
    """Money for the core only: its own weight and nothing of the unit's."""
    problem = make_problem(
        2, [(0, 1)], [(CORE, 0, 0, 0, 5, 11), (MUNICIPAL, 1, 0, 2, 1, 7)], fixed=[10**6]
    )
    assert weight_bounds(problem, np.array([5, 10**9])).weight.tolist() == [11, 18]


@pytest.mark.parametrize("money", [0, 1, 10**15])
def test_sums_far_off_the_prices_do_not_overflow(money: int) -> None:
    """Nearly nothing or everything."""
    problem = make_problem(
        2, [(0, 1)], [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 1, 0, 2, 1, 10**7)], fixed=[10**13]
    )
    found = weight_bounds(problem, np.array([money])).weight.tolist()
    if money > 10**13:
        assert found == [10**7]
    else:
        assert 0 <= found[0] <= 10 * money


def test_no_weight_at_all() -> None:
    problem = make_problem(2, [(0, 1)], [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 1, 0, 2, 1, 0)])
    assert weight_bounds(problem, np.array([7, 9])).weight.tolist() == [0, 0]
