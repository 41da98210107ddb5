"""What edges carry on cheapest ways, against distances and pairs by enumeration."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from naive import FAR
from small_problems import make_problem

from geoplan._kernels.carried_cores import carried_cores
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.problem import CORE, MUNICIPAL

SITES = [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 1, 0, 2, 0, 0)]


def no_pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    none = np.zeros(0, dtype=np.int64)
    return none.astype(np.int32), none, none


def test_by_hand() -> None:
    """Chain 0-1-2 of 1 + 1, an edge 0-2 of 5: node 2 sends 3 cores over the chain, 1 sends 2."""
    edges = [(0, 1), (1, 2), (0, 2)]
    net, weight = build_net(make_problem(3, edges, SITES)), np.array([1, 1, 5])
    home, demand = np.array([0], dtype=np.int32), np.array([[0, 2, 3]])
    assert carried_cores(net, weight, home, demand, *no_pairs()).tolist() == [5, 3, 0]
    pair = (np.array([2], dtype=np.int32), np.array([0]), np.array([4]))
    assert carried_cores(net, weight, home, demand, *pair).tolist() == [9, 7, 4]


def test_a_pair_that_is_not_there_goes_twice_over_the_one_way() -> None:
    net, home = build_net(make_problem(2, [(0, 1)], SITES)), np.array([0], dtype=np.int32)
    pair = (np.array([1, 0], dtype=np.int32), np.array([0, 0]), np.array([4, 9]))
    empty = np.zeros((1, 2), dtype=np.int64)
    assert carried_cores(net, np.array([7]), home, empty, *pair).tolist() == [8]


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_all_ways_together_are_as_short_as_can_be(first: int) -> None:
    for seed in range(first, first + 20):
        rng = np.random.default_rng([seed, 31])
        n, m = int(rng.integers(3, 8)), int(rng.integers(4, 13))
        edges = naive.random_graph(rng, n, m, connected=bool(seed % 4))
        m = len(edges)
        net = build_net(make_problem(n, edges, SITES))
        weight = rng.integers(1, 5 if seed % 2 else 10**6, m).astype(np.int64)
        home = rng.permutation(n)[:2].astype(np.int32)
        demand = rng.integers(0, 4, (2, n)).astype(np.int64)
        source, at = rng.integers(0, n, 3).astype(np.int32), rng.integers(0, 2, 3)
        cores = rng.integers(1, 4, 3).astype(np.int64)
        carried = carried_cores(net, weight, home, demand, source, at, cores)
        least = 0
        for h in range(2):
            far = naive.dijkstra(n, edges, weight.tolist(), [int(home[h])])
            least += sum(int(c) * far[v] for v, c in enumerate(demand[h].tolist()) if far[v] < FAR)
            for u in np.flatnonzero(at == h).tolist():
                v = int(source[u])
                both = naive.disjoint_pair_weight(n, edges, weight.tolist(), v, int(home[h]))
                if far[v] < FAR:
                    least += int(cores[u]) * (both if both >= 0 else 2 * far[v])
        assert int((carried * weight).sum()) == least
