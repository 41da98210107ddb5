"""Wall and CPU seconds of each stage of a planning run, read to files written, in this process.

    python benchmarks/stages.py [--roads FILE] [--seed N]

Stages that run beside one another are listed each with the time of their own thread; compiling
(once per machine) is kept out by a short run before. What was planned stands in the last line.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

BEGAN_S, BEGAN_CPU_S = time.perf_counter(), time.process_time()

STAGES = (
    ("candidates, problem", "geoplan.pipeline", "prepare"),
    ("first design", "geoplan.optimize.solve", "first_design"),
    ("bound on the bill", "geoplan.optimize.bounds.BoundSearch", "run"),
    ("search for routes", "geoplan.optimize.solve", "improve_design"),
    ("every way listed", "geoplan.optimize.joint", "exact_plan"),
    ("search for early reach", "geoplan.optimize.joint", "early_reach"),
    ("phases, early design", "geoplan.optimize.joint", "plan_phases"),
    ("phases, least design", "geoplan.optimize.solve", "plan_phases"),
    ("bound on the weight", "geoplan.optimize.solve", "weight_bounds"),
    ("network", "geoplan.pipeline", "build_network"),
    ("plan", "geoplan.pipeline", "assemble_plan"),
)
"""Name, where the caller looks it up, and under which name."""


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


def main() -> None:
    parser = argparse.ArgumentParser(description="seconds of each stage of a planning run")
    parser.add_argument("--roads", help="a roads layer instead of the embedded one")
    parser.add_argument("--seed", type=int, help="instead of the scenario's")
    options = parser.parse_args()

    from geoplan.datasets import tianjin_scenario
    from geoplan.export import export_packs
    from geoplan.maps import render_map
    from geoplan.pipeline import make_plan
    from geoplan.plan_file import save_plan
    from geoplan.read import read_inputs

    seconds = {"imports": [time.perf_counter() - BEGAN_S, time.process_time() - BEGAN_CPU_S]}
    read = timed("read", read_inputs, seconds)
    scenario, layers = read(tianjin_scenario(), roads=options.roads)
    seed = scenario.solve.seed if options.seed is None else options.seed
    scenario = replace(scenario, solve=replace(scenario.solve, seed=seed))
    little = replace(scenario, solve=replace(scenario.solve, work_limit=0.01))
    make_plan(little, layers)

    for name, path, attribute in STAGES:
        owner = place(path)
        setattr(owner, attribute, timed(name, getattr(owner, attribute), seconds))
    plan = timed("make_plan, all of it", make_plan, seconds)(scenario, layers)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        timed("plan file", save_plan, seconds)(plan, out / "plan.gpkg")
        timed("map", render_map, seconds)(plan, out / "map.html", language="zh")
        timed("lists", export_packs, seconds)(plan, out, language="zh")
    print(f"{'stage':<24} {'wall s':>8} {'cpu s':>8}")
    for name, (wall_s, cpu_s) in seconds.items():
        print(f"{name:<24} {wall_s:8.2f} {cpu_s:8.2f}")
    told = plan.summary()
    weights = " / ".join(f"{phase['weight_share']:.2%}" for phase in told["phases"])
    print(
        f"seed {seed}: cost {told['cost_cents'] / 1e8:.3f}, bound {told['bound_cents'] / 1e8:.3f} "
        f"million yuan, weight {weights}, phase gap {told['phase_gap']:.2%}"
    )


if __name__ == "__main__":
    main()
