"""Distances against networkx; repeated shortest paths against their definition and optimum."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from naive import FAR

from geoplan._kernels.shortest_path_tree import distances, repeated_shortest_path


def csr(n: int, edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Adjacency by definition: each node's edges by id."""
    rows = [[(e, v if u == x else u) for e, (u, v) in enumerate(edges) if x in (u, v)]
            for x in range(n)]  # fmt: skip
    flat = [pair for row in rows for pair in row]
    return (
        np.cumsum([0, *map(len, rows)]).astype(np.int64),
        np.array([v for _, v in flat], dtype=np.int32),
        np.array([e for e, _ in flat], dtype=np.int32),
    )


def random_case(seed: int) -> tuple[int, list[tuple[int, int]], np.ndarray]:
    rng = np.random.default_rng([seed, 5])
    n = int(rng.integers(1, 14))
    m = 0 if n == 1 else int(rng.integers(0, 3 * n))
    edges = naive.random_graph(rng, n, m, connected=False) if m else []
    weight = rng.integers(0, 6 if seed % 2 else 10**9, len(edges))
    weight[rng.random(len(edges)) < 0.1] = FAR
    return n, edges, weight.astype(np.int64)


def test_distances_by_hand() -> None:
    """A chain 0 -3- 1 -4- 2, a dearer edge 0-2 of 9, a closed one to 3."""
    edges = [(0, 1), (1, 2), (0, 2), (2, 3)]
    found = distances(*csr(4, edges), np.array([3, 4, 9, FAR]), np.array([0], dtype=np.int32))
    assert found.tolist() == [0, 3, 7, FAR]


@pytest.mark.parametrize("seed", range(80))
def test_distances_equal_networkx(seed: int) -> None:
    n, edges, weight = random_case(seed)
    sources = np.random.default_rng(seed).integers(0, n, 1 + seed % 3).astype(np.int32)
    found = distances(*csr(n, edges), weight, sources)
    assert found.tolist() == naive.dijkstra(n, edges, weight.tolist(), sources.tolist())


def test_distances_without_sources_and_with_more_than_the_heap_starts_with() -> None:
    star = [(0, v) for v in range(1, 700)]
    graph, weight = csr(700, star), np.ones(699, dtype=np.int64)
    assert (distances(*graph, weight, np.zeros(0, dtype=np.int32)) == FAR).all()
    assert distances(*graph, weight, np.array([0], dtype=np.int32)).tolist() == [0] + [1] * 699
    every = np.arange(700, dtype=np.int32)
    assert not distances(*graph, weight, every).any()


def tree_of(n: int, edges: list, weight: np.ndarray, start: int, ends: set[int]) -> tuple:
    is_terminal = np.zeros(n, dtype=np.bool_)
    is_terminal[list(ends)] = True
    chosen, missing = repeated_shortest_path(*csr(n, edges), weight, start, is_terminal)
    return np.flatnonzero(chosen).tolist(), int(missing)


def test_the_second_terminal_hangs_on_the_tree_not_on_the_start() -> None:
    """0 -5- 1 -1- 2 and 0 -5- 2: after 1 (5) the way to 2 costs 1."""
    edges, weight = [(0, 1), (1, 2), (0, 2)], np.array([5, 1, 6])
    assert tree_of(3, edges, weight, 0, {1, 2}) == ([0, 1], 0)


@pytest.mark.parametrize("seed", range(120))
def test_tree_is_what_repeated_shortest_paths_give(seed: int) -> None:
    """Same weight as the slow twin (weights without ties), a tree, no bare branch."""
    rng = np.random.default_rng([seed, 6])
    n, edges, weight = random_case(seed)
    if seed % 2:  # ties: weights from 0 to 5
        unique = False
    else:
        weight = np.where(weight < FAR, rng.integers(1, 10**9, len(edges)), weight)
        unique = True
    ends = set(rng.choice(n, int(rng.integers(1, min(n, 4) + 1)), replace=False).tolist())
    start = int(rng.integers(0, n))
    chosen, missing = tree_of(n, edges, weight, start, ends)
    total = sum(int(weight[e]) for e in chosen)
    twin, twin_missing = naive.takahashi_matsuyama(n, edges, weight.tolist(), start, ends)
    assert missing == twin_missing
    if unique:
        assert total == twin
    tree = naive.multigraph(n, [])
    for e in chosen:
        tree.add_edge(*edges[e], key=e)
    reach = naive.reached(
        n, [*(edges[e] for e in chosen), *(edges[e][::-1] for e in chosen)], start
    )
    assert len(reach) == len(chosen) + 1  # connected to the start, no cycle
    assert len(ends - reach) == missing
    assert all(v in ends or v == start for v in reach if tree.degree(v) == 1)
    arcs = [*edges, *((v, u) for u, v in edges)]
    best = naive.arborescence(n, arcs, [*weight.tolist()] * 2, start, ends & reach)
    assert best <= total <= 2 * best
