"""Locks: against every set of edges that keeps them, for both kinds of problem."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from geoplan.errors import InfeasibleError, InputError
from geoplan.optimize.steiner.budget import solve_budget
from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.optimize.steiner.locks import apply_locks
from geoplan.optimize.steiner.prizes import PrizeInstance, solve_prizes
from geoplan.optimize.steiner.solve import solve_steiner


def _ring() -> SteinerInstance:
    """A ring 0 - 1 - 2 - 3 - 0 of costs 1, 2, 3, 4 with a chord 1 - 3 of cost 9; join 0 and 2."""
    return SteinerInstance(
        n_nodes=4,
        tail=np.array([0, 1, 2, 3, 1], np.int32),
        head=np.array([1, 2, 3, 0, 3], np.int32),
        cost=np.array([1, 2, 3, 4, 9], np.int64),
        terminals=np.array([0, 2], np.int32),
    )


def _prized() -> PrizeInstance:
    """The ring with root 0 and prizes 2 on node 2, 5 on node 3."""
    ring = _ring()
    return PrizeInstance(4, ring.tail, ring.head, ring.cost, 0, np.array([0, 0, 2, 5], np.int64))


def _solved(instance: SteinerInstance, **locks: list[int]) -> tuple[int, list[int]]:
    locked = apply_locks(instance, **locks)
    result = solve_steiner(locked.instance)
    assert result.status == "optimal"
    return result.cost + locked.fixed_cost, locked.original_edges(result.edges).tolist()


def test_ring_without_locks() -> None:
    assert _solved(_ring()) == (3, [0, 1])


def test_a_forbidden_edge_sends_the_way_round() -> None:
    assert _solved(_ring(), forbidden=[1]) == (7, [2, 3])


def test_a_forced_edge_is_paid_even_if_it_is_of_no_use() -> None:
    assert _solved(_ring(), forced=[2]) == (6, [0, 1, 2])
    assert _solved(_ring(), forced=[4]) == (12, [0, 1, 4])


def test_what_exists_costs_nothing_and_may_be_a_ring() -> None:
    assert _solved(_ring(), existing=[2, 3]) == (0, [2, 3])
    assert _solved(_ring(), existing=[0, 3, 4]) == (2, [0, 1, 3])
    # forced and existing at once: it exists, so it is not paid
    assert _solved(_ring(), existing=[2], forced=[2]) == (3, [0, 1, 2])


def test_prizes_of_contracted_nodes_come_together() -> None:
    locked = apply_locks(_prized(), forced=[2])
    at = locked.node_map
    assert at[2] == at[3] != at[0]
    assert locked.instance.prizes[at[2]] == 7
    assert bool(locked.instance.needs[at[2]])
    result = solve_prizes(locked.instance)
    assert result.objective + locked.fixed_cost == 6
    assert locked.original_edges(result.edges).tolist() == [0, 1, 2]
    assert solve_prizes(_prized()).objective == 6  # edge 3 and the prize of node 2, or all


def test_locks_hold_under_a_budget() -> None:
    """With 7 in all, edge 3 forced: 4 for node 3, then 3 for node 2."""
    locked = apply_locks(_prized(), forced=[3], forbidden=[0])
    result = solve_budget(locked.instance, money=7 - locked.fixed_cost)
    assert (result.value, locked.original_edges(result.edges).tolist()) == (7, [2, 3])


def test_arrays_can_not_be_changed() -> None:
    locked = apply_locks(_ring(), forced=[2])
    for array in (locked.fixed_edges, locked.edge_map, locked.node_map):
        assert not array.flags.writeable


def test_every_contradiction_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        apply_locks(_ring(), forced=[0, 1, 2, 3, 9], forbidden=[1, -2], existing=[5])
    found = {(fault.rule, fault.row) for fault in caught.value.faults}
    assert found == {
        ("locks.range", "9"),
        ("locks.range", "-2"),
        ("locks.range", "5"),
        ("locks.contradiction", "1"),
        ("locks.ring", "3"),
    }


def test_forced_edges_may_not_close_a_ring() -> None:
    with pytest.raises(InputError, match="ring"):
        apply_locks(_ring(), forced=[0, 3, 4])
    with pytest.raises(InputError, match="ring"):
        apply_locks(_ring(), forced=[4], existing=[0, 3])
    loop = replace(_ring(), head=np.array([1, 2, 3, 0, 1], np.int32))
    with pytest.raises(InputError, match="ring"):
        apply_locks(loop, forced=[4])
    with pytest.raises(InputError, match="existing and forbidden"):
        apply_locks(loop, existing=[1], forbidden=[1])


def test_what_is_cut_off_is_named() -> None:
    with pytest.raises(InfeasibleError, match="node 2 is cut off"):
        apply_locks(_ring(), forbidden=[1, 2])
    # node 2 needs no connection here, but a forced edge out there does
    ring = replace(_prized(), n_nodes=6, prizes=np.zeros(6, np.int64))
    ring = replace(
        ring,
        tail=np.append(ring.tail, 4).astype(np.int32),
        head=np.append(ring.head, 5).astype(np.int32),
        cost=np.append(ring.cost, 1),
    )
    assert apply_locks(ring, forbidden=[1, 2]).instance.n_edges == 4
    with pytest.raises(InfeasibleError, match="node 4 is cut off"):
        apply_locks(ring, forced=[5])
    with pytest.raises(InfeasibleError, match="node 2 is cut off"):
        apply_locks(replace(ring, required=np.array([2], np.int32)), forbidden=[1, 2])


# ---- against every set of edges ---------------------------------------------------------------


def _nodes(instance: PrizeInstance, edges: tuple[int, ...]) -> set[int] | None:
    """Nodes of a tree that holds the root; None when the edges are no such tree."""
    nodes, left = {instance.root}, list(edges)
    while left:
        for e in left:
            ends = {int(instance.tail[e]), int(instance.head[e])}
            if len(nodes & ends) == 1 and len(ends) == 2:
                nodes |= ends
                left.remove(e)
                break
        else:
            return None
    return nodes


def _random(seed: int) -> tuple[PrizeInstance, list[int], list[int]]:
    rng = np.random.default_rng([seed, 9])
    n, m = int(rng.integers(3, 6)), int(rng.integers(2, 9))
    tail, head = (rng.integers(0, n, m).astype(np.int32) for _ in range(2))
    instance = PrizeInstance(
        n, tail, head, rng.integers(0, 9, m), int(rng.integers(0, n)), rng.integers(0, 12, n)
    )
    kind = rng.choice(3, size=m, p=[0.65, 0.2, 0.15])
    return instance, np.flatnonzero(kind == 1).tolist(), np.flatnonzero(kind == 2).tolist()


def _brute(
    instance: PrizeInstance, forced: list[int], forbidden: list[int], needs: set[int], worth: int
) -> int | None:
    """Least cost and prizes left (times ``worth``) of the trees that keep the locks."""
    free = [e for e in range(instance.n_edges) if e not in forced and e not in forbidden]
    found = []
    for size in range(len(free) + 1):
        for extra in itertools.combinations(free, size):
            nodes = _nodes(instance, (*forced, *extra))
            if nodes is not None and needs <= nodes:
                cost = sum(int(instance.cost[e]) for e in (*forced, *extra))
                left = sum(int(p) for v, p in enumerate(instance.prizes) if v not in nodes)
                found.append(cost + worth * left)
    return min(found, default=None)


def test_small_problems_against_every_set_of_edges() -> None:
    solved = refused = 0
    for seed in range(300):
        instance, forced, forbidden = _random(seed)
        best = _brute(instance, forced, forbidden, {instance.root}, 1)
        if best is None:
            with pytest.raises((InputError, InfeasibleError)):
                apply_locks(instance, forced=forced, forbidden=forbidden)
            refused += 1
            continue
        locked = apply_locks(instance, forced=forced, forbidden=forbidden)
        result = solve_prizes(locked.instance)
        assert result.objective + locked.fixed_cost == best, seed
        edges = locked.original_edges(result.edges).tolist()
        assert set(forced) <= set(edges)
        assert not set(forbidden) & set(edges)
        nodes = _nodes(instance, tuple(edges))
        assert nodes is not None
        left = sum(int(p) for v, p in enumerate(instance.prizes) if v not in nodes)
        assert int(instance.cost[edges].sum()) + left == best, seed
        solved += 1
        terminals = np.unique([instance.root, instance.n_nodes - 1]).astype(np.int32)
        least = _brute(instance, forced, forbidden, set(terminals.tolist()), 0)
        plain = SteinerInstance(
            instance.n_nodes, instance.tail, instance.head, instance.cost, terminals
        )
        if least is None:
            with pytest.raises(InfeasibleError):
                apply_locks(plain, forced=forced, forbidden=forbidden)
        else:
            assert _solved(plain, forced=forced, forbidden=forbidden)[0] == least, seed
    assert solved >= 100
    assert refused >= 50
