"""The cut LP: safe bounds, closed rounds, both kinds of cuts."""

from __future__ import annotations

import time

import numpy as np
import pytest

from geoplan.optimize.steiner.cut_lp import CutLP
from geoplan.optimize.steiner.instance import SteinerInstance
from tests.steiner_oracle import dreyfus_wagner, random_instance


def _closed(lp: CutLP) -> tuple[int, np.ndarray]:
    best = 0
    for _ in range(200):
        state = lp.solve_round(time.monotonic() + 20)
        assert state is not None
        assert (state.reduced >= 0).all()
        best = max(best, state.bound)
        if state.closed:
            return best, state.amount
    raise AssertionError("the cut LP did not close")


SEEDS = [seed for seed in range(100) if len(np.unique(random_instance(seed).terminals)) > 1][:60]


@pytest.mark.parametrize("seed", SEEDS)
def test_bound_never_exceeds_the_optimum_and_is_near_it_when_closed(seed: int) -> None:
    instance = random_instance(seed)
    terminals = np.unique(instance.terminals)
    optimum = dreyfus_wagner(instance)
    bound, amount = _closed(CutLP(instance, int(terminals[0])))
    assert bound <= optimum
    # the directed cut relaxation of small graphs is tight up to a few per cent
    assert bound >= 0.9 * optimum
    assert amount.min() >= -1e-6


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e300, 7.3, -2.0])
def test_the_bound_holds_whatever_the_lp_says_its_duals_are(wrong: float) -> None:
    for seed in SEEDS[:20]:
        instance = random_instance(seed)
        lp = CutLP(instance, int(instance.terminals[0]))
        duals = np.full(len(lp._rows), wrong), np.full(len(lp._static), wrong)
        bound, reduced = lp._safe_bound(*duals)
        assert bound <= dreyfus_wagner(instance)
        assert (reduced >= 0).all()


def test_closing_arcs_raises_the_bound() -> None:
    """Two parallel routes of cost 2 and 5: with the cheap one closed the dear one is needed."""
    instance = SteinerInstance(
        n_nodes=4,
        tail=np.array([0, 1, 0, 2], np.int32),
        head=np.array([1, 3, 2, 3], np.int32),
        cost=np.array([1, 1, 2, 3], np.int64),
        terminals=np.array([0, 3], np.int32),
    )
    lp = CutLP(instance, 0)
    assert _closed(lp)[0] == 2
    closed = np.zeros(8, bool)
    closed[[0, 4]] = True
    lp.close_arcs(closed)
    assert _closed(lp)[0] == 5
