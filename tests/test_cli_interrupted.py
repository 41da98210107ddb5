"""Ctrl-C while `geoplan plan` runs: the best plan found is written whole, or nothing is."""

from __future__ import annotations

import json
import os
import signal
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
