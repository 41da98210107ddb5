"""Reductions against an exact dynamic program, on instances full of ties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from geoplan._kernels.dual_ascent import dual_ascent
from geoplan.optimize.steiner.eliminate import (
    Elimination,
    branchless_by_dual,
    extend_by_dual,
    fix_by_dual,
)
from geoplan.optimize.steiner.instance import Reduced, SteinerInstance
from geoplan.optimize.steiner.reduce import (
    apply_elimination,
    expand,
    project,
    reduce_instance,
)

INFINITE = 1 << 60


def make(n: int, edges: list[tuple[int, int, int]], terminals: list[int]) -> SteinerInstance:
    table = np.array(edges, np.int64).reshape(-1, 3)
    return SteinerInstance(
        n_nodes=n,
        tail=table[:, 0].astype(np.int32),
        head=table[:, 1].astype(np.int32),
        cost=table[:, 2].copy(),
        terminals=np.array(terminals, np.int32),
    )


def dreyfus_wagner(instance: SteinerInstance) -> tuple[int, list[int]]:
    """Return the optimum and the edges of an optimal tree; INFINITE when there is none."""
    terminals = instance.terminals.tolist()
    if len(terminals) < 2:
        return 0, []
    n = instance.n_nodes
    dist = [[0 if u == v else INFINITE for v in range(n)] for u in range(n)]
    ways: list[list[list[int]]] = [[[] for _ in range(n)] for _ in range(n)]
    rows = zip(instance.tail.tolist(), instance.head.tolist(), instance.cost.tolist(), strict=True)
    for e, (u, v, c) in enumerate(rows):
        if u != v and c < dist[u][v]:
            dist[u][v] = dist[v][u] = c
            ways[u][v] = ways[v][u] = [e]
    for k in range(n):
        for u in range(n):
            for v in range(n):
                if dist[u][k] + dist[k][v] < dist[u][v]:
                    dist[u][v] = dist[u][k] + dist[k][v]
                    ways[u][v] = ways[u][k] + ways[k][v]
    full = (1 << (len(terminals) - 1)) - 1
    cost = {
        1 << i: [(dist[t][v], ways[t][v]) for v in range(n)] for i, t in enumerate(terminals[:-1])
    }
    for members in range(1, full + 1):
        if members in cost:
            continue
        joined: list[tuple[int, list[int]]] = [(INFINITE, [])] * n
        part = (members - 1) & members
        while part:
            for v in range(n):
                a, b = cost[part][v], cost[members ^ part][v]
                if a[0] + b[0] < joined[v][0]:
                    joined[v] = (a[0] + b[0], a[1] + b[1])
            part = (part - 1) & members
        cost[members] = [
            min((joined[u][0] + dist[u][v], joined[u][1] + ways[u][v]) for u in range(n))
            for v in range(n)
        ]
    best, edges = cost[full][terminals[-1]]
    return min(best, INFINITE), sorted(set(edges))


def random_instance(seed: int) -> SteinerInstance:
    """Return a connected instance: a random tree, chords, parallel edges, loops, many ties."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 15))
    most = int(rng.choice([1, 2, 4, 10, 1000]))
    low = int(rng.integers(0, 2))
    edges = [
        (int(rng.integers(max(0, v - 4), v)), v, int(rng.integers(low, most + 1)))
        for v in range(1, n)
    ]
    for _ in range(int(rng.integers(0, 2 * n + 1))):
        u, v = (int(x) for x in rng.integers(0, n, 2))
        edges.append((u, v, int(rng.integers(low, most + 1))))
    order = rng.permutation(len(edges))
    names = rng.permutation(n)
    edges = [(int(names[edges[i][0]]), int(names[edges[i][1]]), edges[i][2]) for i in order]
    n_terminals = int(rng.integers(1, min(n, 6) + 1))
    return make(n, edges, rng.permutation(n)[:n_terminals].tolist())


def assert_tree(instance: SteinerInstance, edges: NDArray[np.int32]) -> int:
    """Check that the edges are a tree that spans the terminals; return its cost."""
    part = list(range(instance.n_nodes))

    def find(v: int) -> int:
        while part[v] != v:
            v = part[v]
        return v

    for e in edges.tolist():
        a, b = find(int(instance.tail[e])), find(int(instance.head[e]))
        assert a != b, "a cycle"
        part[a] = b
    assert len({find(t) for t in instance.terminals.tolist()}) <= 1, "terminals apart"
    return int(instance.cost[edges].sum())


