"""The Steiner solver against exact answers: cost and bound of every problem, its tree added up."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from steiner_oracle import dreyfus_wagner, hard_instance, random_instance, tree_cost

from geoplan.optimize.steiner import node as steiner_node
from geoplan.optimize.steiner import solve as steiner_solve
from geoplan.optimize.steiner.cut_lp import CutLP
from geoplan.optimize.steiner.instance import SteinerInstance, SteinerResult
from geoplan.optimize.steiner.reduce import reduce_instance
from geoplan.optimize.steiner.solve import solve_steiner
from geoplan.steinlib import read_steiner

PROBLEMS, BATCHES = 2000, 20


def assert_holds(instance: SteinerInstance, result: SteinerResult, optimum: int) -> None:
    """What every answer promises, however early the search ended."""
    assert tree_cost(instance, result.edges.tolist()) == result.cost
    assert result.bound <= optimum <= result.cost
    assert result.edges.dtype == np.int32
    assert (result.status == "optimal") == (result.cost == result.bound)
    if result.bound:
        assert result.gap == pytest.approx((result.cost - result.bound) / result.bound)
    else:
        assert result.gap == (0.0 if result.cost == 0 else float("inf"))
    assert result.seconds >= 0.0


@pytest.mark.parametrize("batch", range(BATCHES))
def test_small_problems_are_solved_to_proof(batch: int) -> None:
    for seed in range(batch, PROBLEMS, BATCHES):
        instance = random_instance(seed)
        optimum = dreyfus_wagner(instance)
        result = solve_steiner(instance, seed=seed)
        assert_holds(instance, result, optimum)
        assert result.cost == optimum, seed
        assert result.status == "optimal", seed


@pytest.mark.parametrize("batch", range(4))
def test_problems_on_which_the_search_must_branch(batch: int) -> None:
    for seed in range(batch, 60, 4):
        instance = hard_instance(seed)
        optimum = dreyfus_wagner(instance)
        result = solve_steiner(instance, seed=seed)
        assert_holds(instance, result, optimum)
        assert result.status == "optimal", seed


def test_no_time_still_gives_a_tree_and_a_bound() -> None:
    for seed in range(0, 200, 4):
        instance = random_instance(seed)
        result = solve_steiner(instance, time_limit_s=0.0)
        assert_holds(instance, result, dreyfus_wagner(instance))
        assert result.status in ("optimal", "time_limit")


NEED_THE_LP = (0, 6, 12, 18)
"""Hard instances that one round of dual ascent and elimination does not solve."""


@pytest.mark.parametrize("seed", NEED_THE_LP)
def test_a_step_that_would_not_end_in_time_is_left_to_the_clock(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(steiner_node, "_ASCENT_ROUNDS", 1)
    monkeypatch.setattr(steiner_node, "_LP_SETUP_S", 1e9)
    instance = hard_instance(seed)
    result = solve_steiner(instance)
    assert_holds(instance, result, dreyfus_wagner(instance))
    assert result.status == "time_limit"


@pytest.mark.parametrize("seed", NEED_THE_LP)
def test_an_lp_that_fails_is_made_up_for_by_branching(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    failures = []
    monkeypatch.setattr(steiner_node, "_ASCENT_ROUNDS", 1)
    monkeypatch.setattr(CutLP, "solve_round", lambda *_: failures.append(1))
    instance = hard_instance(seed)
    result = solve_steiner(instance)
    assert failures
    assert (result.cost, result.status) == (dreyfus_wagner(instance), "optimal")


def test_a_cut_lp_left_without_any_better_tree_proves_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sharpest elimination there is: every edge goes once no better tree is left."""

    def fix_all(
        instance: SteinerInstance, _root: int, _reduced: object, _lower: int, upper: int
    ) -> NDArray[np.bool_]:
        return np.full(instance.n_edges, dreyfus_wagner(instance) >= upper)

    monkeypatch.setattr(steiner_node, "_ASCENT_ROUNDS", 0)
    monkeypatch.setattr(steiner_node, "_LP_SHRINK", 2.0)
    monkeypatch.setattr(steiner_node, "fix_by_dual", fix_all)
    for seed in range(8):
        instance = hard_instance(seed)
        result = solve_steiner(instance)
        assert (result.cost, result.status) == (dreyfus_wagner(instance), "optimal")


