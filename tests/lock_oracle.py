"""Locks for the plan oracle, from their meaning, and random problems with locks and rings mixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from plan_oracle import NONE, PlanOracle, SiteWays, edge_bill, random_plan_problem
from ring_oracle import in_rings, random_ring_problem

from geoplan.optimize.locks import CashLimit, Commitment, KeptWay, Locks, RouteLock, SiteLock
from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem

_DRAWS = 8
"""Sets of locks drawn until one can be kept; the last one stays, whether it can or not."""


def routes_hold(problem: Problem, ways: SiteWays) -> bool:
    """Whether a design keeps to edges it must and must not use, and to the ways that are built."""
    used = {e for some in ways for path in some for e in path}
    return all(bool(used & set(lock.edges)) == lock.must for lock in problem.locks.routes) and all(
        len(ways[kept.site]) >= kept.way and ways[kept.site][kept.way - 1] == kept.edges
        for kept in problem.locks.kept
    )


def short_enough(problem: Problem, ways: SiteWays) -> bool:
    """Whether no way but those that are built is longer than it may be."""
    built = {(kept.site, kept.way): kept.edges for kept in problem.locks.kept}
    return all(
        problem.site_longest_dm[s] < 0
        or built.get((s, number)) == path
        or sum(int(problem.length_dm[e]) for e in path) <= problem.site_longest_dm[s]
        for s, some in enumerate(ways)
        for number, path in enumerate(some, 1)
    )


def spent_by_phase(problem: Problem, ways: SiteWays, phase: tuple[int, ...]) -> list[int]:
    """Money of each phase: the module docstring of ``plan_oracle``, word by word."""
    used = [0] * problem.n_edges
    opened: dict[int, int] = {}
    spent = [0] * (problem.n_phases + 1)
    for s, some in enumerate(ways):
        edges = [e for path in some for e in path]
        for e in edges:
            used[e] += int(problem.site_cores[s])
        if phase[s]:
            lit = sum(int(problem.core_cents[e]) for e in edges) * int(problem.site_cores[s])
            spent[phase[s]] += int(problem.site_cents[s]) + lit
            opened |= {e: min(phase[s], opened.get(e, phase[s])) for e in edges}
    for e, k in opened.items():
        spent[k] += edge_bill(problem, e, used[e]) - used[e] * int(problem.core_cents[e])
    return spent[1:]


def phases_hold(problem: Problem, ways: SiteWays, phase: tuple[int, ...]) -> bool:
    """Whether a plan keeps the locks that speak of phases."""
    locks = problem.locks
    for site in locks.sites:
        if not site.allowed[phase[site.site] - 1]:
            return False
    for promise in locks.commitments:
        if sum(0 < phase[s] <= promise.by_phase for s in promise.sites) < promise.least:
            return False
    for route in locks.routes:
        over = [
            phase[s]
            for s, some in enumerate(ways)
            if any(e in route.edges for path in some for e in path)
        ]
        if route.must and not any(0 < k <= route.by_phase for k in over):
            return False
    spent = spent_by_phase(problem, ways, phase) if locks.cash else []
    return all(spent[limit.phase - 1] <= limit.cents for limit in locks.cash)


def mixed_oracle(problem: Problem) -> PlanOracle:
    """The oracle of a problem with its locks and rings."""

    def design_ok(ways: SiteWays) -> bool:
        return (
            (not problem.ring_max_hubs or in_rings(problem, ways))
            and routes_hold(problem, ways)
            and (not problem.site_longest_dm.size or short_enough(problem, ways))
        )

    if not problem.ring_max_hubs and not problem.locks and not problem.site_longest_dm.size:
        return PlanOracle(problem)
    return PlanOracle(
        problem,
        design_ok=design_ok,
        plan_ok=lambda ways, phase: phases_hold(problem, ways, phase),
    )


def random_mixed_problem(seed: int) -> Problem:
    """Plain, with locks, with rings, with both: one in four each. There may be no plan."""
    rng = np.random.default_rng([seed, 79])
    ringed, locked = seed % 4 >= 2, seed % 2 == 1
    problem = random_ring_problem(seed) if ringed else random_plan_problem(seed)
    if not locked or (ringed and mixed_oracle(problem).least_cents == NONE):
        return problem
    for _ in range(_DRAWS):
        drawn = replace(problem, locks=_locks(rng, problem))
        if mixed_oracle(drawn).best_plan(_budgets(drawn)) is not None:
            break
    return drawn


def limited(problem: Problem, seed: int) -> Problem:
    """The problem with a longest length for most sites (on rings not for hubs): that of some way.

    There may be no design left, or none within the money.
    """
    rng = np.random.default_rng([seed, 83])
    if not problem.length_dm.size:
        problem = replace(problem, length_dm=rng.integers(1, 50, problem.n_edges))
    longest = np.full(problem.n_sites, -1, dtype=np.int64)
    for s, choices in enumerate(PlanOracle(problem).choices):
        if problem.ring_max_hubs and problem.site_level[s] == HUB:
            continue
        lengths = [
            max(int(problem.length_dm[list(path)].sum()) for path in choice)
            for choice in choices
            if choice
        ]
        if lengths and rng.random() < 0.8:
            longest[s] = np.quantile(lengths, float(rng.choice([0, 0.3, 0.6])), method="lower")
    return replace(problem, site_longest_dm=longest)


def _budgets(problem: Problem) -> list[int]:
    assert problem.budgets_cents is not None
    return [int(cents) for cents in problem.budgets_cents]


def _locks(rng: np.random.Generator, problem: Problem) -> Locks:
    """One or more locks of any kind, most of them loose enough to be kept."""
    p, m = problem.n_phases, problem.n_edges
    free = np.flatnonzero(problem.site_level != CORE)
    sites, routes, cash, promises = [], [], [], []
    for n in range(int(rng.integers(1, 3))):
        allowed = rng.random(p + 1) < 0.6
        allowed[int(rng.integers(0, p + 1))] = True
        site = int(rng.choice(free))
        sites.append(SiteLock(f"locks.sites {n + 1}", site, (*allowed.tolist(),)))
    for n in range(int(rng.integers(0, 3))):
        must = bool(rng.random() < 0.5)
        edges = tuple(rng.choice(m, 2 if must else 1, replace=False).tolist())
        by = int(rng.integers(1, p + 1))
        routes.append(RouteLock(f"locks.routes {n + 1}", edges, must, by))
    if rng.random() < 0.4:
        k = int(rng.integers(1, p + 1))
        most = _budgets(problem)[k - 1] * int(rng.integers(50, 120)) // 100
        cash.append(CashLimit(f"locks.cash_limits_yuan {k}", k, most))
    towns = np.flatnonzero(problem.site_level == TOWNSHIP)
    if rng.random() < 0.4:
        k, least = int(rng.integers(1, p + 1)), int(rng.integers(1, len(towns) + 1))
        promises.append(Commitment("locks.commitments 1", tuple(towns.tolist()), least, k))
    kept = _kept(rng, problem) if not problem.ring_max_hubs and rng.random() < 0.3 else ()
    return Locks(tuple(sites), tuple(routes), tuple(cash), tuple(promises), kept)


def _kept(rng: np.random.Generator, problem: Problem) -> tuple[KeptWay, ...]:
    """The ways of one site in some design."""
    oracle = PlanOracle(problem)
    whole = oracle.spent[:, oracle.sets[frozenset(oracle.free)]]
    rows = np.flatnonzero(whole < NONE)
    ways = oracle.ways(oracle._designs[0][int(rng.choice(rows))])
    site = int(rng.choice(oracle.free))
    return tuple(KeptWay(site, n + 1, path) for n, path in enumerate(ways[site]))
