"""Prizes under a budget: against every set of nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoplan.errors import InfeasibleError, InputError
from geoplan.optimize.steiner import budget as module
from geoplan.optimize.steiner.budget import BudgetResult, solve_budget
from geoplan.optimize.steiner.prizes import PrizeInstance
from tests.prize_oracle import check_tree, random_prizes, trees


def _money(instance: PrizeInstance, seed: int) -> int:
    rng = np.random.default_rng([seed, 5])
    share = float(rng.choice([0.1, 0.25, 0.6, 1.1]))
    return int(rng.integers(0, int(share * int(instance.cost.sum())) + 1))


def _best(instance: PrizeInstance, money: int) -> int | None:
    return max((won for cost, won in trees(instance) if cost <= money), default=None)


def _checked(instance: PrizeInstance, money: int, result: BudgetResult) -> int:
    """Value added up anew."""
    cost, nodes = check_tree(instance, result.edges.tolist())
    assert cost == result.cost <= money
    assert set(np.flatnonzero(result.connected).tolist()) == nodes
    assert result.value == int(instance.prizes[sorted(nodes)].sum()) <= result.bound
    return result.value


def _fork() -> PrizeInstance:
    """Root 0; node 1 for 6 worth 6; node 2 for 5 worth 4; node 3 beyond 2 for 5 worth 4."""
    return PrizeInstance(
        n_nodes=4,
        tail=np.array([0, 0, 2], np.int32),
        head=np.array([1, 2, 3], np.int32),
        cost=np.array([6, 5, 5], np.int64),
        root=0,
        prizes=np.array([1, 6, 4, 4], np.int64),
    )


@pytest.mark.parametrize(
    ("money", "value", "edges"),
    [(0, 1, []), (5, 5, [1]), (6, 7, [0]), (10, 9, [1, 2]), (11, 11, [0, 1]), (16, 15, [0, 1, 2])],
)
def test_fork(money: int, value: int, edges: list[int]) -> None:
    """With 10 the branch of two is worth 8, more than the 6 of the one that pays best."""
    result = solve_budget(_fork(), money=money)
    assert (result.value, result.bound, result.status) == (value, value, "optimal")
    assert result.edges.tolist() == edges
    assert result.gap == 0.0


def test_required_nodes_come_first() -> None:
    instance = replace(_fork(), required=np.array([3], np.int32))
    assert solve_budget(instance, money=15).value == 9
    assert solve_budget(instance, money=16).value == 15
    with pytest.raises(InfeasibleError, match="money"):
        solve_budget(instance, money=9)


@pytest.mark.parametrize("block", range(10))
def test_a_thousand_small_problems_against_every_set_of_nodes(block: int) -> None:
    solved = equal = proven = 0
    for seed in range(100 * block, 100 * block + 100):
        instance = random_prizes(seed)
        money = _money(instance, seed)
        best = _best(instance, money)
        if best is None:
            with pytest.raises(InfeasibleError):
                solve_budget(instance, money=money)
            continue
        result = solve_budget(instance, money=money)
        solved += 1
        assert _checked(instance, money, result) <= best <= result.bound, seed
        equal += result.value == best
        proven += result.status == "optimal"
    assert solved >= 70
    assert equal == proven == solved


def test_bound_of_prices_alone_is_valid_and_trees_are_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without LP and exact finish: the heuristic meets the optimum on nine in ten or more."""
    monkeypatch.setattr(module._Search, "_cut_lp", lambda self: False)
    solved = equal = 0
    for seed in range(1000, 1200):
        instance = random_prizes(seed)
        money = _money(instance, seed)
        best = _best(instance, money)
        if best is None:
            continue
        result = solve_budget(instance, money=money)
        assert _checked(instance, money, result) <= best <= result.bound, seed
        solved += 1
        equal += result.value == best
    assert equal >= 0.9 * solved


def test_exact_finish_needs_no_good_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """With neither prices nor LP the rows alone come to the proof."""
    monkeypatch.setattr(module._Search, "_by_prices", lambda self, first: True)
    monkeypatch.setattr(module._Search, "_cut_lp", lambda self: True)
    for seed in range(1200, 1260):
        instance = random_prizes(seed)
        money = _money(instance, seed)
        best = _best(instance, money)
        if best is not None:
            result = solve_budget(instance, money=money)
            assert _checked(instance, money, result) == result.bound == best, seed


def test_cut_lp_keeps_the_bound_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """LP from a poor price, no exact finish."""

    def prices(self: module._Search, *, first: bool) -> bool:
        self._take(self.small.instance.needs)
        self.price = (1, 1)
        return True

    monkeypatch.setattr(module._Search, "_by_prices", prices)
    monkeypatch.setattr(module._Search, "_finish", lambda self: None)
    proven = 0
    for seed in range(1300, 1360):
        instance = random_prizes(seed)
        money = _money(instance, seed)
        best = _best(instance, money)
        if best is None or instance.required is not None:
            continue
        result = solve_budget(instance, money=money)
        assert _checked(instance, money, result) <= best <= result.bound, seed
        proven += result.value == result.bound
    assert proven >= 15


def _medium() -> PrizeInstance:
    """A grid of 12 x 12 with a prize on every third node or so."""
    rng = np.random.default_rng(3)
    at = np.arange(144).reshape(12, 12)
    tail = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()]).astype(np.int32)
    head = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()]).astype(np.int32)
    prizes = np.where(rng.random(144) < 0.3, rng.integers(1, 100, 144), 0)
    return PrizeInstance(144, tail, head, rng.integers(50, 100, len(tail)), 66, prizes)


def test_medium_grid_is_near_and_repeatable() -> None:
    instance = _medium()
    one = solve_budget(instance, money=1200, seed=2)
    two = solve_budget(instance, money=1200, seed=2)
    assert one.edges.tolist() == two.edges.tolist()
    assert one.bound == two.bound
    assert _checked(instance, 1200, one) > 0
    assert one.gap <= 0.02
    # more money never has the smaller bound
    assert solve_budget(instance, money=1500, seed=2).bound >= one.value


def test_the_clock_leaves_a_tree_and_a_valid_bound() -> None:
    best = solve_budget(_medium(), money=1200)
    late = solve_budget(_medium(), money=1200, time_limit_s=0.0)
    assert _checked(_medium(), 1200, late) <= best.bound
    assert late.bound >= best.value
    assert late.status == "time_limit"


def test_large_numbers_do_not_overflow() -> None:
    for seed in range(40):
        instance = random_prizes(seed)
        money = _money(instance, seed)
        best = _best(instance, money)
        if best is None:
            continue
        dear = (2**53 - 1) // max(1, int(instance.cost.sum()))
        rich = (2**53 - 1) // max(1, int(instance.prizes.sum()))
        for more, worth in ((dear, 1), (1, rich), (dear, rich)):
            large = replace(instance, cost=instance.cost * more, prizes=instance.prizes * worth)
            result = solve_budget(large, money=money * more)
            assert _checked(large, money * more, result) <= best * worth <= result.bound, seed


def test_bad_input() -> None:
    with pytest.raises(InputError, match="money is negative"):
        solve_budget(_fork(), money=-1)
    with pytest.raises(InputError, match="root"):
        solve_budget(replace(_fork(), root=7), money=1)
    apart = replace(_fork(), n_nodes=5, prizes=np.array([1, 6, 4, 4, 9], np.int64))
    assert solve_budget(apart, money=10**18).value == 15
    with pytest.raises(InfeasibleError, match="cut off"):
        solve_budget(replace(apart, required=np.array([4], np.int32)), money=100)
