"""Ways paid in phases: costs, prices and moves against their definition in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from plan_oracle import edge_bill, random_plan_problem

from geoplan._kernels.phased_routing import (
    NEVER_WORTH,
    PhasedSites,
    PhasedState,
    phased_cents,
    phased_path,
    phased_refresh,
    search_phased,
)
from geoplan._kernels.routing import INF
from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem
from geoplan.optimize.survivable import Routing, first_design

FACTOR = np.array([700, 310, 90], dtype=np.int64)


def naive_cents(problem: Problem, used: np.ndarray, e: int) -> int:
    """Equation (24) for one edge, from its definition."""
    cores = [int(used[k, e]) for k in range(len(FACTOR))]
    if not any(cores):
        return 0
    first = next(k for k, q in enumerate(cores) if q)
    opening = edge_bill(problem, e, sum(cores)) - int(problem.core_cents[e]) * sum(cores)
    lit = sum(int(FACTOR[k]) * q for k, q in enumerate(cores)) * int(problem.core_cents[e])
    return int(FACTOR[first]) * opening + lit


def empty_state(problem: Problem, routing: Routing) -> PhasedState:
    shape = len(FACTOR), problem.n_edges
    return PhasedState(
        used=np.zeros(shape, dtype=np.int64),
        price=np.zeros((shape[0] * len(routing.net.demands), shape[1]), dtype=np.int64),
        blocked=np.zeros(problem.n_edges, dtype=np.int32),
        factor=FACTOR,
    )


@pytest.mark.parametrize("seed", range(12))
def test_costs_and_prices_are_what_they_are_defined_as(seed: int) -> None:
    problem = random_plan_problem(seed)
    routing = first_design(problem, seed=1)
    state = empty_state(problem, routing)
    phased_refresh(routing.net, state)
    rng = np.random.default_rng(seed)
    used = np.zeros_like(state.used)
    put = []
    for w in rng.permutation(len(routing.way_site)).tolist():
        length, cores = int(routing.ways.length[w]), int(routing.ways.cores[w])
        k, path = int(rng.integers(len(FACTOR))), routing.ways.path[w]
        before = sum(naive_cents(problem, used, e) for e in range(problem.n_edges))
        used[k, path[:length]] += cores
        after = sum(naive_cents(problem, used, e) for e in range(problem.n_edges))
        assert phased_path(routing.net, state, path, length, cores, k) == after - before
        put.append((w, k))
    assert (state.used == used).all()
    demands = routing.net.demands.tolist()
    for e in range(problem.n_edges):
        now = naive_cents(problem, used, e)
        assert phased_cents(routing.net, state, e) == now
        for k in range(len(FACTOR)):
            for d, cores in enumerate(demands):
                more = used.copy()
                more[k, e] += cores
                price = int(state.price[k * len(demands) + d, e])
                if edge_bill(problem, e, int(more[:, e].sum())) >= 1 << 60:
                    assert price == INF
                    continue
                tie = int(routing.net.tie[e]) * int(FACTOR[k])
                assert price == max(0, naive_cents(problem, more, e) - now) + tie
    for w, k in put:  # and off again
        length, cores = int(routing.ways.length[w]), int(routing.ways.cores[w])
        phased_path(routing.net, state, routing.ways.path[w], length, -cores, k)
    assert not state.used.any()


@pytest.mark.parametrize("all_hubs", [False, True])
def test_the_search_gains_what_it_says_and_keeps_the_rules(all_hubs: bool) -> None:
    moved = sum(searched(seed, all_hubs) > 0 for seed in range(15))
    assert moved >= 8


def total(problem: Problem, state: PhasedState, sites: PhasedSites) -> int:
    cents = sum(naive_cents(problem, state.used, e) for e in range(problem.n_edges))
    return int(sites.worth[np.arange(problem.n_sites), sites.phase].sum()) - cents


def searched(seed: int, all_hubs: bool) -> int:
    """Search one random problem, check all there is to check, return the gain."""
    problem = random_plan_problem(seed, all_hubs=all_hubs)
    routing = first_design(problem, seed=1)
    if len(routing.unrouted()):
        return 0
    rng = np.random.default_rng(seed)
    state, p = empty_state(problem, routing), len(FACTOR)
    worth = rng.integers(0, 10**6, (problem.n_sites, p)) * int(rng.choice([1, 10, 10_000]))
    worth[rng.random(worth.shape) < 0.1] = NEVER_WORTH
    worth[:, -1] = 0
    on = problem.site_ways > 0
    first = np.searchsorted(routing.way_site, np.arange(problem.n_sites)).astype(np.int32)
    demand = np.zeros(problem.n_sites, dtype=np.int32)
    demand[on] = routing.ways.demand[first[on]]
    held = ~on
    held[rng.choice(np.flatnonzero(on))] = True
    sites = PhasedSites(
        first_way=first,
        n_ways=problem.site_ways.astype(np.int32),
        before=np.where(problem.site_level == TOWNSHIP, problem.site_home, -1).astype(np.int32),
        is_hub=problem.site_level == HUB,
        all_hubs=all_hubs,
        held=held,
        worth=worth.astype(np.int64),
        phase=np.full(problem.n_sites, p - 1, dtype=np.int32),
        demand=demand,
    )
    phased_refresh(routing.net, state)
    for w in range(len(routing.way_site)):
        length, cores = int(routing.ways.length[w]), int(routing.ways.cores[w])
        phased_path(routing.net, state, routing.ways.path[w], length, cores, p - 1)

    kept = {
        w: routing.ways.path[w, : routing.ways.length[w]].copy()
        for w in np.flatnonzero(held[routing.way_site]).tolist()
    }
    before = total(problem, state, sites)
    near = np.tile(np.arange(len(routing.way_site), dtype=np.int32), (len(routing.way_site), 1))
    every = np.arange(len(routing.way_site), dtype=np.int32)
    random = rng.integers(0, 1 << 62, size=(80, 3 + near.shape[1]), dtype=np.int64)
    gained = search_phased(
        routing.net, state, routing.ways, sites, routing.way_site, every, near, random, 3
    )
    assert gained >= 0
    assert total(problem, state, sites) - before == gained
    check_rules(problem, routing, state, sites)
    for w, path in kept.items():
        assert routing.ways.path[w, : routing.ways.length[w]].tolist() == path.tolist()
    return int(gained)


def check_rules(problem: Problem, routing: Routing, state: PhasedState, sites: PhasedSites) -> None:
    """Ways are ways, pairs share no risk group, cores add up within capacity, P6 holds."""
    used = np.zeros_like(state.used)
    groups = [
        set(problem.risk_groups[problem.risk_ptr[e] : problem.risk_ptr[e + 1]].tolist())
        for e in range(problem.n_edges)
    ]
    risk: dict[int, set[int]] = {}
    for w, site in enumerate(routing.way_site.tolist()):
        path = routing.ways.path[w, : routing.ways.length[w]].tolist()
        node = int(problem.site_node[site])
        for e in path:
            ends = {int(problem.tail[e]), int(problem.head[e])}
            assert node in ends
            node = (ends - {node}).pop()
            used[sites.phase[site], e] += problem.site_cores[site]
        assert node == problem.site_node[problem.site_home[site]]
        cut = set().union(*(groups[e] for e in path)) if path else set()
        assert not cut & risk.get(site, set())
        risk[site] = cut
    assert (used == state.used).all()
    assert all(
        edge_bill(problem, e, int(used[:, e].sum())) < 1 << 60 for e in range(problem.n_edges)
    )
    assert not state.blocked.any()
    for site in range(problem.n_sites):
        if problem.site_level[site] == CORE:
            continue
        assert sites.worth[site, sites.phase[site]] > NEVER_WORTH
        if problem.site_level[site] == TOWNSHIP:
            hubs = [s for s in range(problem.n_sites) if problem.site_level[s] == HUB]
            for hub in hubs if sites.all_hubs else [int(problem.site_home[site])]:
                assert sites.phase[hub] <= sites.phase[site]
