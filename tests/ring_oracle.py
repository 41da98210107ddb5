"""The rule of rings for the plan oracle, from its definition, and random problems with rings."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from naive import path_end
from plan_oracle import NONE, PlanOracle, SiteWays, random_plan_problem

from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, Problem

DM_PER_UNIT = 10


def in_rings(problem: Problem, ways: SiteWays) -> bool:
    """Whether the ways of all hubs are the directions of rings as the problem asks.

    The two ways of a hub make a walk from core to core; hubs on one ring have one and the same
    walk. How many rings share a walk is free, so only the number of its hubs counts.
    """
    edges = list(zip(problem.tail.tolist(), problem.head.tolist(), strict=True))
    together: dict[tuple[int, ...], int] = {}
    for s in range(problem.n_sites):
        if problem.site_level[s] != HUB or not ways[s] or not any(ways[s]):
            continue
        walk = ways[s][0][::-1] + ways[s][1]
        if int(problem.length_dm[list(walk)].sum()) > problem.ring_max_dm:
            return False
        ends = [path_end(edges, int(problem.site_node[s]), way)[0] for way in ways[s]]
        if not (problem.ring_two_cores if ends[0] != ends[1] else problem.ring_one_core):
            return False
        if ends[0] > ends[1] or (ends[0] == ends[1] and walk > walk[::-1]):
            ends, walk = ends[::-1], walk[::-1]
        key = (int(problem.site_home[s]), *walk) if ends[0] == ends[1] else (-1, *ends, -1, *walk)
        together[key] = together.get(key, 0) + 1
    least, most = problem.ring_min_hubs, problem.ring_max_hubs
    return all(
        any(least * rings <= count <= most * rings for rings in range(1, count + 1))
        for count in together.values()
    )


def ring_oracle(problem: Problem) -> PlanOracle:
    return PlanOracle(
        problem,
        design_ok=lambda ways: in_rings(problem, ways),
        ends_of=lambda s: ring_ends(problem, s),
    )


def ring_ends(problem: Problem, s: int) -> list[tuple[int, int]]:
    """Where the ways of a site may end: a hub's at its home and, if asked, at another core."""
    home = int(problem.site_home[s])
    there = problem.site_node == problem.site_node[home]
    if problem.site_level[s] != HUB or there[s] or not problem.ring_two_cores:
        return [(home, home)]
    others = np.flatnonzero((problem.site_level == CORE) & ~there).tolist()
    both = [(min(home, other), max(home, other)) for other in others]
    return [(home, home)] * problem.ring_one_core + both


def random_two_core_problem(seed: int, *, most_designs: int = 6000) -> Problem:
    """A problem with rings between two cores, or mixed with rings through one.

    Two cores in different nodes, hubs and units at home at either. There may be no design; money
    as in :func:`random_plan_problem` where there is one.
    """
    for attempt in itertools.count():
        rng = np.random.default_rng([seed, attempt, 80])
        problem = _with_two_cores(rng, random_ring_problem(int(rng.integers(1 << 30))))
        problem = replace(problem, ring_one_core=bool(rng.random() < 0.6), ring_two_cores=True)
        oracle = ring_oracle(problem)
        if not 0 < oracle.n_designs <= most_designs:
            continue
        if oracle.least_cents == NONE:
            return replace(problem, budgets_cents=None)
        cores = int(problem.site_cents[problem.site_level == CORE].sum())
        share = rng.integers(10, 60, problem.n_phases)
        budgets = np.maximum(oracle.least_cents * share // 100, [cores, 0, 0][: len(share)])
        return replace(problem, budgets_cents=frozen(budgets))
    raise AssertionError


def frozen(values: np.ndarray) -> np.ndarray:
    values.setflags(write=False)
    return values


def _with_two_cores(rng: np.random.Generator, problem: Problem) -> Problem:
    """The problem with a second core added or, where there are two, in different nodes."""
    is_core = problem.site_level == CORE
    if is_core.sum() == 1:
        more = {
            "site_node": 0, "site_level": CORE, "site_home": problem.n_sites, "site_ways": 0,
            "site_cores": 0, "site_cents": int(problem.site_cents[is_core][0]), "site_weight": 0,
        }  # fmt: skip
        columns = {
            name: np.append(getattr(problem, name), value).astype(getattr(problem, name).dtype)
            for name, value in more.items()
        }
        problem = replace(problem, **{name: frozen(some) for name, some in columns.items()})
    one, two = np.flatnonzero(problem.site_level == CORE).tolist()
    node, home = problem.site_node.copy(), problem.site_home.copy()
    node[two] = (node[one] + rng.integers(1, problem.n_nodes)) % problem.n_nodes
    hanging = np.isin(problem.site_level, (HUB, MUNICIPAL))
    home[hanging] = np.where(rng.random(int(hanging.sum())) < 0.5, one, two)
    return replace(problem, site_node=frozen(node), site_home=frozen(home))


def random_ring_problem(seed: int) -> Problem:
    """A problem of :func:`random_plan_problem` that asks for rings; there may be no design."""
    rng = np.random.default_rng([seed, 78])
    problem = random_plan_problem(seed)
    length = rng.integers(1, 30, problem.n_edges) * DM_PER_UNIT
    length.setflags(write=False)
    hubs = int((problem.site_level == HUB).sum())
    least = min(int(rng.choice([1, 2, 2, 3])), hubs + int(rng.random() < 0.05))
    most = int(rng.integers(least, 4)) if least < 4 else 4
    total = int(length.sum())
    longest = total if rng.random() < 0.3 else int(rng.integers(total // 4, total))
    return replace(
        problem,
        length_dm=length,
        ring_min_hubs=least,
        ring_max_hubs=most,
        ring_max_dm=longest,
    )
