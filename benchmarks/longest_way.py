"""What short ways cost: the same city without limits and with several of them, in one run.

    python benchmarks/longest_way.py [--scenario FILE] [--roads FILE] [--work-limit W]

Every plan is checked by the verifier; figures are those of its file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from geoplan.pipeline import make_plan
from geoplan.plan import Plan
from geoplan.plan_file import save_plan
from geoplan.read import read_inputs
from geoplan.scenario import LongestWay
from geoplan.summary import summary_lines
from geoplan.units import M_PER_KM
from geoplan.verify import check_plan

EMBEDDED = Path(__file__).resolve().parent.parent / "data" / "tianjin" / "scenario.toml"
LIMITS: tuple[tuple[str, LongestWay | None], ...] = (
    ("none", None),
    ("70 km, or 2 x the shortest", LongestWay(70.0, 70.0, 70.0, 2.0)),
    ("townships alone: 70 km, or 1.15 x", LongestWay(None, 70.0, 70.0, 1.15)),
    ("70 km, or 1.15 x the shortest", LongestWay(70.0, 70.0, 70.0, 1.15)),
    ("65 km, or 1.05 x the shortest", LongestWay(65.0, 65.0, 65.0, 1.05)),
)


def row(name: str, plan: Plan, seconds: float) -> str:
    """Return cost, bound, longest way and ways without an optic as a line of a table."""
    paths, held = plan["core_paths"], plan.certificate
    used = paths[paths["phase"] > 0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.gpkg"
        save_plan(plan, path)
        report = check_plan(path)
    longest = [
        f"{used.loc[used['site_id'].isin(of['site_id']), 'length_m'].max() / M_PER_KM:.0f}"
        for _, of in plan["sites"].groupby("level")
        if of["site_id"].isin(used["site_id"]).any()
    ]
    far = [line for line in summary_lines(plan, "en") if "too long for every optic" in line]
    return (
        f"{name:36}{held['cost_cents'] / 1e8:9.2f}{held['bound_cents'] / 1e8:9.2f}"
        f"{(used['optic'] == '').sum():6}{far[0].split()[0] if far else 0:>6}"
        f"  {'/'.join(longest):14}{seconds:6.1f}  {'holds' if report.ok else report.broken()}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scenario", type=Path, default=EMBEDDED)
    parser.add_argument("--roads")
    parser.add_argument("--work-limit", type=float)
    told = parser.parse_args()
    scenario, layers = read_inputs(told.scenario, roads=told.roads)
    if told.work_limit is not None:
        scenario = replace(scenario, solve=replace(scenario.solve, work_limit=told.work_limit))
    print(f"{'limit':36}{'cost':>9}{'bound':>9}{'dark':>6}{'far':>6}  longest (km)      s  check")
    for name, limit in LIMITS:
        began_s = time.perf_counter()
        plan = make_plan(replace(scenario, longest_way=limit), layers)
        print(row(name, plan, time.perf_counter() - began_s), flush=True)
    print("money in million yuan; dark: ways that no optic fits; far: those too long for every one")


if __name__ == "__main__":
    main()
