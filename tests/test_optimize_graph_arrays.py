"""Adjacency and the kernel's view of a problem, against the definition."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from small_problems import random_problem

from geoplan.optimize.graph_arrays import adjacency, arcs_by_head, build_net


@pytest.mark.parametrize("seed", range(30))
def test_adjacency_lists_every_edge_at_both_ends_by_id(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    edges = naive.random_graph(rng, n, int(rng.integers(0, 15)), connected=False)
    tail, head = np.array(edges, dtype=np.int32).reshape(-1, 2).T
    graph = adjacency(n, tail, head)
    assert graph.ptr[0] == 0
    assert graph.ptr[-1] == 2 * len(edges)
    for v in range(n):
        row = slice(graph.ptr[v], graph.ptr[v + 1])
        at = [(e, b if a == v else a) for e, (a, b) in enumerate(edges) if v in (a, b)]
        assert list(zip(graph.eid[row].tolist(), graph.nbr[row].tolist(), strict=True)) == at


def test_arcs_by_head_keeps_the_order_of_ids() -> None:
    ptr, arcs = arcs_by_head(4, np.array([2, 0, 2, 3, 2], dtype=np.int32))
    assert ptr.tolist() == [0, 1, 1, 4, 5]
    assert arcs.tolist() == [1, 0, 2, 4, 3]


@pytest.mark.parametrize("seed", range(30))
def test_groups_are_turned_round_and_demands_listed_once(seed: int) -> None:
    problem = random_problem(seed)
    net = build_net(problem)
    for g in range(problem.n_risk_groups):
        listed = net.group_edges[net.group_ptr[g] : net.group_ptr[g + 1]].tolist()
        assert listed == [
            e
            for e in range(problem.n_edges)
            if g in problem.risk_groups[problem.risk_ptr[e] : problem.risk_ptr[e + 1]]
        ]
    cores = {int(c) for c, w in zip(problem.site_cores, problem.site_ways, strict=True) if w}
    assert net.demands.tolist() == sorted(cores)


def test_the_net_is_a_copy_that_may_be_written() -> None:
    problem = random_problem(1)
    net = build_net(problem)
    net.fixed[:] = 7
    net.capacity_cores[:] = 7
    assert not problem.fixed_cents.flags.writeable
    assert (problem.fixed_cents != 7).any()
