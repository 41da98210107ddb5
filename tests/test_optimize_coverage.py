"""Coverage for many sums of money: against every set of sites, closures and their bound."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from test_optimize_phasing import comb, random_instance, two_districts

from geoplan.optimize.blocks import build_blocks
from geoplan.optimize.closures import ClosureHull
from geoplan.optimize.coverage import Coverage, cover
from geoplan.optimize.problem import HUB, TOWNSHIP, Problem
from geoplan.optimize.solution import Design


def covered(problem: Problem, design: Design, money: list[int]) -> Coverage:
    sums = np.array(money, dtype=np.int64)
    return cover(problem, design, sums, seed=1, work_limit=1.0)


def best_weight(problem: Problem, design: Design, money: int) -> int:
    """Most weight of any set of sites that the rules allow and the money pays for, or 0."""
    s = problem.n_sites
    best = 0
    ways = np.bincount(design.path_site, minlength=s)
    whole = design.edge_cores > 0
    opening = np.where(whole, problem.fixed_cents + problem.step_cents[:, 0], 0)
    hubs = np.flatnonzero(problem.site_level == HUB)
    for chosen in itertools.product([False, True], repeat=s - 1):
        on = np.array([True, *chosen])
        if (ways[on] < problem.site_ways[on]).any() or not on[problem.site_home[on]].all():
            continue
        town = on & (problem.site_level == TOWNSHIP)
        if problem.all_hubs_first and town.any() and not on[hubs].all():
            continue
        edges: set[int] = set()
        cents = int(problem.site_cents[on].sum())
        for row, site in enumerate(design.path_site.tolist()):
            if on[site]:
                path = design.path(row)
                edges |= set(path.tolist())
                cents += int(problem.core_cents[path].sum() * problem.site_cores[site])
        cents += int(opening[sorted(edges)].sum())
        if cents <= money:
            best = max(best, int(problem.site_weight[on].sum()))
    return best


@pytest.mark.parametrize("block", range(4))
def test_every_point_equals_brute_force(block: int) -> None:
    rng = np.random.default_rng([block, 31])
    for _ in range(12):
        problem, design = random_instance(rng)
        if (design.edge_cores * 1200 > 12_000).any():
            continue  # above the smallest cable, which the twin takes
        core = int(problem.site_cents[0])
        money = sorted({*rng.integers(core, design.cost_cents + core + 2, 6).tolist()})
        found = covered(problem, design, money)
        for k, cents in enumerate(money):
            best = best_weight(problem, design, cents)
            assert found.weight[k] <= best <= found.weight_on_design[k]
            assert found.weight[k] >= best * (1 - 0.002) - 1
            assert found.weight[k] <= found.weight_bound[k]
            assert found.cost_cents[k] <= cents
        assert (np.diff(found.weight) >= 0).all()
        assert (np.diff(found.weight_bound) >= 0).all()


def test_points_of_the_two_districts() -> None:
    """9: not even the core (10). 100: hub A. 106: its township too. 167: everything."""
    problem, design = two_districts(budgets=None)
    found = covered(problem, design, [0, 9, 10, 100, 106, 167])
    assert found.weight.tolist() == [0, 0, 0, 4, 14, 27]
    assert found.cost_cents.tolist() == [0, 0, 10, 100, 106, 167]
    assert found.served.sum(axis=1).tolist() == [0, 0, 1, 2, 3, 5]
    assert found.opened[4].tolist() == [True, True, True, True, False]
    assert not found.stopped


def test_closures_grow_with_money_and_their_bound_is_met_on_the_hull() -> None:
    problem, design = comb(30, seed=5)
    blocks = build_blocks(problem, design)
    hull = ClosureHull(blocks)
    before = blocks.forced
    for money in np.linspace(20, design.cost_cents, 15).astype(int).tolist():
        bought, bound = hull.best_within(money)
        assert int(blocks.cost_cents[bought].sum()) <= money
        assert int(blocks.weight[bought].sum()) <= bound
        assert (bought[blocks.child] <= bought[blocks.parent]).all()
        assert (before <= bought).all()
        before = bought
    bought, bound = hull.best_within(design.cost_cents)
    assert bought.all()
    assert bound == int(problem.site_weight.sum())


def test_closure_of_no_money_is_the_core() -> None:
    problem, design = two_districts(budgets=None)
    free = replace(problem, site_cents=np.array([10, 20, 20, 1, 1]))
    blocks = build_blocks(free, design)
    bought, _ = ClosureHull(blocks).best_within(10)
    assert bought.tolist() == blocks.forced.tolist()
