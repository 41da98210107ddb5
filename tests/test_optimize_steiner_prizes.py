"""Prize-collecting Steiner trees: against every set of nodes, by every way to a proof."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoplan.errors import InfeasibleError, InputError
from geoplan.optimize.steiner import prizes as module
from geoplan.optimize.steiner.prize_graph import (
    Ascent,
    Digraph,
    ascend,
    begin_small,
    digraph,
    doomed,
)
from geoplan.optimize.steiner.prizes import PrizeInstance, PrizeResult, solve_prizes
from tests.prize_oracle import check_tree, random_prizes, trees
from tests.steiner_oracle import dreyfus_wagner, random_instance


def _star() -> PrizeInstance:
    """Root 0 in the middle; prizes 5, 2, 9 at the end of edges of cost 3, 4, 9."""
    return PrizeInstance(
        n_nodes=4,
        tail=np.array([0, 0, 0], np.int32),
        head=np.array([1, 2, 3], np.int32),
        cost=np.array([3, 4, 9], np.int64),
        root=0,
        prizes=np.array([7, 5, 2, 9], np.int64),
    )


def _checked(instance: PrizeInstance, result: PrizeResult) -> int:
    """Objective added up anew."""
    cost, nodes = check_tree(instance, result.edges.tolist())
    assert set(np.flatnonzero(result.connected).tolist()) == nodes
    left = sum(int(p) for v, p in enumerate(instance.prizes.tolist()) if v not in nodes)
    assert result.objective == cost + left
    assert result.bound <= result.objective
    return result.objective


def _best(instance: PrizeInstance) -> int | None:
    worth = int(instance.prizes.sum())
    return min((cost + worth - won for cost, won in trees(instance)), default=None)


def test_star_collects_what_pays() -> None:
    """The first pays (3 < 5), the second does not (4 > 2), the third breaks even: 3 + 2 + 9."""
    result = solve_prizes(_star())
    assert result.connected[:3].tolist() == [True, True, False]
    assert (result.objective, result.bound, result.gap, result.status) == (14, 14, 0.0, "optimal")
    assert not result.edges.flags.writeable


def test_a_required_node_is_connected_at_any_cost() -> None:
    result = solve_prizes(replace(_star(), required=np.array([2], np.int32)))
    assert result.connected[2]
    assert result.objective == 3 + 4 + 9


def test_two_prizes_share_a_way_that_neither_pays_alone() -> None:
    """Root - a for 10, then two prizes of 8 for 1 each: 12 for both against 16 left."""
    instance = PrizeInstance(
        n_nodes=4,
        tail=np.array([0, 1, 1], np.int32),
        head=np.array([1, 2, 3], np.int32),
        cost=np.array([10, 1, 1], np.int64),
        root=0,
        prizes=np.array([0, 0, 8, 8], np.int64),
    )
    result = solve_prizes(instance)
    assert (result.objective, result.edges.tolist()) == (12, [0, 1, 2])


@pytest.mark.parametrize("block", range(10))
def test_a_thousand_small_problems_against_every_set_of_nodes(block: int) -> None:
    larger = 0
    for seed in range(100 * block, 100 * block + 100):
        instance = random_prizes(seed)
        best = _best(instance)
        if best is None:
            with pytest.raises(InfeasibleError):
                solve_prizes(instance)
            continue
        result = solve_prizes(instance)
        assert _checked(instance, result) == result.bound == best, seed
        assert (result.status, result.gap) == ("optimal", 0.0)
        larger += len(result.edges) > 1
    assert larger >= 30


@pytest.mark.parametrize("block", range(5))
def test_every_ascent_is_a_bound_and_fixes_nothing_that_is_needed(block: int) -> None:
    for seed in range(1000 + 60 * block, 1060 + 60 * block):
        instance = random_prizes(seed)
        best = _best(instance)
        small = begin_small(instance)
        assert (small is None) == (best is None), seed
        if small is None or best is None:
            continue
        graph = digraph(small.instance)
        for order in range(3):
            ascent = ascend(graph, order)
            assert small.lost + ascent.bound <= best, (seed, order)
            # an arc that any tree of cost below best + 1 needs may not be ruled out
            out = doomed(graph, ascent, best + 1 - small.lost - ascent.bound)
            after = module.fix(small, graph, out)
            assert after is not None, (seed, order)
            left = _best(after.instance)
            assert left is not None, (seed, order)
            assert left + after.lost == best, (seed, order)


def _no_ascent(graph: Digraph, order: int) -> Ascent:
    """No bound at all: the other ways to a proof must do."""
    return Ascent(0, graph.cost.copy())


@pytest.mark.parametrize("lp_rounds", [150, 0])
def test_cut_lp_and_branching_prove_without_ascent(
    monkeypatch: pytest.MonkeyPatch, lp_rounds: int
) -> None:
    monkeypatch.setattr(module, "ascend", _no_ascent)
    monkeypatch.setattr(module, "_LP_ROUNDS", lp_rounds)
    for seed in range(2000, 2080):
        instance = random_prizes(seed)
        best = _best(instance)
        if best is not None:
            result = solve_prizes(instance)
            assert _checked(instance, result) == result.bound == best, seed


def test_prizes_beyond_all_cost_give_the_plain_problem() -> None:
    """Half of the terminals required, half with a prize that is worth any tree."""
    for seed in range(60):
        plain = random_instance(seed)
        terminals = np.unique(plain.terminals)
        if len(terminals) < 2 or int(plain.cost.sum()) > 10**6:
            continue
        prizes = np.zeros(plain.n_nodes, np.int64)
        prizes[terminals[::2]] = int(plain.cost.sum()) + 1
        instance = PrizeInstance(
            *(plain.n_nodes, plain.tail, plain.head, plain.cost, int(terminals[0]), prizes),
            terminals[1::2].astype(np.int32),
        )
        result = solve_prizes(instance)
        assert _checked(instance, result) == result.bound == dreyfus_wagner(plain), seed


def _medium(seed: int) -> PrizeInstance:
    """A grid of 15 x 15 with a prize on every third node or so."""
    rng = np.random.default_rng(seed)
    at = np.arange(225).reshape(15, 15)
    tail = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()]).astype(np.int32)
    head = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()]).astype(np.int32)
    prizes = np.where(rng.random(225) < 0.3, rng.integers(1, 300, 225), 0)
    return PrizeInstance(225, tail, head, rng.integers(50, 100, len(tail)), 112, prizes)


def test_medium_grids_are_proven_and_repeatable() -> None:
    for seed in range(3):
        instance = _medium(seed)
        one, two = solve_prizes(instance, seed=4), solve_prizes(instance, seed=4)
        assert one.status == "optimal"
        assert _checked(instance, one) == one.bound
        assert one.edges.tolist() == two.edges.tolist()
        assert 10 < len(one.edges) < 224


def test_a_target_gap_or_the_clock_ends_the_search_with_a_valid_bound() -> None:
    instance = _medium(1)
    best = solve_prizes(instance).objective
    rough = solve_prizes(instance, target_gap=0.5)
    assert rough.gap <= 0.5
    assert rough.bound <= best <= _checked(instance, rough)
    late = solve_prizes(instance, time_limit_s=0.0)
    assert late.status == "time_limit" or late.bound == late.objective
    assert late.bound <= best <= _checked(instance, late)


def test_large_numbers_do_not_overflow() -> None:
    """All costs and prizes of small problems blown up to nearly 2**53 in total."""
    for seed in range(40):
        instance = random_prizes(seed)
        best = _best(instance)
        if best is None:
            continue
        factor = (2**53 - 1) // max(int(instance.cost.sum()), int(instance.prizes.sum()), 1)
        large = replace(instance, cost=instance.cost * factor, prizes=instance.prizes * factor)
        result = solve_prizes(large)
        assert _checked(large, result) == result.bound == best * factor, seed


def test_no_edges_and_one_node() -> None:
    none = np.zeros(0, np.int32)
    lone = PrizeInstance(1, none, none, none.astype(np.int64), 0, np.array([4], np.int64))
    assert solve_prizes(lone).objective == 0
    apart = replace(lone, n_nodes=2, prizes=np.array([0, 6], np.int64))
    result = solve_prizes(apart)
    assert (result.objective, result.bound, result.connected.tolist()) == (6, 6, [True, False])
    with pytest.raises(InfeasibleError, match="does not hang together"):
        solve_prizes(replace(apart, required=np.array([1], np.int32)))


def test_every_fault_is_named_at_once() -> None:
    bad = replace(
        _star(),
        head=np.array([1, 2, 9], np.int32),
        cost=np.array([3, -4, 9], np.int64),
        root=-1,
        prizes=np.array([7, 5, 2, -9], np.int64),
        required=np.array([4], np.int32),
    )
    with pytest.raises(InputError) as caught:
        solve_prizes(bad)
    rules = {fault.rule for fault in caught.value.faults}
    assert rules == {f"prizes.{r}" for r in ("ends", "cost", "root", "prizes", "required")}
    with pytest.raises(InputError, match="prizes"):
        solve_prizes(replace(_star(), prizes=np.array([7, 5, 2], np.int64)))
    with pytest.raises(InputError, match="cost"):
        solve_prizes(replace(_star(), cost=np.full(3, 2**52, np.int64)))
