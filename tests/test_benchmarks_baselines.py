"""The benchmark against public tools: same money for all, and ours is never worse."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from small_city import small_city

FILE = Path(__file__).resolve().parent.parent / "benchmarks" / "baselines.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_baselines", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table(bench: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    city = small_city(tmp_path_factory.mktemp("baselines") / "city")
    problem, graph, seed, _ = bench.instance(None, Path(city.folder / "scenario.toml"))
    return bench.compare(problem, graph, seed=seed, work_limit=0.2)


def test_every_way_is_there_and_gets_the_same_money(table: Any) -> None:
    assert [row.name for row in table.rows] == ["geoplan", "greedy", "least", "mst", "prim"]
    released = np.cumsum(table.budgets_cents)
    for row in table.rows:
        assert (row.spent_cents <= released).all()
        assert (np.diff(row.weight) >= 0).all()
        assert (row.weight <= table.weight_bound).all()
        assert row.weight[0] > 0
        assert row.cost_cents >= table.bound_cents


def test_ours_is_never_worse_in_the_objective(table: Any) -> None:
    ours = table.rows[0]
    for row in table.rows[1:]:
        assert ours.value >= row.value, row.name
        if row.name != "least":
            assert ours.cost_cents <= row.cost_cents, row.name
    assert any(ours.cost_cents < row.cost_cents for row in table.rows[1:])


def test_least_is_the_cheapest_network_of_all(table: Any) -> None:
    """Early reach may ask for a dearer network than the one with the least bill."""
    least = next(row for row in table.rows if row.name == "least")
    assert least.cost_cents == min(row.cost_cents for row in table.rows)


def test_the_table_tells_every_phase_of_every_way(bench: ModuleType, table: Any) -> None:
    text = bench.lines(table)
    for row in table.rows:
        told = [line.split() for line in text if line.startswith(row.name)]
        assert len(told) == 2 + len(table.budgets_cents)
        assert told[0][1] == f"{row.cost_cents / 1e8:.2f}"
        for k, line in enumerate(told[1:-1]):
            assert line[2] == f"{row.weight[k] / table.all_weight:.2%}"
