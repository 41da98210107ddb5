"""The rule of rings for the plan oracle, from its definition, and random problems with rings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from plan_oracle import PlanOracle, SiteWays, random_plan_problem

from geoplan.optimize.problem import HUB, Problem

DM_PER_UNIT = 10


def in_rings(problem: Problem, ways: SiteWays) -> bool:
    """Whether the ways of all hubs are the directions of rings as the problem asks.

    The two ways of a hub make a closed walk from its core; hubs on one ring have one and the
    same walk. How many rings share a walk is free, so only the number of its hubs counts.
    """
    together: dict[tuple[int, tuple[int, ...]], int] = {}
    for s in range(problem.n_sites):
        if problem.site_level[s] != HUB or not ways[s] or not any(ways[s]):
            continue
        walk = ways[s][0][::-1] + ways[s][1]
        if int(problem.length_dm[list(walk)].sum()) > problem.ring_max_dm:
            return False
        key = int(problem.site_home[s]), min(walk, walk[::-1])
        together[key] = together.get(key, 0) + 1
    least, most = problem.ring_min_hubs, problem.ring_max_hubs
    return all(
        any(least * rings <= count <= most * rings for rings in range(1, count + 1))
        for count in together.values()
    )


def ring_oracle(problem: Problem) -> PlanOracle:
    return PlanOracle(problem, design_ok=lambda ways: in_rings(problem, ways))


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
