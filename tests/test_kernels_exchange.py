"""Key-path exchange: chains of trench and what counts as paid instead, against plain twins."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray
from small_problems import Brute, make_problem, random_problem

from geoplan._kernels.exchange import LONGEST_CHAIN, paid_instead, trench_chain, ways_over
from geoplan._kernels.routing import Net
from geoplan._kernels.ruin import nearest_sites, ruin_and_rebuild
from geoplan._kernels.way_search import reroute
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.problem import CORE, MUNICIPAL
from geoplan.optimize.survivable import Routing

SEEDS = range(60)


@lru_cache
def twin_of(seed: int) -> Brute:
    return Brute(random_problem(seed))


def random_use(seed: int) -> tuple[Net, NDArray[np.bool_], NDArray[np.bool_], np.random.Generator]:
    """Any edges in use and any nodes with sites."""
    rng = np.random.default_rng(seed)
    problem = twin_of(seed).problem
    in_use = rng.random(problem.n_edges) < 0.6
    is_end = rng.random(problem.n_nodes) < 0.3
    return build_net(problem), in_use, is_end, rng


def trenches_at(net: Net, in_use: NDArray[np.bool_], node: int) -> set[int]:
    return {
        e
        for e in range(len(net.fixed))
        if in_use[e] and net.fixed[e] > 0 and node in (net.tail[e], net.head[e])
    }


def joined(net: Net, edges: set[int], source: int, target: int) -> bool:
    held, grown = {source}, True
    while grown:
        more = {
            v
            for e in edges
            for u, v in ((net.tail[e], net.head[e]), (net.head[e], net.tail[e]))
            if u in held
        }
        grown = not more <= held
        held |= more
    return target in held


@pytest.mark.parametrize("seed", SEEDS)
def test_ways_over_edges(seed: int) -> None:
    problem = twin_of(seed).problem
    routing = Routing(problem)
    reroute(
        routing.net, routing.state, routing.ways, np.arange(len(routing.way_site), dtype=np.int32)
    )
    rng, m = np.random.default_rng(seed), problem.n_edges
    closed = rng.choice(m, min(m, 3), replace=False).astype(np.int32)
    ways = routing.ways
    plain = [
        bool(set(ways.path[w, : max(0, ways.length[w])].tolist()) & set(closed.tolist()))
        for w in range(len(ways.source))
    ]
    assert ways_over(ways, closed, m).tolist() == plain


@pytest.mark.parametrize("seed", SEEDS)
def test_a_chain_runs_from_fork_to_fork(seed: int) -> None:
    net, in_use, is_end, rng = random_use(seed)
    for most in (1, 3, LONGEST_CHAIN):
        chain = np.zeros(most, dtype=np.int32)
        choice = np.array([rng.integers(0, 1 << 62), most - 1])
        count, *ends = trench_chain(net, in_use, is_end, choice, chain)
        if not net.fixed[in_use].any():
            assert count == 0
            continue
        edges = set(chain[:count].tolist())
        assert len(edges) == count <= most
        assert all(in_use[e] and net.fixed[e] > 0 for e in edges)
        degree: dict[int, int] = {}
        for e in edges:
            for node in (int(net.tail[e]), int(net.head[e])):
                degree[node] = degree.get(node, 0) + 1
        inner = [node for node in degree if degree[node] == 2 and node not in ends]
        for node in inner:
            assert not is_end[node]
            assert trenches_at(net, in_use, node) <= edges
        assert joined(net, edges, int(ends[0]), int(ends[1]))
        if count < most and ends[0] != ends[1]:
            assert all(is_end[v] or len(trenches_at(net, in_use, v)) != 2 for v in ends)


def test_the_dearer_a_trench_the_likelier() -> None:
    net = build_net(
        make_problem(
            4,
            [(0, 1), (1, 2), (2, 3)],
            [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 3, 0, 2, 0, 0)],
            fixed=[1, 0, 9],
        )
    )
    in_use, is_end = np.ones(3, dtype=np.bool_), np.ones(4, dtype=np.bool_)
    chain = np.zeros(1, dtype=np.int32)
    picked = []
    for at in range(10):
        assert trench_chain(net, in_use, is_end, np.array([at, 0]), chain)[0] == 1
        picked.append(int(chain[0]))
    assert picked == [0] + 9 * [2]
    in_use[:] = False
    assert trench_chain(net, in_use, is_end, np.array([0, 0]), chain) == (0, -1, -1)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_counts_as_paid_joins_the_ends_and_is_open(seed: int) -> None:
    net, before, _, rng = random_use(seed)
    m, n = len(net.fixed), len(net.ptr) - 1
    now = before & (rng.random(m) < 0.5)
    full = ~before & (rng.random(m) < 0.2)
    blocked = (rng.random(m) < 0.2).astype(np.int32)
    closed = full | (blocked > 0)
    source, target = (int(v) for v in rng.choice(n, 2, replace=False))
    paid = np.zeros(2 * m, dtype=np.int32)
    for kind in range(3):
        choice = np.array([kind, *rng.integers(0, 1 << 62, 2)])
        count = paid_instead(net, before, now, full, blocked, (source, target), choice, paid)
        edges = set(paid[:count].tolist())
        assert not any(closed[e] and not before[e] for e in edges)
        assert not any(blocked[e] for e in edges)
        left = set(np.flatnonzero(before & ~now & (blocked == 0)).tolist())
        if kind < 2:
            assert left <= edges
        if kind > 0 and joined(net, set(np.flatnonzero(~closed).tolist()), source, target):
            assert joined(net, edges, source, target)
        elif kind == 2:
            assert not edges


def test_what_two_ways_need_together_neither_would_pay_for() -> None:
    """Both run over a trench of 100; 60 would do for both, but each has a way of its own for 55."""
    problem = make_problem(
        6,
        [(0, 1), (1, 2), (1, 3), (0, 4), (4, 1), (0, 2), (0, 3)],
        [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 2, 0, 2, 0, 0), (MUNICIPAL, 3, 0, 2, 0, 0)],
        fixed=[100_000, 0, 0, 30_000, 30_000, 55_000, 55_000],
        step_cents=[[0, 0]] * 7,
        capacity_cores=[-1, -1, -1, -1, -1, 2, 2],
    )
    routing = Routing(problem)
    ways = routing.ways
    closed = np.array([3, 4, 5, 6])
    routing.state.blocked[closed] += 1
    reroute(routing.net, routing.state, ways, np.array([0, 1], dtype=np.int32))
    routing.state.blocked[closed] -= 1
    assert routing.cost_cents == 100_000
    site_at = np.array([-1, -1, 0, 1, -1, -1], dtype=np.int32)
    near = nearest_sites(routing.net, problem.fixed_cents, site_at, ways.source, 2)
    random = np.random.default_rng(1).integers(0, 1 << 62, (30, 5 + 2), dtype=np.int64)
    random[2::3] = random[0]  # without an exchange
    for it in range(30):
        if it % 3 < 2:
            alone = random[it : it + 1] if it % 3 == 0 else random[it - 1 : it + 1]
            assert ruin_and_rebuild(routing.net, routing.state, ways, near, alone, 2) == 0
    random = np.random.default_rng(2).integers(0, 1 << 62, (30, 5 + 2), dtype=np.int64)
    assert ruin_and_rebuild(routing.net, routing.state, ways, near, random, 2) == 40_000
    assert routing.cost_cents == 60_000
    assert routing.net.fixed.tolist() == problem.fixed_cents.tolist()
    assert not routing.state.blocked.any()