def assert_simple(reduced: Reduced) -> None:
    """Check the promises of the value: no loops, no parallel edges, distinct terminals."""
    instance = reduced.instance
    assert (instance.tail != instance.head).all()
    pairs = {
        (min(u, v), max(u, v))
        for u, v in zip(instance.tail.tolist(), instance.head.tolist(), strict=True)
    }
    assert len(pairs) == instance.n_edges
    assert len(set(instance.terminals.tolist())) == len(instance.terminals)
    assert len(reduced.item_ptr) == instance.n_edges + 1
    assert reduced.item_ptr[-1] == len(reduced.items)


@pytest.mark.parametrize("block", range(10))
def test_optimum_is_kept_and_found_again(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        instance = random_instance(seed)
        optimum, _ = dreyfus_wagner(instance)
        reduced = reduce_instance(instance)
        assert_simple(reduced)
        rest, edges = dreyfus_wagner(reduced.instance)
        assert rest + reduced.fixed_cost == optimum, seed
        tree = expand(reduced, np.array(edges, np.int32), instance)
        assert assert_tree(instance, tree) == optimum, seed


def reduced_costs(instance: SteinerInstance, root: int) -> tuple[int, NDArray[np.int64]]:
    """Return bound and reduced costs of dual ascent."""
    arc_tail = np.concatenate([instance.tail, instance.head])
    arc_head = np.concatenate([instance.head, instance.tail])
    ptr = np.concatenate([[0], np.cumsum(np.bincount(arc_head, minlength=instance.n_nodes))])
    in_arc = np.argsort(arc_head, kind="stable").astype(np.int32)
    arc_reduced = np.concatenate([instance.cost, instance.cost]).astype(np.int64)
    bound = dual_ascent(
        ptr.astype(np.int64), in_arc, arc_tail, arc_reduced, root, instance.terminals
    )
    return int(bound), arc_reduced


@pytest.mark.parametrize("block", range(5))
@pytest.mark.parametrize("above", [0, 1, 3])
def test_elimination_keeps_what_is_better_than_the_known_tree(block: int, above: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        instance = random_instance(5000 + seed)
        optimum, _ = dreyfus_wagner(instance)
        upper = optimum + above
        root = int(instance.terminals[seed % len(instance.terminals)])
        lower, arc_reduced = reduced_costs(instance, root)
        mask = fix_by_dual(instance, root, arc_reduced, lower, upper)
        reduced = apply_elimination(as_it_is(instance), mask)
        if reduced is None:
            assert above == 0
            continue
        assert_simple(reduced)
        rest, edges = dreyfus_wagner(reduced.instance)
        total = rest + reduced.fixed_cost
        assert total >= optimum
        if above > 0:
            assert total == optimum, seed
        tree = expand(reduced, np.array(edges, np.int32), instance)
        assert assert_tree(instance, tree) == total, seed


def random_grid(seed: int) -> SteinerInstance:
    """Return streets: a grid with gaps and a few diagonals, where extended tests have work."""
    rng = np.random.default_rng(seed)
    rows, columns = (int(x) for x in rng.integers(2, 6, 2))
    n = rows * columns
    most = int(rng.choice([2, 4, 10, 1000]))
    edges = []
    for v in range(n):
        for w in (v + 1 if (v + 1) % columns else n, v + columns, v + columns + 1):
            if w < n and rng.random() < (0.9 if w != v + columns + 1 else 0.2):
                edges.append((v, w, int(rng.integers(1, most + 1))))
    edges += [(v, v + 1, 2 * most) for v in range(n - 1)]
    terminals = rng.permutation(n)[: int(rng.integers(2, min(n, 6) + 1))].tolist()
    table: dict[tuple[int, int], int] = {}
    for u, v, c in edges:
        table.setdefault((u, v), c)
    return make(n, [(u, v, c) for (u, v), c in table.items()], terminals)


def as_it_is(instance: SteinerInstance) -> Reduced:
    """Return the instance as a reduced one where nothing was done."""
    m = instance.n_edges
    return Reduced(
        instance,
        0,
        np.empty(0, np.int32),
        np.arange(m + 1, dtype=np.int64),
        np.arange(m, dtype=np.int32),
    )


@pytest.mark.parametrize("block", range(8))
def test_grids_keep_their_optimum(block: int) -> None:
    for seed in range(block * 50, block * 50 + 50):
        instance = random_grid(seed)
        optimum, _ = dreyfus_wagner(instance)
        reduced = reduce_instance(instance, effort=5)
        rest, edges = dreyfus_wagner(reduced.instance)
        assert rest + reduced.fixed_cost == optimum, seed
        tree = expand(reduced, np.array(edges, np.int32), instance)
        assert assert_tree(instance, tree) == optimum, seed


@pytest.mark.parametrize("block", range(8))
@pytest.mark.parametrize("above", [0, 1, 2, INFINITE])
def test_extended_tests_alone_keep_what_is_better(block: int, above: int) -> None:
    """``above`` INFINITE: a bound that says nothing, so only bottleneck distances rule out."""
    n_out = 0
    for seed in range(block * 25, block * 25 + 25):
        instance = random_grid(1000 + seed)
        optimum, _ = dreyfus_wagner(instance)
        upper = min(optimum + above, 1 << 50)
        root = int(instance.terminals[seed % len(instance.terminals)])
        lower, arc_reduced = reduced_costs(instance, root)
        nothing = Elimination(
            np.zeros(instance.n_edges, np.bool_), np.zeros(instance.n_nodes, np.bool_)
        )
        found = extend_by_dual(instance, root, arc_reduced, lower, upper, nothing, effort=4)
        n_out += int(found.edges.sum()) + int(found.branchless.sum())
        kept = ~found.edges
        left = replace(
            instance, tail=instance.tail[kept], head=instance.head[kept], cost=instance.cost[kept]
        )
        rest, _ = dreyfus_wagner(left)
        assert rest == optimum or above == 0, seed
        found.branchless[:] |= branchless_by_dual(instance, root, arc_reduced, lower, upper)
        reduced = apply_elimination(
            as_it_is(instance), found.edges, branchless=found.branchless, effort=0
        )
        if reduced is None:
            assert above == 0
            continue
        rest, edges = dreyfus_wagner(reduced.instance)
        total = rest + reduced.fixed_cost
        assert total == optimum or (above == 0 and total > optimum), seed
        tree = expand(reduced, np.array(edges, np.int32), instance)
        assert assert_tree(instance, tree) == total, seed
    assert n_out > 100


def test_two_steps_of_reduction_compose() -> None:
    for seed in range(200):
        instance = random_instance(9000 + seed)
        optimum, _ = dreyfus_wagner(instance)
        first = reduce_instance(instance)
        second = apply_elimination(first, np.zeros(first.instance.n_edges, np.bool_))
        assert second is not None
        rest, edges = dreyfus_wagner(second.instance)
        assert rest + second.fixed_cost == optimum
        assert assert_tree(instance, expand(second, np.array(edges, np.int32), instance)) == optimum


def test_project_takes_edges_with_all_their_items() -> None:
    reduced = Reduced(
        make(3, [(0, 1, 3), (1, 2, 4)], [0, 2]),
        0,
        np.empty(0, np.int32),
        np.array([0, 2, 3]),
        np.array([0, 1, 2], np.int32),
    )
    assert project(reduced, np.array([True, True, False])).tolist() == [True, False]
    assert project(reduced, np.array([True, False, True])).tolist() == [False, True]


def test_terminals_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="hang together"):
        reduce_instance(make(4, [(0, 1, 1), (2, 3, 1)], [0, 3]))


@pytest.mark.parametrize("terminals", [[], [1]])
def test_nothing_to_connect_is_solved(terminals: list[int]) -> None:
    reduced = reduce_instance(make(3, [(0, 1, 1), (1, 2, 1)], terminals))
    assert reduced.fixed_cost == 0
    assert reduced.instance.n_edges == 0
    assert len(reduced.fixed_edges) == 0


def test_no_edges_at_all() -> None:
    reduced = reduce_instance(make(2, [], [1]))
    assert reduced.fixed_cost == 0
    assert reduced.instance.n_edges == 0


def test_huge_costs_do_not_overflow() -> None:
    big = (1 << 53) // 8
    instance = make(4, [(0, 1, big), (1, 2, big), (2, 3, big), (3, 0, big)], [0, 1, 2, 3])
    reduced = reduce_instance(instance)
    assert reduced.fixed_cost == 3 * big
    assert len(reduced.fixed_edges) == 3
