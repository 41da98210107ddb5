"""Time and memory of whole planning runs, read to files written, and of each of their stages.

    python benchmarks/end_to_end.py [--roads FILE] [--scenario FILE] [--seed N]

Plans the embedded scenario, and once more on real roads where a file is named or the folder of
real layers is found (`GEOPLAN_SHARED`, or `../shared` beside the project); with `--scenario` that
one alone, on the roads that are named. The bar on two cores: 30 s for the embedded scenario, 120 s
otherwise, and 2 GB.

Each run is a fresh process. A short one before it keeps compiling out, which is done once per
machine. Stages that run beside one another are listed each with the CPU time of its own thread, so
they don't add up to the run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

BEGAN_S, BEGAN_CPU_S = time.perf_counter(), time.process_time()
ROOT = Path(__file__).resolve().parent.parent
BAR_S, EMBEDDED_BAR_S, BAR_GB = 120.0, 30.0, 2.0
SHORT = 0.01
"""Work limit of the run that only compiles."""

STAGES = (
    ("candidates, problem", "geoplan.pipeline", "prepare"),
    ("first design", "geoplan.optimize.solve", "first_design"),
    ("bound on the bill", "geoplan.optimize.bounds.BoundSearch", "run"),
    ("search for routes", "geoplan.optimize.solve", "improve_design"),
    ("every way listed", "geoplan.optimize.joint", "exact_plan"),
    ("search for early reach", "geoplan.optimize.joint", "early_reach"),
    ("phases, early design", "geoplan.optimize.joint", "plan_phases"),
    ("phases, least design", "geoplan.optimize.solve", "plan_phases"),
    ("money left at the end", "geoplan.optimize.joint", "serve_more"),
    ("bound on the weight", "geoplan.optimize.solve", "weight_bounds"),
    ("network", "geoplan.pipeline", "build_network"),
    ("plan", "geoplan.pipeline", "assemble_plan"),
)
"""Name, where the caller looks it up, and under which name."""


# ---- one run, in a process of its own ----------------------------------------------------------


def timed(
    name: str, work: Callable[..., Any], seconds: dict[str, list[float]]
) -> Callable[..., Any]:
    """Return the function with its wall and its own thread's CPU seconds added up."""

    def run(*arguments: Any, **options: Any) -> Any:
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        try:
            return work(*arguments, **options)
        finally:
            row = seconds.setdefault(name, [0.0, 0.0])
            row[0] += time.perf_counter() - wall_s
            row[1] += time.thread_time() - cpu_s

    return run


def place(path: str) -> Any:
    """Return the module, or the class in one, of a dotted path."""
    module, _, last = path.rpartition(".")
    if last[0].isupper():
        return getattr(importlib.import_module(module), last)
    return importlib.import_module(path)


def plan_here(options: argparse.Namespace) -> dict[str, Any]:
    """Plan once and write all files; return the plan's summary and the seconds of each stage."""
    from geoplan.datasets import tianjin_scenario
    from geoplan.export import export_packs
    from geoplan.maps import render_map
    from geoplan.pipeline import make_plan
    from geoplan.plan_file import save_plan
    from geoplan.read import read_inputs

    seconds = {"imports": [time.perf_counter() - BEGAN_S, time.process_time() - BEGAN_CPU_S]}
    read = timed("read", read_inputs, seconds)
    scenario, layers = read(options.scenario or tianjin_scenario(), roads=options.roads)
    given = {"seed": options.seed, "work_limit": SHORT if options.short else None}
    known = {name: value for name, value in given.items() if value is not None}
    scenario = replace(scenario, solve=replace(scenario.solve, **known))
    for name, path, attribute in STAGES:
        owner = place(path)
        setattr(owner, attribute, timed(name, getattr(owner, attribute), seconds))
    plan = timed("make_plan, all of it", make_plan, seconds)(scenario, layers)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        timed("plan file", save_plan, seconds)(plan, out / "plan.gpkg")
        timed("map", render_map, seconds)(plan, out / "map.html", language="zh")
        timed("lists", export_packs, seconds)(plan, out, language="zh")
    return {"summary": plan.summary(), "seed": scenario.solve.seed, "seconds": seconds}


# ---- the benchmark ----------------------------------------------------------------------------


def measure(name: str, bar_s: float, *arguments: str) -> bool:
    """Run one plan in a process of its own, tell of it, and whether it is within the bar."""
    command = [sys.executable, str(Path(__file__).resolve()), "--here", *arguments]
    subprocess.run([*command, "--short"], stdout=subprocess.DEVNULL, check=True)
    began_s, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds = time.perf_counter() - began_s
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # on a machine that does other work too, this says what the run itself took
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    # Linux counts kilobytes, macOS bytes; the largest of all children so far
    peak_gb = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    within = seconds < bar_s and peak_gb < BAR_GB
    bar = f"{'within' if within else 'NOT within'} {bar_s:.0f} s and {BAR_GB:.0f} GB"
    print(f"{name}: {seconds:.1f} s (cpu {cpu_s:.1f} s), {peak_gb:.2f} GB, {bar}")
    print("\n".join(lines(json.loads(out))), flush=True)
    return within


def lines(run: dict[str, Any]) -> list[str]:
    """Write what was planned, and the seconds of each stage."""
    told = run["summary"]
    gap = "-" if told["gap"] is None else f"{told['gap']:.2%}"
    bound = "-" if told["bound_cents"] is None else f"{told['bound_cents'] / 1e8:,.3f}"
    township = told["levels"]["township"]
    weights = " / ".join(f"{phase['weight_share']:.2%}" for phase in told["phases"])
    return [
        f"  {told['status']}, seed {run['seed']}: cost {told['cost_cents'] / 1e8:,.3f}, bound "
        f"{bound} million yuan, gap {gap}, phase gap {told['phase_gap']:.2%}",
        f"  weight {weights}, townships {township['served']}/{township['placed']}",
        f"  {'stage':<24} {'wall s':>8} {'cpu s':>8}",
        *(
            f"  {name:<24} {wall_s:8.2f} {cpu_s:8.2f}"
            for name, (wall_s, cpu_s) in run["seconds"].items()
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="time and memory of whole planning runs")
    parser.add_argument("--roads", help="a roads layer for the second run")
    parser.add_argument("--scenario", help="plan this scenario alone")
    parser.add_argument("--seed", type=int, help="instead of the scenario's")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--short", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(plan_here(options)))
        return 0
    seed = [] if options.seed is None else ["--seed", str(options.seed)]
    on_roads = [] if options.roads is None else ["--roads", options.roads]
    if options.scenario:
        within = measure("scenario", BAR_S, "--scenario", options.scenario, *on_roads, *seed)
    else:
        shared = Path(os.environ.get("GEOPLAN_SHARED") or ROOT.parent / "shared")
        roads = options.roads or str(shared / "data" / "tianjin" / "roads_osm.gpkg")
        within = measure("embedded", EMBEDDED_BAR_S, *seed)
        if Path(roads.split("#")[0]).exists():
            within = measure("roads", BAR_S, "--roads", roads, *seed) and within
        else:
            print("roads: none found, name one with --roads")
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
