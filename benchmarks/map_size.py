"""Size and speed of the leadership map, in a fresh browser: one JSON object per size.

    python benchmarks/map_size.py [PLAN.gpkg ...] [--sites N --lines N]

Without a plan file a made plan of the default city's size (640 sites, 2,000 lines) is drawn.
`first_view_ms` counts from navigation to the second frame after the script is ready, so that the
canvas has been painted; `switch_ms` is the worst of all phase switches, painted as well.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.maps import render_map
from geoplan.plan import Plan
from geoplan.plan_file import load_plan
from geoplan.schema import PLAN_TABLES, Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
_BLANK: dict[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False}
_WHY_ZH = "按每万元覆盖的权重排序，本站点在所属区排第三，提前一期需增加资金并推迟另外两个站点。"
_WHY_EN = "Third of its district by weight per money; a phase earlier would delay two other sites."
_PAINTED = """(step) => new Promise(done => {
    const from = performance.now();
    geoplanMap.setStep(step);
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - from)));
})"""
_FIRST = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done(performance.now()))))"""


def table(contract: Table, count: int, **columns: Any) -> pd.DataFrame:
    """Build a table of the schema with ``count`` rows; columns that aren't given are blank."""
    data = {
        column.name: columns.get(column.name, [_BLANK[column.kind]] * count)
        for column in contract.columns
    }
    if contract.geometry is None:
        return pd.DataFrame(data)
    shapes = gpd.GeoSeries(columns.get("geometry", [None] * count), crs="EPSG:4548")
    return gpd.GeoDataFrame(data, geometry=shapes)


def made_plan(sites: int, lines: int, *, vertices: int = 6, seed: int = 1) -> Plan:
    """Make a plan of a city of 100 x 160 km: 16 districts, winding lines, three phases."""
    rng = np.random.default_rng(seed)
    contracts = {contract.name: contract for contract in PLAN_TABLES}
    tables = {name: table(contract, 0) for name, contract in contracts.items()}
    low, high = np.array([460_000.0, 4_270_000.0]), np.array([560_000.0, 4_430_000.0])
    boxes = [
        shapely.box(460_000 + 25_000 * i, y, 485_000 + 25_000 * i, y + 40_000)
        for i in range(4)
        for y in range(4_270_000, 4_430_000, 40_000)
    ]
    names = [f"第{n}区" for n in range(16)]
    tables["districts"] = table(contracts["districts"], 16, code=names, name=names, geometry=boxes)
    level = ["core"] + ["district"] * 16 + ["municipal"] * (sites * 3 // 5)
    level += ["township"] * (sites - len(level))
    tables["sites"] = table(
        contracts["sites"],
        sites,
        site_id=[f"1201{n:05d}" for n in range(sites)],
        name=[f"站点街道{n}" for n in range(sites)],
        level=level,
        district_name=[names[n % 16] for n in range(sites)],
        district_code=[names[n % 16] for n in range(sites)],
        phase=rng.integers(1, 4, sites),
        weight=rng.integers(1000, 50_000, sites),
        weight_reason=["区人口乘以村（社区）占比"] * sites,
        path_length_m=np.round(rng.uniform(1e3, 8e4, sites), 1),
        loss_db=np.round(rng.uniform(2, 20, sites), 3),
        why_zh=[_WHY_ZH] * sites,
        why_en=[_WHY_EN] * sites,
        geometry=[shapely.Point(p) for p in rng.uniform(low, high, (sites, 2))],
    )
    # random walks of a kilometre: what a road between two junctions looks like
    turns = np.cumsum(rng.normal(0, 0.25, (lines, vertices)), axis=1) + rng.uniform(0, 6, (lines, 1))
    steps = 1000 / vertices * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    walks = rng.uniform(low, high, (lines, 1, 2)) + np.cumsum(steps, axis=1)
    tables["routes"] = table(
        contracts["routes"],
        lines,
        edge_id=np.arange(lines) * 3,
        method=rng.choice(["duct", "direct_buried", "light"], lines),
        phase=rng.integers(1, 4, lines),
        length_m=np.round(rng.uniform(1e2, 4e3, lines), 1),
        cores_used=rng.integers(2, 200, lines),
        cost_cents=rng.integers(1_000_000, 90_000_000, lines),
        geometry=list(shapely.linestrings(walks)),
    )
    tables["core_paths"] = table(
        contracts["core_paths"],
        sites - 1,
        site_id=tables["sites"]["site_id"].tolist()[1:],
        edge_ids=[json.dumps((3 * rng.integers(0, lines, 25)).tolist()) for _ in range(sites - 1)],
    )
    tables["phases"] = table(
        contracts["phases"], 3, number=[1, 2, 3], name_zh=["一期", "二期", "三期"]
    )
    levels = {key: {"total": sites} for key in ("municipal", "district", "township")}
    return Plan(
        tables,
        {"cost_cents": 5_000_000_000, "bound_cents": 4_900_000_000, "gap": 0.0204},
        {
            "title_zh": "规模测试", "title_en": "Size test", "classification_zh": "",
            "classification_en": "", "planning_crs": "EPSG:4548", "levels": levels,
        },
    )  # fmt: skip


def measured(plan: Plan, label: str) -> dict[str, Any]:
    """Render ``plan``, open it in a fresh browser and return size and times."""
    import ensure_chromium
    from playwright.sync_api import sync_playwright

    folder = Path(tempfile.mkdtemp(prefix="geoplan-map-"))
    started = time.perf_counter()
    path = render_map(plan, folder / "map.html")
    render_s = time.perf_counter() - started
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=ensure_chromium.find(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(path.as_uri())
        first_ms = page.evaluate(_FIRST)
        last = int(page.get_attribute("#slider", "max") or 0)
        switches = [page.evaluate(_PAINTED, step) for step in (*range(last + 1), 0, last)]
        browser.close()
    record = {
        "plan": label,
        "sites": len(plan["sites"]),
        "lines": len(plan["routes"]),
        "file_mb": round(path.stat().st_size / 1e6, 3),
        "render_s": round(render_s, 2),
        "first_view_ms": round(first_ms),
        "switch_ms": round(max(switches)),
    }
    shutil.rmtree(folder)
    return record


def main() -> None:
    """Measure the plan files given, or made plans."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plans", nargs="*", type=Path)
    parser.add_argument("--sites", type=int, default=640)
    parser.add_argument("--lines", type=int, default=2000)
    options = parser.parse_args()
    if not options.plans:
        plan = made_plan(options.sites, options.lines)
        print(json.dumps(measured(plan, "made"), ensure_ascii=False))
    for path in options.plans:
        print(json.dumps(measured(load_plan(path), path.name), ensure_ascii=False))


if __name__ == "__main__":
    main()
