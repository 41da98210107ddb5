"""Kernels of the prize-collecting problem, on graphs small enough to see through."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geoplan._kernels.steiner_budget import depth_first, fill_nodes, tree_knapsack
from geoplan._kernels.steiner_prizes import (
    FAR,
    best_tree,
    drop_nodes,
    grow_nodes,
    insert_nodes,
    merge_chains,
    peel,
)
from geoplan.optimize.graph_arrays import adjacency

Rows = list[tuple[int, int, int]]


class _Graph:
    """Edges (one end, other end, cost) with prizes by node."""

    def __init__(self, rows: Rows, prizes: list[int]) -> None:
        array = np.array(rows, np.int64).reshape(-1, 3)
        self.n = len(prizes)
        graph = adjacency(self.n, array[:, 0].astype(np.int32), array[:, 1].astype(np.int32))
        self.net = (graph.ptr, graph.nbr, graph.eid, array[:, 2].copy())
        self.prizes = np.array(prizes, np.int64)

    def mask(self, *nodes: int) -> np.ndarray:
        return np.isin(np.arange(self.n), nodes)


# root 0 - 1 - 2 - 3, prizes at 2 and 3
CHAIN = _Graph([(0, 1, 4), (1, 2, 4), (2, 3, 2)], [0, 0, 7, 3])


def test_grow_joins_what_is_worth_more_than_its_way() -> None:
    start = CHAIN.mask(0)
    # 8 to node 2: not worth it at 7 or 8, worth it at 9; from there node 3 is 2 away
    for worth, nodes in ((7, [0]), (8, [0]), (9, [0, 1, 2, 3])):
        grown = grow_nodes(*CHAIN.net, np.array([0, 0, worth, 3]), start)
        assert np.flatnonzero(grown).tolist() == nodes
    assert np.flatnonzero(start).tolist() == [0]


def test_grow_uses_no_edge_of_weight_far() -> None:
    ptr, nbr, eid, weight = CHAIN.net
    weight = np.where(np.arange(3) == 1, FAR, weight)
    grown = grow_nodes(ptr, nbr, eid, weight, np.full(4, FAR), CHAIN.mask(0))
    assert np.flatnonzero(grown).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("prizes", "needs", "nodes", "gain"),
    [
        ([0, 0, 7, 3], [], [0], 0),
        ([0, 0, 7, 4], [], [0, 1, 2, 3], 1),
        ([0, 0, 7, 6], [], [0, 1, 2, 3], 3),
        ([5, 0, 9, 1], [], [0, 1, 2], 6),
        ([0, 0, 0, 0], [1], [0, 1], -4),
    ],
)
def test_best_tree_cuts_what_does_not_pay(
    prizes: list[int], needs: list[int], nodes: list[int], gain: int
) -> None:
    required = CHAIN.mask(0, *needs)
    everything = np.ones(4, np.bool_)
    tree = best_tree(*CHAIN.net, np.array(prizes), required, everything, 0)
    assert sorted(tree.order.tolist()) == nodes
    assert tree.gain == gain
    assert tree.order[0] == 0
    assert tree.up[0] == -1
    for v in tree.order[1:].tolist():
        assert tree.up[v] in nodes


def test_best_tree_says_when_a_required_node_is_not_in_the_set() -> None:
    tree = best_tree(*CHAIN.net, CHAIN.prizes, CHAIN.mask(0, 3), CHAIN.mask(0, 1, 3), 0)
    assert tree.gain == -FAR


def test_insert_puts_the_hub_of_a_star_into_a_ring() -> None:
    """Three nodes joined at 5 each; a hub at 2 from each of them: 6 against 10."""
    graph = _Graph([(0, 1, 5), (1, 2, 5), (0, 2, 5), (0, 3, 2), (1, 3, 2), (2, 3, 2)], [0] * 4)
    inside = graph.mask(0, 1, 2)
    needs = graph.mask(0, 1, 2)
    tree = best_tree(*graph.net, graph.prizes, needs, inside, 0)
    assert tree.gain == -10
    up, up_edge = tree.up.copy(), tree.up_edge.copy()
    assert insert_nodes(*graph.net, graph.prizes, inside, up, up_edge, 0, 10**6) == 1
    assert inside.all()
    assert best_tree(*graph.net, graph.prizes, needs, inside, 0).gain == -6
    assert sorted(up_edge[up_edge >= 0].tolist()) == [3, 4, 5]


def test_insert_leaves_the_tree_as_it_was_when_nothing_is_saved() -> None:
    graph = _Graph([(0, 1, 3), (0, 2, 2), (1, 2, 2)], [0, 0, 0])
    inside = graph.mask(0, 1)
    tree = best_tree(*graph.net, graph.prizes, inside, inside, 0)
    up, up_edge = tree.up.copy(), tree.up_edge.copy()
    assert insert_nodes(*graph.net, graph.prizes, inside, up, up_edge, 0, 10**6) == 0
    assert np.flatnonzero(inside).tolist() == [0, 1]
    assert (up == tree.up).all()
    assert (up_edge == tree.up_edge).all()


def test_drop_finds_the_detour_without_a_node() -> None:
    """0 - 1 - 2 costs 8, 0 - 2 costs 6: node 1 collects 1, so it goes."""
    graph = _Graph([(0, 1, 4), (1, 2, 4), (0, 2, 6)], [0, 1, 20])
    inside = np.ones(3, np.bool_)
    needs = graph.mask(0)
    gain = best_tree(*graph.net, graph.prizes, needs, inside, 0).gain
    assert gain == 13
    tries = np.array([0, 1, 2], np.int32)
    assert drop_nodes(*graph.net, graph.prizes, needs, inside, 0, gain, tries) == 14
    assert np.flatnonzero(inside).tolist() == [0, 2]


def test_peel_takes_dead_ends_one_after_the_other() -> None:
    """Node 3 does not pay (3 > 2), then node 2 is a dead end that does (7 > 4)."""
    graph = _Graph([(0, 1, 4), (1, 2, 4), (2, 3, 3)], [0, 0, 7, 2])
    assert peel(*graph.net, graph.prizes, graph.mask(0)).tolist() == [False, False, True]
    graph = _Graph([(0, 1, 4), (1, 2, 7), (2, 3, 3)], [0, 0, 7, 2])
    assert peel(*graph.net, graph.prizes, graph.mask(0)).tolist() == [True, True, True]
    assert peel(*graph.net, graph.prizes, graph.mask(0, 3)).tolist() == [False] * 3


def test_merge_chains_keeps_the_way_back() -> None:
    """0 - 1 - 2 - 3 with 0 and 3 kept, a ring 3 - 4 - 5 - 3, and an edge 0 - 3."""
    rows = [(0, 1, 1), (1, 2, 2), (2, 3, 3), (3, 4, 4), (4, 5, 5), (5, 3, 6), (0, 3, 7)]
    graph = _Graph(rows, [0] * 6)
    tail, head, cost, ptr, items = merge_chains(*graph.net, graph.mask(0, 3))
    pieces = [sorted(items[ptr[i] : ptr[i + 1]].tolist()) for i in range(len(cost))]
    assert sorted(zip(cost.tolist(), pieces, strict=True)) == [(6, [0, 1, 2]), (7, [6])]
    assert set(tail.tolist()) | set(head.tolist()) == {0, 3}


def test_fill_takes_the_best_value_for_money_first() -> None:
    """Worth 9 for 3, 6 for 1, and 100 out of reach."""
    graph = _Graph([(0, 1, 3), (0, 2, 1), (2, 3, 50)], [0, 9, 6, 100])
    for money, nodes, left in ((3, [0, 2], 2), (4, [0, 1, 2], 0), (0, [0], 0)):
        inside = graph.mask(0)
        assert fill_nodes(*graph.net, graph.prizes, inside, money, 10) == left
        assert np.flatnonzero(inside).tolist() == nodes


def _random_tree(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    b = int(rng.integers(1, 11))
    up = np.array([-1, *(int(rng.integers(0, v)) for v in range(1, b))], np.int32)
    return np.arange(b, dtype=np.int32), up


def test_depth_first_keeps_branches_together() -> None:
    for seed in range(50):
        order, up = _random_tree(seed)
        nodes, sizes = depth_first(order, up)
        assert sorted(nodes.tolist()) == order.tolist()
        for at, (v, size) in enumerate(zip(nodes.tolist(), sizes.tolist(), strict=True)):
            branch = set(nodes[at : at + size].tolist())
            for w in range(len(up)):
                above = w
                while above not in (v, -1):
                    above = int(up[above])
                assert (w in branch) == (above == v)


def test_knapsack_on_a_tree_against_every_choice() -> None:
    chosen = 0
    for seed in range(200):
        order, up = _random_tree(seed)
        rng = np.random.default_rng([seed, 1])
        nodes, sizes = depth_first(order, up)
        b = len(order)
        cost, prize = rng.integers(0, 6, b), rng.integers(0, 6, b)
        forced = np.zeros(b, np.bool_)
        if seed % 3 == 0:
            v = int(rng.integers(0, b))
            while v >= 0:
                forced[v] = True
                v = int(up[v])
        money = int(rng.integers(0, 16))
        best = -1
        for keep in itertools.product((False, True), repeat=b):
            whole = all(not keep[v] or up[v] < 0 or keep[up[v]] for v in range(b))
            if whole and all(keep[v] for v in range(b) if forced[v]):
                mask = np.array(keep)
                if cost[mask].sum() <= money:
                    best = max(best, int(prize[mask].sum()))
        taken, exact = tree_knapsack(sizes, cost[nodes], prize[nodes], forced[nodes], money, 10_000)
        assert exact
        if best < 0:
            assert not taken.any()
            continue
        mask = np.zeros(b, np.bool_)
        mask[nodes[taken]] = True
        assert all(not mask[v] or up[v] < 0 or mask[up[v]] for v in range(b))
        assert not (forced & ~mask).any()
        assert cost[mask].sum() <= money
        assert prize[mask].sum() == best, seed
        chosen += best > 0
    assert chosen >= 100


def test_knapsack_with_few_states_says_so_and_stays_within_the_money() -> None:
    b = 40
    rng = np.random.default_rng(0)
    sizes = np.ones(b, np.int64)
    sizes[0] = b
    cost, prize = rng.integers(1, 1000, b), rng.integers(1, 1000, b)
    cost[0] = 0
    forced = np.zeros(b, np.bool_)
    forced[0] = True
    best, exact = tree_knapsack(sizes, cost, prize, forced, 5000, 10**6)
    few, cut = tree_knapsack(sizes, cost, prize, forced, 5000, 64)
    assert exact
    assert not cut
    assert cost[few].sum() <= 5000
    assert 0.95 * prize[best].sum() <= prize[few].sum() <= prize[best].sum()
