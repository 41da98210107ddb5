"""The command `geoplan steiner`: its JSON, its solution file, its refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import geoplan

from geoplan import cli, cli_steiner
from geoplan.optimize.steiner.instance import SteinerInstance

# A star pays: 10 over the middle, node 4, against 12 over two of the direct ways of 6.
STAR = """SECTION Graph
Nodes 4
Edges 6
E 1 2 6
E 2 3 6
E 1 3 6
E 1 4 3
E 2 4 3
E 3 4 4
END
SECTION Terminals
Terminals 3
T 1
T 2
T 3
END
EOF
"""
KEYS = ["cost", "bound", "gap", "status", "seconds", "nodes", "edges", "terminals"]


@pytest.fixture
def star(tmp_path: Path) -> Path:
    path = tmp_path / "star.gr"
    path.write_text(STAR)
    return path


def test_answer_and_solution(star: Path) -> None:
    out = star.parent / "new" / "tree.txt"
    run = geoplan("steiner", star, "--json", "--solution", out, "--seed", "7", LC_ALL="C")
    assert run.code == 0, run.err
    assert list(run.json) == KEYS
    assert run.json["seconds"] >= 0.0
    expected = {"cost": 10, "bound": 10, "gap": 0.0, "status": "optimal"}
    expected |= {"nodes": 4, "edges": 6, "terminals": 3}
    assert {key: run.json[key] for key in expected} == expected
    pairs = sorted(tuple(sorted(map(int, line.split()))) for line in out.read_text().splitlines())
    assert pairs == [(1, 4), (2, 4), (3, 4)]
    assert [path.name for path in out.parent.iterdir()] == ["tree.txt"]
    assert "cost 10, optimal" in run.err


def test_without_json_standard_output_stays_empty(star: Path) -> None:
    run = geoplan("steiner", star, "--time-limit", "5", "--gap", "0.5", "--lang", "zh")
    assert (run.code, run.out) == (0, "")
    assert "费用 1" in run.err


@pytest.mark.parametrize("terminals", ["Terminals 0", "Terminals 1\nT 2"])
def test_one_terminal_or_none_costs_nothing(star: Path, terminals: str) -> None:
    star.write_text(STAR.replace("Terminals 3\nT 1\nT 2\nT 3", terminals))
    out = star.parent / "tree.txt"
    run = geoplan("steiner", star, "--json", "--solution", out)
    assert run.code == 0, run.err
    assert {key: run.json[key] for key in KEYS[:4]} == {
        "cost": 0,
        "bound": 0,
        "gap": 0.0,
        "status": "optimal",
    }
    assert out.read_text() == ""


@pytest.mark.parametrize(
    ("change", "code", "status", "rule"),
    [
        (("E 2 3 6", "E 2 3 -6"), 2, "bad_input", "steinlib.number"),
        (("EOF", ""), 2, "bad_input", "steinlib.truncated"),
        (("Edges 6\n", "Edges 1\n"), 2, "bad_input", "steinlib.count"),
        (("T 3", "T 1"), 2, "bad_input", "steinlib.terminal"),
        (("E 2 3 6\nE 1 3 6\n", "E 1 2 6\nE 1 2 6\n"), 3, "infeasible", "steinlib.disconnected"),
    ],
)
def test_refusals(star: Path, change: tuple[str, str], code: int, status: str, rule: str) -> None:
    text = STAR.replace(*change)
    if code == 3:
        text = text.replace("E 3 4 4", "E 3 3 4")
    star.write_text(text)
    run = geoplan("steiner", star, "--json", "--solution", star.parent / "tree.txt")
    assert run.code == code
    assert run.json["status"] == status
    assert run.json["faults"][0]["rule"] == rule
    assert "Traceback" not in run.err
    assert [path.name for path in star.parent.iterdir()] == ["star.gr"]


@pytest.mark.parametrize(
    "option",
    [
        ("--time-limit", "-1"),
        ("--time-limit", "nan"),
        ("--gap", "-0.1"),
        ("--gap", "inf"),
        ("--gap", "x"),
        ("--seed", "-1"),
        ("--seed", "1.5"),
        ("--seed", str(2**31)),
    ],
)
def test_options_that_mean_nothing(star: Path, option: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["steiner", str(star), *option])
    assert caught.value.code == 2


@pytest.mark.parametrize("name", [".", "star.gr", "star.gr/tree.txt"])
def test_solution_places_are_refused_before_any_work(
    star: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("read all the same")

    monkeypatch.setattr("geoplan.steinlib.read_steiner", never)
    assert cli.main(["steiner", str(star), "--solution", str(star.parent / name)]) == 2
    assert star.read_text() == STAR


def test_a_disk_that_fails_leaves_the_old_solution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tree.txt"
    out.write_text("old")
    one = np.zeros(1, dtype=np.int32)
    instance = SteinerInstance(2, one, one + 1, one.astype(np.int64), one)

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        cli_steiner.write_tree(out, instance, one)
    monkeypatch.undo()
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["tree.txt"]
    cli_steiner.write_tree(out, instance, one)
    assert out.read_text() == "1 2\n"


def test_it_loads_nothing_of_the_planner(star: Path) -> None:
    unwanted = ["pandas", "geopandas", "shapely", "pyogrio", "folium", "ortools", "matplotlib"]
    code = (
        "import json, sys; from geoplan.cli import main\n"
        f"code = main(['steiner', {str(star)!r}])\n"
        f"print(json.dumps([code, [n for n in {unwanted!r} if n in sys.modules]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(done.stdout) == [0, []]
