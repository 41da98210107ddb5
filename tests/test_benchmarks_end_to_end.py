"""The benchmark of whole runs: a fresh process, what was planned, and the seconds of each stage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_city import small_city

FILE = Path(__file__).resolve().parent.parent / "benchmarks" / "end_to_end.py"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    city = small_city(tmp_path_factory.mktemp("end_to_end") / "city")
    command = [sys.executable, str(FILE), "--scenario", str(city.folder / "scenario.toml")]
    done = subprocess.run([*command, "--seed", "5"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_run_is_told_with_its_plan(told: list[str]) -> None:
    assert told[0].startswith("scenario: ")
    assert " s (cpu " in told[0]
    assert "seed 5: cost " in told[1]
    assert told[0].endswith(", within 120 s and 2 GB")


def test_every_stage_that_ran_has_its_seconds(told: list[str]) -> None:
    start = next(i for i, line in enumerate(told) if line.split()[0] == "stage")
    rows = {line[:26].strip(): list(map(float, line[26:].split())) for line in told[start + 1 :]}
    for name in ("imports", "read", "candidates, problem", "first design", "network", "plan file"):
        assert len(rows[name]) == 2
        assert rows[name][0] >= 0
    parts = ("candidates, problem", "network", "plan")
    assert sum(rows[name][0] for name in parts) <= rows["make_plan, all of it"][0] + 0.05
