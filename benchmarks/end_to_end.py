"""Time and memory of a whole planning run, read to files written, each in a fresh process.

    python benchmarks/end_to_end.py [--roads FILE]

Plans the embedded scenario, and once more on real roads where a file is named or the folder of
real layers is found (`GEOPLAN_SHARED`, or `../shared` beside the project). The bar: 60 s and
2 GB each on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAR_S, BAR_GB = 60.0, 2.0


def measure(name: str, *arguments: str) -> bool:
    """Run one plan in a process of its own, print a row, and tell whether it is within the bar."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "geoplan.cli", "plan", "--json", "--out", f"{folder}/out"]
        began_s, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        out, err = process.communicate()
        seconds = time.perf_counter() - began_s
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # on a machine that does other work too, this says what the run itself took
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    # Linux counts kilobytes, macOS bytes; the largest of all children so far
    peak_gb = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    if process.returncode:
        print(f"{name}: exit {process.returncode}\n{err}")
        return False
    answer = json.loads(out)
    gap = "-" if answer["gap"] is None else f"{answer['gap']:.2%}"
    township = answer["levels"]["township"]
    print(
        f"{name:<10} {seconds:7.1f} s (cpu {cpu_s:.1f} s) {peak_gb:6.2f} GB  "
        f"{answer['status']:<10} gap {gap:>7}  "
        f"phase gap {answer['phase_gap']:.2%}  "
        f"townships {township['served']}/{township['placed']}  "
        f"cost {answer['cost_cents'] / 1e8:,.2f} million yuan",
        flush=True,
    )
    return seconds < BAR_S and peak_gb < BAR_GB


def main() -> int:
    parser = argparse.ArgumentParser(description="time and memory of whole planning runs")
    parser.add_argument("--roads", help="a roads layer for the second run")
    options = parser.parse_args()
    shared = Path(os.environ.get("GEOPLAN_SHARED") or ROOT.parent / "shared")
    roads = options.roads or shared / "data" / "tianjin" / "roads_osm.gpkg"
    within = measure("embedded")
    if Path(str(roads).split("#")[0]).exists():
        within = measure("roads", "--roads", str(roads)) and within
    else:
        print("roads      none found: name one with --roads")
    print("within the bar" if within else f"NOT within {BAR_S:.0f} s and {BAR_GB:.0f} GB")
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
