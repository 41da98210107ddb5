"""Construction, local optimum and multi-start: trees, costs re-added, repeatable, never dearer."""

from __future__ import annotations

import naive
import networkx as nx
import numpy as np
import pytest

from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.optimize.steiner.search import construct, improve, multi_start


def instance_of(seed: int, n: int, extra: int, t: int) -> SteinerInstance:
    """A random connected multigraph with self-loops, zero costs and parallel edges."""
    rng = np.random.default_rng([seed, 21])
    edges = [*naive.random_graph(rng, n, n - 1 + extra), (0, 0)]
    ends = np.array(edges, dtype=np.int32)
    return SteinerInstance(
        n_nodes=n,
        tail=np.ascontiguousarray(ends[:, 0]),
        head=np.ascontiguousarray(ends[:, 1]),
        cost=rng.integers(0, 8 if seed % 2 else 10**6, len(edges)),
        terminals=rng.choice(n, t, replace=False).astype(np.int32),
    )


def check(instance: SteinerInstance, mask: np.ndarray, cost: int) -> None:
    """The mask is a tree over the terminals without a bare leaf and costs what is said."""
    assert int(instance.cost[mask].sum()) == cost
    tree = nx.MultiGraph()
    tree.add_nodes_from(instance.terminals.tolist())
    tree.add_edges_from(zip(instance.tail[mask].tolist(), instance.head[mask].tolist(),
                            strict=True))  # fmt: skip
    assert nx.is_connected(tree)
    assert tree.number_of_edges() == tree.number_of_nodes() - 1
    ends = set(instance.terminals.tolist())
    assert all(v in ends for v in tree if tree.degree(v) == 1)


def optimum(instance: SteinerInstance) -> int:
    arcs = [*zip(instance.tail.tolist(), instance.head.tolist(), strict=True)]
    arcs += [(v, u) for u, v in arcs]
    cost = instance.cost.tolist() * 2
    ends = instance.terminals.tolist()
    return naive.arborescence(instance.n_nodes, arcs, cost, ends[0], ends)


@pytest.mark.parametrize("seed", range(25))
def test_each_step_is_a_tree_and_no_dearer_than_the_one_before(seed: int) -> None:
    instance = instance_of(seed, 12, 10, 5)
    mask, cost = construct(instance)
    check(instance, mask, cost)
    better, less = improve(instance, mask)
    check(instance, better, less)
    assert less <= cost
    heard: list[int] = []
    best, least = multi_start(
        instance, seed=seed, rounds=6, deadline_s=60, starts=[better], on_improve=lambda m, c:
        (check(instance, m, c), heard.append(c)),
    )  # fmt: skip
    check(instance, best, least)
    assert heard == sorted(set(heard), reverse=True)
    assert heard[-1] == least
    assert optimum(instance) <= least <= less


def test_most_small_instances_are_solved() -> None:
    hits = 0
    for seed in range(20):
        instance = instance_of(seed, 11, 9, 5)
        hits += multi_start(instance, seed=0, rounds=4, deadline_s=60)[1] == optimum(instance)
    assert hits >= 19


def test_same_seed_same_tree() -> None:
    instance = instance_of(2, 40, 40, 9)
    runs = [multi_start(instance, seed=5, rounds=5, deadline_s=60) for _ in range(2)]
    assert (runs[0][0] == runs[1][0]).all()


def test_target_and_deadline_end_the_search() -> None:
    instance = instance_of(4, 30, 30, 6)
    start, cost = construct(instance)
    mask, same = multi_start(
        instance, seed=1, rounds=10**9, deadline_s=600, starts=[start], target=cost
    )
    assert same == cost
    assert (mask == start).all()
    check(instance, *multi_start(instance, seed=1, rounds=10**9, deadline_s=0.2))
    check(instance, *multi_start(instance, seed=1, rounds=0, deadline_s=60))


def test_only_allowed_edges_and_those_of_the_starts() -> None:
    """A square 0-1-2-3 with a cheap diagonal: closed, it is not taken."""
    instance = SteinerInstance(
        n_nodes=4,
        tail=np.array([0, 1, 2, 3, 0], dtype=np.int32),
        head=np.array([1, 2, 3, 0, 2], dtype=np.int32),
        cost=np.array([5, 5, 4, 4, 1]),
        terminals=np.array([0, 2], dtype=np.int32),
    )
    allowed = np.array([True, True, True, True, False])
    assert construct(instance)[1] == 1
    mask, cost = construct(instance, allowed=allowed)
    assert (mask.tolist(), cost) == ([False, False, True, True, False], 8)
    dear = np.array([True, True, False, False, False])
    only = np.array([True, True, False, False, False])
    assert improve(instance, dear, allowed=only)[1] == 10
    assert improve(instance, dear, allowed=allowed)[1] == 8
    assert improve(instance, dear)[1] == 1
    found = multi_start(instance, seed=0, rounds=3, deadline_s=60, starts=[dear], allowed=allowed)
    assert found[1] == 8
    weight = np.array([1, 1, 9, 9, 9])
    assert construct(instance, weight=weight, start=2, allowed=allowed)[1] == 10
    with pytest.raises(ValueError, match="1 terminals can't be reached"):
        construct(instance, allowed=np.array([True, False, False, False, False]))


def test_one_terminal_is_a_tree_without_edges() -> None:
    instance = instance_of(1, 6, 4, 1)
    mask, cost = multi_start(instance, seed=0, rounds=3, deadline_s=60)
    assert cost == 0
    assert not mask.any()
    assert not construct(instance)[0].any()


def test_costs_near_the_limit_do_not_overflow() -> None:
    """Costs that sum to just below 2**53."""
    small = instance_of(6, 16, 12, 5)
    factor = ((1 << 53) - 1) // int(small.cost.sum())
    large = SteinerInstance(
        n_nodes=small.n_nodes,
        tail=small.tail,
        head=small.head,
        cost=small.cost * factor,
        terminals=small.terminals,
    )
    mask, cost = multi_start(large, seed=0, rounds=9, deadline_s=60)
    check(large, mask, cost)
    assert cost == optimum(small) * factor
