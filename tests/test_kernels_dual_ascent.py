"""Dual ascent: by hand, against the exact directed Steiner optimum, and its own invariants."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from geoplan._kernels.dual_ascent import dual_ascent

Arcs = list[tuple[int, int]]


def ascend(
    n: int, arcs: Arcs, cost: list[int], root: int, terminals: list[int]
) -> tuple[int, list[int]]:
    """Return the bound and the reduced costs."""
    head = np.array([v for _, v in arcs], dtype=np.int64)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(head, minlength=n))]).astype(np.int64)
    reduced = np.array(cost, dtype=np.int64)
    bound = dual_ascent(
        ptr,
        np.argsort(head, kind="stable").astype(np.int32),
        np.array([u for u, _ in arcs], dtype=np.int32),
        reduced,
        root,
        np.array(terminals, dtype=np.int32),
    )
    return int(bound), reduced.tolist()


def random_case(seed: int) -> tuple[int, Arcs, list[int], int, list[int]]:
    """A connected graph, both arcs of every edge, at costs of their own."""
    rng = np.random.default_rng([seed, 3])
    n = int(rng.integers(2, 10))
    edges = naive.random_graph(rng, n, int(rng.integers(n, 2 * n + 3)))
    arcs = [*edges, *((v, u) for u, v in edges)]
    one = rng.integers(0, 20, len(edges))
    cost = np.concatenate([one, one if rng.random() < 0.5 else rng.integers(0, 20, len(edges))])
    terminals = rng.choice(n, int(rng.integers(1, min(n, 5) + 1)), replace=False)
    return n, arcs, cost.tolist(), int(rng.integers(0, n)), terminals.tolist()


def test_two_leaves_behind_one_trunk() -> None:
    """0 -5-> 1, 1 -2-> 2, 1 -3-> 3: the cuts at 2 and 3 raise 2 + 3, the trunk's cut 5."""
    bound, reduced = ascend(4, [(0, 1), (1, 2), (1, 3)], [5, 2, 3], 0, [2, 3])
    assert bound == 10
    assert reduced == [0, 0, 0]


def test_the_cheaper_of_two_ways_is_saturated() -> None:
    """Ways 0-1-2 (1 + 2) and 0-2 (5): the bound is 3, and 2 is left of the dear arc."""
    bound, reduced = ascend(3, [(0, 1), (1, 2), (0, 2)], [1, 2, 5], 0, [2])
    assert bound == 3
    assert reduced == [0, 0, 2]


def test_a_terminal_without_any_way_is_reported() -> None:
    assert ascend(3, [(0, 1), (2, 1)], [1, 1], 0, [1, 2])[0] == -1


@pytest.mark.parametrize("terminals", [[], [0]])
def test_nothing_to_reach_costs_nothing(terminals: list[int]) -> None:
    assert ascend(2, [(0, 1)], [4], 0, terminals) == (0, [4])


def test_arcs_that_cost_nothing_need_no_raise() -> None:
    assert ascend(4, [(0, 1), (1, 2), (2, 3)], [0, 0, 0], 0, [1, 2, 3]) == (0, [0, 0, 0])


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_bound_stays_below_the_exact_optimum_and_reduced_costs_are_what_is_left(
    first: int,
) -> None:
    """Every arborescence enters each raised cut: it loses at least the bound in reduced cost."""
    tight = 0
    for seed in range(first, first + 50):
        n, arcs, cost, root, terminals = random_case(seed)
        bound, reduced = ascend(n, arcs, cost, root, terminals)
        best = naive.arborescence(n, arcs, cost, root, terminals)
        assert 0 <= bound <= best
        assert all(0 <= left <= paid for left, paid in zip(reduced, cost, strict=True))
        assert naive.arborescence(n, arcs, reduced, root, terminals) == 0
        # any solution: cost = cost in reduced costs + raises it is entered by >= that + bound
        used = np.random.default_rng(seed).random(len(arcs)) < 0.8
        solution = [a for a in range(len(arcs)) if used[a]]
        if set(terminals) <= naive.reached(n, [arcs[a] for a in solution], root):
            assert sum(cost[a] - reduced[a] for a in solution) >= bound
        tight += bound == best
    assert tight >= 30  # 40 to 50 of 50 seen


@pytest.mark.parametrize("seed", range(60))
def test_every_terminal_hangs_on_the_root_over_saturated_arcs(seed: int) -> None:
    n, arcs, cost, root, terminals = random_case(seed)
    _, reduced = ascend(n, arcs, cost, root, terminals)
    saturated = [arc for arc, left in zip(arcs, reduced, strict=True) if left == 0]
    assert set(terminals) <= naive.reached(n, saturated, root)


@pytest.mark.parametrize("seed", range(60))
def test_a_second_ascent_backwards_on_what_is_left_bounds_ways_in_and_out_together(
    seed: int,
) -> None:
    """Arc sets with ways to the terminals and back pay for the cuts of both: minimal ones."""
    n, arcs, cost, root, terminals = random_case(seed)
    into, reduced = ascend(n, arcs, cost, root, terminals)
    out, left = ascend(n, [(v, u) for u, v in arcs], reduced, root, terminals)
    assert min(left) >= 0
    rng, ends = np.random.default_rng(seed), set(terminals)
    for _ in range(4):
        kept = list(range(len(arcs)))
        for a in rng.permutation(len(arcs)).tolist():
            fewer = [arcs[k] for k in kept if k != a]
            back = [(v, u) for u, v in fewer]
            if ends <= naive.reached(n, fewer, root) and ends <= naive.reached(n, back, root):
                kept.remove(a)
        assert sum(cost[k] for k in kept) >= into + out


def test_costs_of_a_city_do_not_overflow() -> None:
    most = 10**12
    bound, _ = ascend(3, [(0, 1), (1, 2)], [most, most], 0, [2])
    assert bound == 2 * most