def test_terminals_only_are_joined_by_the_least_spanning_tree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A square with a diagonal, all corners terminals: 1 + 2 + 3, even if nothing is reduced."""
    square = SteinerInstance(
        n_nodes=4,
        tail=np.array([0, 1, 2, 3, 0], np.int32),
        head=np.array([1, 2, 3, 0, 2], np.int32),
        cost=np.array([1, 4, 2, 5, 3], np.int64),
        terminals=np.arange(4, dtype=np.int32),
    )
    monkeypatch.setattr(
        steiner_solve,
        "reduce_instance",
        lambda instance, **_: reduce_instance(instance, deadline_s=-1.0),
    )
    result = solve_steiner(square)
    assert (result.cost, result.bound, result.status) == (6, 6, "optimal")
    assert result.edges.tolist() == [0, 2, 4]


def test_the_gap_asked_for_ends_the_search() -> None:
    for seed in range(1, 200, 4):
        instance = random_instance(seed)
        result = solve_steiner(instance, target_gap=0.5)
        assert_holds(instance, result, dreyfus_wagner(instance))
        assert result.status in ("optimal", "feasible")
        assert result.gap <= 0.5


def test_the_input_is_left_alone_and_read_only_arrays_will_do() -> None:
    for seed in range(40):
        instance = random_instance(seed)
        for array in (instance.tail, instance.head, instance.cost, instance.terminals):
            array.setflags(write=False)
        result = solve_steiner(instance)
        same = random_instance(seed)
        assert np.array_equal(instance.tail, same.tail)
        assert np.array_equal(instance.head, same.head)
        assert np.array_equal(instance.cost, same.cost)
        assert np.array_equal(instance.terminals, same.terminals)
        assert result.seed == 1


def test_the_same_seed_gives_the_same_tree() -> None:
    for seed in range(40):
        instance = random_instance(seed)
        one, other = solve_steiner(instance, seed=5), solve_steiner(instance, seed=5)
        assert one.edges.tolist() == other.edges.tolist()
        assert (one.cost, one.bound) == (other.cost, other.bound)


def test_the_trace_tells_how_tree_and_bound_close_in() -> None:
    for seed in range(40):
        instance = random_instance(seed)
        told: list[tuple[float, int, int]] = []
        result = solve_steiner(instance, trace=lambda *step, told=told: told.append(step))
        for before, after in pairwise(told):
            assert after[0] >= before[0]
            assert after[1] <= before[1]
            assert after[2] >= before[2]
        if told:
            assert told[-1][1:] == (result.cost, result.bound)


# ---- real networks ----------------------------------------------------------------------------


def smallest(shared_dir: Path, count: int) -> list[dict[str, str]]:
    table = shared_dir / "bench" / "steiner" / "instances.csv"
    if not table.is_file():
        pytest.skip(f"no benchmark instances in {table.parent}")
    with table.open(encoding="utf-8", newline="") as stream:
        return sorted(csv.DictReader(stream), key=lambda row: int(row["nodes"]))[:count]


@pytest.mark.shared
@pytest.mark.parametrize("rank", range(3))
def test_bench_instances(shared_dir: Path, rank: int) -> None:
    row = smallest(shared_dir, 3)[rank]
    instance = read_steiner(shared_dir / "bench" / "steiner" / row["file"])
    sizes = (instance.n_nodes, instance.n_edges, len(instance.terminals))
    assert sizes == (int(row["nodes"]), int(row["edges"]), int(row["terminals"]))
    result = solve_steiner(instance, time_limit_s=5.0)
    assert_holds(instance, result, int(row["optimum"]))
    assert result.gap < 0.001  # a tenth of what other Python libraries leave, and with a proof
