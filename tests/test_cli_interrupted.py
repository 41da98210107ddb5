"""Ctrl-C while `geoplan plan` runs: the best plan found is written whole, or nothing is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_city import SmallCity, small_city

from geoplan import cli
from geoplan.terminal import Terminal
from geoplan.verify import check_plan

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent the POSIX way")


@pytest.fixture
def city(tmp_path: Path) -> SmallCity:
    return small_city(tmp_path / "city")


def press_at(monkeypatch: pytest.MonkeyPatch, stage: str, presses: int = 1) -> None:
    """Press Ctrl-C when a stage is heard of for the first time."""
    left = [presses]
    shown = Terminal.progress

    def progress(self: Terminal, told: str, fraction: float) -> None:
        shown(self, told, fraction)
        while told == stage and left[0]:
            left[0] -= 1
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Terminal, "progress", progress)


def run(city: SmallCity, out: Path, language: str) -> int:
    scenario = str(city.folder / "scenario.toml")
    return cli.main(["plan", scenario, "--out", str(out), "--json", "--lang", language])


@pytest.mark.parametrize(
    ("language", "now", "holds"),
    [
        ("en", "writing the best plan found so far", "best plan found by then"),
        ("zh", "正在写出到目前为止最好的方案", "到那时为止最好的方案"),
    ],
)
def test_the_best_plan_is_written_and_said_to_be_interrupted(
    city: SmallCity,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    now: str,
    holds: str,
) -> None:
    press_at(monkeypatch, "phases")
    assert run(city, tmp_path / "out", language) == 130
    said, err = capsys.readouterr()
    answer = json.loads(said)
    assert answer["status"] == "interrupted"
    assert answer["bound_cents"] <= answer["cost_cents"]
    assert answer["gap"] == pytest.approx(answer["cost_cents"] / answer["bound_cents"] - 1)
    assert now in err
    assert holds in err
    assert sorted(Path(name).name for name in answer["files"]) == sorted(
        path.name for path in (tmp_path / "out").iterdir()
    )
    report = check_plan(tmp_path / "out" / "plan.gpkg")
    assert report.ok, [rule for rule in report.rules if rule.holds is False]


@pytest.mark.parametrize("stage", ["read", "candidates", "design"])
def test_before_there_is_a_plan_nothing_is_written(
    city: SmallCity,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stage: str,
) -> None:
    press_at(monkeypatch, stage)
    assert run(city, tmp_path / "out", "en") == 130
    said, err = capsys.readouterr()
    assert json.loads(said) == {"status": "interrupted", "files": []}
    assert "nothing was written" in err
    assert [path.name for path in tmp_path.iterdir()] == ["city"]


@pytest.mark.parametrize("stage", ["phases", "write"])
def test_the_second_one_stops_at_once_and_leaves_nothing(
    city: SmallCity,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stage: str,
) -> None:
    press_at(monkeypatch, stage, presses=2)
    assert run(city, tmp_path / "out", "en") == 130
    assert "nothing was written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["city"]


def test_while_files_are_written_the_plan_is_done_and_kept(
    city: SmallCity,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    press_at(monkeypatch, "write")
    assert run(city, tmp_path / "out", "en") == 130
    assert json.loads(capsys.readouterr().out)["status"] in {"feasible", "optimal"}
    assert check_plan(tmp_path / "out" / "plan.gpkg").ok


LINGERING = """
import os, signal, sys, time
from geoplan import cli
from geoplan.optimize import orientation_lp

real = orientation_lp.answer_unless_stopped

def left_behind(call, clock):
    def never_ends():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(600)
        return call()
    return real(never_ends, clock)

orientation_lp.answer_unless_stopped = left_behind
cli.run()
"""


def test_the_process_does_not_wait_for_a_solver_that_was_left_behind(
    city: SmallCity, tmp_path: Path
) -> None:
    """The plan is whole, all is said, and the process ends though a call runs on for minutes."""
    out = tmp_path / "out"
    scenario = str(city.folder / "scenario.toml")
    command = [sys.executable, "-c", LINGERING, "plan", scenario, "--out", str(out), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()  # the one object on standard output is the last thing said
        told_s = time.monotonic()
        rest, err = process.communicate(timeout=60)
        assert time.monotonic() - told_s < 5
    finally:
        process.kill()
    assert process.returncode == 130, err.decode()
    assert rest == b""
    answer = json.loads(said)
    assert answer["status"] == "interrupted"
    assert sorted(Path(name).name for name in answer["files"]) == sorted(
        path.name for path in out.iterdir()
    )
    assert check_plan(out / "plan.gpkg").ok


def test_exit_codes_of_commands_are_those_of_the_process() -> None:
    """Also where no solver was left behind: help, a wrong option, a file that is not there."""
    for arguments, code in ((["--help"], 0), (["plan", "--no"], 2), (["check", "no.gpkg"], 2)):
        command = [sys.executable, "-c", "from geoplan.cli import run; run()", *arguments]
        assert subprocess.run(command, capture_output=True, check=False).returncode == code
