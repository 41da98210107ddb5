"""The benchmark's own eyes: it reads a problem and adds up a tree without the solver."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from test_cli_steiner import STAR

FILE = Path(__file__).resolve().parent.parent / "benchmarks" / "steiner.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_steiner", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_cost_is_added_up_anew(bench: ModuleType, tmp_path: Path) -> None:
    path, tree = tmp_path / "star.gr", tmp_path / "tree.txt"
    path.write_text(STAR.replace("Edges 6", "Edges 7").replace("E 3 4 4", "E 3 4 9\nE 4 3 4"))
    problem = bench.read_problem(path)
    assert (problem.nodes, len(problem.edges), problem.terminals) == (4, 7, [1, 2, 3])
    tree.write_text("1 4\n4 2\n3 4\n")
    assert bench.checked_cost(problem, tree) == 10
    for text, message in [
        ("1 4\n2 4\n", "connect"),
        ("", "connect"),
        ("1 2\n2 3\n3 1\n", "circle"),
        ("1 4\n1 4\n2 4\n3 4\n", "circle"),
        ("1 9\n", "9"),
        ("1\n", "unpack"),
    ]:
        tree.write_text(text)
        with pytest.raises((ValueError, KeyError), match=message):
            bench.checked_cost(problem, tree)


def test_time_to_a_gap(bench: ModuleType) -> None:
    row = bench.Row("star", 4, 6, 3, "geoplan", "optimal")
    trace = ((0.1, 130, 100), (0.2, 101, 100), (0.5, 101, 101))
    proven = bench.replace(row, bound=101, seconds=0.6, trace=trace)
    assert [proven.time_to(gap) for gap in (0.5, 0.01, 0.001, 0.0)] == [0.1, 0.2, 0.5, 0.5]
    peer = bench.replace(row, tool="networkx", above_optimum=0.02, seconds=3.0)
    assert [peer.time_to(gap) for gap in (0.05, 0.01)] == [3.0, None]


def test_known_optimum_marks_every_tree(bench: ModuleType) -> None:
    rows = [
        bench.Row("star", 4, 6, 3, tool, "heuristic", cost=c) for tool, c in [("a", 11), ("b", 12)]
    ]
    assert [row.above_optimum for row in bench.with_optimum(rows, 10)] == pytest.approx([0.1, 0.2])
    assert bench.with_optimum(rows, None)[0].above_optimum == 0.0
