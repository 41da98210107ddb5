"""Cuts without a risk group: by hand, and below the best pair of ways by enumeration."""

from __future__ import annotations

import itertools

import naive
import numpy as np
import pytest

from geoplan._kernels.group_cuts import raise_group_cuts


def raised(
    n: int, edges: list[tuple[int, int]], cost: list[int], groups: list[list[int]], hubs: list[int]
) -> tuple[int, list[int]]:
    """Return the raises and what is left, for a core at node 0."""
    at = [[(e, a + b - x) for e, (a, b) in enumerate(edges) if x in (a, b)] for x in range(n)]
    count = 1 + max(g for of_edge in groups for g in of_edge)
    members = [[e for e, of_edge in enumerate(groups) if g in of_edge] for g in range(count)]
    left = np.array(cost, dtype=np.int64)
    tail, head = (np.array(ends, dtype=np.int32) for ends in zip(*edges, strict=True))
    total = raise_group_cuts(
        np.cumsum([0, *map(len, at)]).astype(np.int64),
        np.array([v for row in at for _, v in row], dtype=np.int32),
        np.array([e for row in at for e, _ in row], dtype=np.int32),
        tail,
        head,
        left,
        np.cumsum([0, *map(len, groups)]).astype(np.int64),
        np.array([g for of_edge in groups for g in of_edge], dtype=np.int32),
        np.cumsum([0, *map(len, members)]).astype(np.int64),
        np.array([e for edges_of in members for e in edges_of], dtype=np.int32),
        0,
        np.array(hubs, dtype=np.int32),
    )
    return int(total), left.tolist()


def test_a_cheap_edge_does_not_pay_for_the_dear_second_way() -> None:
    """Edges 0-1 of 1 and of 100: the ball pays 1 on both, then 99 on the dear one alone."""
    assert raised(2, [(0, 1), (0, 1)], [1, 100], [[0], [1]], [1]) == (100, [0, 0])


def test_a_shared_group_closes_both_edges() -> None:
    """Edges of 1 and 2 lie in one trench: the second way is the third edge."""
    assert raised(2, [(0, 1)] * 3, [1, 2, 100], [[0], [0], [1]], [1])[0] == 100


def test_a_single_way_pays_once() -> None:
    assert raised(2, [(0, 1)], [7], [[0]], [1]) == (7, [0])


def test_no_hub_no_raise() -> None:
    assert raised(2, [(0, 1)], [7], [[0]], []) == (0, [7])


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_any_two_ways_that_share_no_group_lose_at_least_the_raises(first: int) -> None:
    """For every choice of pairs: cost - what is left of its edges >= the sum of all raises."""
    checked = 0
    for seed in range(first, first + 30):
        rng = np.random.default_rng([seed, 11])
        n = int(rng.integers(3, 7))
        m = int(rng.integers(n, 11))
        edges = naive.random_graph(rng, n, m)
        groups = [[e] for e in range(m)]
        for e in rng.choice(m, 4).tolist():
            groups[e].append(m + int(rng.integers(0, 2)))
        groups = [sorted(set(of_edge)) for of_edge in groups]
        cost = rng.integers(0, 50, m).tolist()
        hubs = rng.choice(np.arange(1, n), min(2, n - 1), replace=False).tolist()
        total, left = raised(n, edges, cost, groups, hubs)
        assert all(0 <= b <= a for a, b in zip(cost, left, strict=True))
        pairs = []
        for hub in hubs:
            paths = naive.simple_paths(n, edges, hub, 0)
            risk = [{g for e in path for g in groups[e]} for path in paths]
            pairs.append([
                set(paths[i]) | set(paths[j])
                for i, j in itertools.combinations(range(len(paths)), 2)
                if not risk[i] & risk[j]
            ])  # fmt: skip
        for chosen in itertools.islice(itertools.product(*pairs), 300):
            built = set().union(*chosen)
            assert sum(cost[e] - left[e] for e in built) >= total
            checked += 1
    assert checked >= 300
