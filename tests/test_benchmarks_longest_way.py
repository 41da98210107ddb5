"""The benchmark of short ways runs from files to a table, every plan checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from small_city import ROOT, small_city


def test_every_limit_has_a_line_and_its_plan_holds(tmp_path: Path) -> None:
    scenario = small_city(tmp_path).scenario
    benchmark = str(ROOT / "benchmarks" / "longest_way.py")
    command = [sys.executable, benchmark, "--scenario", str(scenario), "--work-limit", "0.01"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    head, *rows, foot = done.stdout.splitlines()
    assert head.split()[:4] == ["limit", "cost", "bound", "dark"]
    assert len(rows) == 5
    assert all(row.endswith("  holds") for row in rows)
    # in so small a city no limit bites: one cost, the least of them all
    assert len({row[36:45] for row in rows}) == 1
    assert "too long for every one" in foot
