"""Ways paid in phases: costs, prices and moves against their definition in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from plan_oracle import edge_bill, random_plan_problem

from geoplan._kernels.phased_cost import (
    NEVER_WORTH,
    PhasedSites,
    PhasedState,
    phased_path,
    phased_refresh,
    put_site,
    take_site,
)
from geoplan._kernels.phased_money import Moved, fit_phases, phased_score, undo_moved
from geoplan._kernels.phased_routing import place_site, search_phased
from geoplan._kernels.routing import INF
from geoplan._kernels.way_search import route_within
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
        first=np.full(problem.n_edges, shape[0], dtype=np.int32),
        opening=np.zeros(problem.n_edges, dtype=np.int64),
        spent=np.zeros(shape[0], dtype=np.int64),
    )


def naive_spent(problem: Problem, used: np.ndarray) -> list[int]:
    """Cents of edges that each phase pays, from their definition."""
    spent = [0] * len(FACTOR)
    for e in range(problem.n_edges):
        cores = [int(used[k, e]) for k in range(len(FACTOR))]
        for k, q in enumerate(cores):
            spent[k] += int(problem.core_cents[e]) * q
        if any(cores):
            first = next(k for k, q in enumerate(cores) if q)
            total = sum(cores)
            spent[first] += edge_bill(problem, e, total) - int(problem.core_cents[e]) * total
    return spent


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
    assert state.spent.tolist() == naive_spent(problem, used)
    demands = routing.net.demands.tolist()
    for e in range(problem.n_edges):
        now = naive_cents(problem, used, e)
        cores = used[:, e]
        assert state.first[e] == (int(np.flatnonzero(cores)[0]) if cores.any() else len(FACTOR))
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
    assert not state.spent.any()


def least_price(problem: Problem, price: np.ndarray, source: int, target: int) -> int:
    """What the way of least price costs, by Bellman and Ford; INF where there is none."""
    dist = [INF] * problem.n_nodes
    dist[source] = 0
    for _ in range(problem.n_nodes):
        for e, (u, v) in enumerate(zip(problem.tail.tolist(), problem.head.tolist(), strict=True)):
            if price[e] < INF:
                dist[u], dist[v] = (
                    min(dist[u], dist[v] + int(price[e])),
                    min(dist[v], dist[u] + int(price[e])),
                )
    return dist[target]


@pytest.mark.parametrize("seed", range(20))
def test_a_phased_way_is_a_way_of_least_price(seed: int) -> None:
    problem = random_plan_problem(seed)
    routing = first_design(problem, seed=1)
    net, state, p = routing.net, empty_state(problem, routing), len(FACTOR)
    for w in range(0, len(routing.way_site), 2):
        length, cores = int(routing.ways.length[w]), int(routing.ways.cores[w])
        phased_path(net, state, routing.ways.path[w], length, cores, w % p)
    phased_refresh(net, state)
    path = np.empty(problem.n_nodes, dtype=np.int32)
    found = 0
    for w, source in enumerate(routing.ways.source.tolist()):
        target = int(routing.ways.target[w])
        for k in range(p):
            row = k * len(net.demands) + int(routing.ways.demand[w])
            best = least_price(problem, state.price[row], source, target)
            cost, count = route_within(net, state, row, source, target, path, INF, INF)
            assert cost == best
            assert (count >= 0) == (best < INF)
            if count <= 0:
                continue
            found += 1
            assert int(state.price[row, path[:count]].sum()) == best
            node = source
            for e in path[:count].tolist():
                ends = {int(problem.tail[e]), int(problem.head[e])}
                node = (ends - {node}).pop()
            assert node == target
            assert tuple(route_within(net, state, row, source, target, path, best, INF)) == (
                best,
                count,
            )
            if best:  # one that costs more than it may is not taken
                dearer = route_within(net, state, row, source, target, path, best - 1, INF)
                assert tuple(dearer) == (INF, -1)
    assert found > 0


@pytest.mark.parametrize("all_hubs", [False, True])
def test_the_search_gains_what_it_says_and_keeps_the_rules(all_hubs: bool) -> None:
    moved = sum(searched(seed, all_hubs) > 0 for seed in range(15))
    assert moved >= 8


@pytest.mark.parametrize("all_hubs", [False, True])
def test_phases_fit_the_money_on_standing_ways(all_hubs: bool) -> None:
    """Money is kept wherever some order of phases keeps it; P6 and ways stay; all can be undone."""
    fitted = 0
    for seed in range(25):
        case = Case(seed, all_hubs)
        if not case.whole:
            continue
        before = case.sites.phase.copy(), case.state.used.copy(), case.state.spent.copy()
        moved = Moved(np.empty(200, np.int32), np.empty(200, np.int32), np.zeros(1, np.int64))
        args = case.net, case.state, case.routing.ways, case.sites
        fit_phases(*args, case.released, moved)
        check_rules(case.problem, case.routing, case.state, case.sites)
        # nothing is closed and the last class costs nobody: what is not paid for can be left out
        spent = np.cumsum(case.state.spent)[: len(case.released)]
        forced = np.cumsum(case.core_spent())[: len(case.released)]
        assert ((spent <= case.released) | (spent == forced)).all()
        fitted += int(moved.size[0]) > 0
        undo_moved(*args, moved)
        for now, then in zip(
            (case.sites.phase, case.state.used, case.state.spent), before, strict=True
        ):
            assert (now == then).all()
    assert fitted >= 10


class Case:
    """A random problem with ways, phases, gains and money for the first phases but the last."""

    def __init__(self, seed: int, all_hubs: bool, closed: float = 0.0) -> None:
        problem = random_plan_problem(seed, all_hubs=all_hubs)
        routing = first_design(problem, seed=1)
        self.problem, self.routing, self.net = problem, routing, routing.net
        self.whole = not len(routing.unrouted())
        self.rng = rng = np.random.default_rng(seed)
        self.state, p = empty_state(problem, routing), len(FACTOR)
        shape = problem.n_sites, p
        gain = rng.integers(0, 10**6, shape) * int(rng.choice([1, 10, 10_000]))
        gain = -np.sort(-gain, axis=1)
        gain[rng.random(shape) < closed] = NEVER_WORTH
        gain[:, -1] = 0
        on = problem.site_ways > 0
        first = np.searchsorted(routing.way_site, np.arange(problem.n_sites)).astype(np.int32)
        demand = np.zeros(problem.n_sites, dtype=np.int32)
        demand[on] = routing.ways.demand[first[on]]
        self.held = ~on
        self.held[rng.choice(np.flatnonzero(on))] = True
        self.sites = PhasedSites(
            first_way=first,
            n_ways=problem.site_ways.astype(np.int32),
            before=np.where(problem.site_level == TOWNSHIP, problem.site_home, -1).astype(np.int32),
            is_hub=problem.site_level == HUB,
            all_hubs=all_hubs,
            held=self.held,
            gain=gain.astype(np.int64),
            cents=problem.site_cents.astype(np.int64),
            phase=np.where(problem.site_level == CORE, 0, 1).astype(np.int32),
            demand=demand,
        )
        if not self.whole:
            return
        phased_refresh(self.net, self.state)
        np.add.at(self.state.spent, self.sites.phase, self.sites.cents)
        for w, site in enumerate(routing.way_site.tolist()):
            length, cores = int(routing.ways.length[w]), int(routing.ways.cores[w])
            k = int(self.sites.phase[site])
            phased_path(self.net, self.state, routing.ways.path[w], length, cores, k)
        every = int(self.state.spent.sum())
        share = np.sort(rng.random(p - 1))
        self.released = (share * every).astype(np.int64)

    def core_spent(self) -> np.ndarray:
        """What the cores cost, by phase: it is paid whatever the money."""
        spent = np.zeros(len(FACTOR), dtype=np.int64)
        core = self.problem.site_level == CORE
        np.add.at(spent, self.sites.phase[core], self.problem.site_cents[core])
        return spent

    def score(self) -> int:
        """Equation (25) without closed phases, from its definition."""
        state, sites = self.state, self.sites
        spent = naive_spent(self.problem, state.used)
        for s in range(self.problem.n_sites):
            spent[sites.phase[s]] += int(self.problem.site_cents[s])
        assert spent == state.spent.tolist()
        total = sum(int(sites.gain[s, k]) for s, k in enumerate(sites.phase.tolist()))
        total -= int(FACTOR[-1]) * sum(spent)
        for k, money in enumerate(self.released.tolist()):
            over = sum(spent[: k + 1]) - money
            price = 8 * int(FACTOR[0]) if over > 0 else 0.6 * int(FACTOR[k] - FACTOR[k + 1])
            total -= int(price * over)
        return total


def searched(seed: int, all_hubs: bool) -> int:
    """Search one random problem, check all there is to check, return the gain."""
    case = Case(seed, all_hubs, closed=0.05)
    if not case.whole:
        return 0
    problem, routing, state, sites = case.problem, case.routing, case.state, case.sites
    open_ = [k for k in range(len(FACTOR)) if (sites.gain[:, k] > NEVER_WORTH).all()]
    kept = {
        w: routing.ways.path[w, : routing.ways.length[w]].copy()
        for w in np.flatnonzero(case.held[routing.way_site]).tolist()
    }
    before = phased_score(state, sites, case.released, False)
    if len(open_) == len(FACTOR):
        assert before == case.score()
    assert phased_score(state, sites, case.released, True) >= before
    near = np.tile(np.arange(len(routing.way_site), dtype=np.int32), (len(routing.way_site), 1))
    every = np.arange(len(routing.way_site), dtype=np.int32)
    random = case.rng.integers(0, 1 << 62, size=(80, 5 + near.shape[1]), dtype=np.int64)
    gained = search_phased(
        *(routing.net, state, routing.ways, sites, routing.way_site, every, near),
        *(case.released, random, 3, 0, 1 << 50),
    )
    assert gained >= 0
    assert phased_score(state, sites, case.released, False) - before == gained
    check_rules(problem, routing, state, sites, worth=False)
    if len(open_) == len(FACTOR):
        case.score()
    for w, path in kept.items():
        assert routing.ways.path[w, : routing.ways.length[w]].tolist() == path.tolist()
    return int(gained)


def check_rules(
    problem: Problem,
    routing: Routing,
    state: PhasedState,
    sites: PhasedSites,
    *,
    worth: bool = True,
) -> None:
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
        if worth:
            assert sites.gain[site, sites.phase[site]] > NEVER_WORTH
        if problem.site_level[site] == TOWNSHIP:
            hubs = [s for s in range(problem.n_sites) if problem.site_level[s] == HUB]
            for hub in hubs if sites.all_hubs else [int(problem.site_home[site])]:
                assert sites.phase[hub] <= sites.phase[site]


@pytest.mark.parametrize("seed", range(20))
def test_a_site_is_placed_on_its_way_of_least_price_or_not_at_all(seed: int) -> None:
    """In every phase, against Bellman and Ford; rule P6 and closed phases are kept."""
    case = Case(seed, all_hubs=False, closed=0.1)
    if not case.whole:
        pytest.skip("no design")
    problem, routing, state, sites = case.problem, case.routing, case.state, case.sites
    on = routing.net, state, routing.ways, sites
    room = np.empty((2, routing.ways.path.shape[1]), dtype=np.int32)
    for site in np.flatnonzero(problem.site_ways == 1).tolist():
        way = int(sites.first_way[site])
        for k in range(len(FACTOR)):
            was = int(sites.phase[site])
            kept = routing.ways.path[way, : routing.ways.length[way]].copy()
            take_site(*on, site)
            row = k * len(routing.net.demands) + int(sites.demand[site])
            ends = int(routing.ways.source[way]), int(routing.ways.target[way])
            least = least_price(problem, state.price[row], *ends)
            home = int(sites.phase[problem.site_home[site]])
            early = problem.site_level[site] == TOWNSHIP and k < home
            closed = sites.gain[site, k] <= NEVER_WORTH
            if place_site(*on, site, k, 3, room):
                assert not early
                assert not closed
                assert sites.phase[site] == k
                path = routing.ways.path[way, : routing.ways.length[way]].copy()
                check_rules(problem, routing, state, sites, worth=False)
                take_site(*on, site)
                assert int(state.price[row, path].sum()) == least
            else:
                assert early or closed or least >= INF
            assert sites.phase[site] == -1
            routing.ways.path[way, : len(kept)] = kept
            routing.ways.length[way] = len(kept)
            put_site(*on, site, was)
