"""Size and speed of the leadership map, in a fresh browser: one JSON object per page.

    python benchmarks/map_size.py [PLAN.gpkg ...] [--sites N --lines N] [--no-folium]
                                  [--repeat N] [--folium-repeat N] [--timeout S]

Without a plan file two made plans are drawn: one of the default city's size (640 sites, 2,000
lines) and one of 5,000 sites and 100,000 lines. Beside our map stands what folium makes of the
same plan by itself, as one GeoJson layer per phase and as one PolyLine per line (its Leaflet
inlined, so that it draws without a network; no figures, no cards).

`first_view_ms` counts from navigation to the second frame after the page is ready, so that the
canvas has been painted; `switch_ms` is the slowest of all phase switches, painted as well (of
folium's: a layer put off and on); `pan_ms` is the slowest frame of a drag across the map, letting
go included. Each page is opened in a browser of its own `--repeat` times (folium's, which take
minutes, `--folium-repeat` times), and median and least of each figure are told: other work on the
machine only makes it slower. `load` is the load of the machine per core before the run; above 1 the
times are those of a machine that was busy. folium's PolyLine page of 100,000 lines is 94 MB and
takes minutes to write; a figure that takes longer than `--timeout` is told as null.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.maps import parts, render_map
from geoplan.plan import Plan
from geoplan.plan_file import load_plan
from geoplan.plan_styles import PHASE_COLOURS
from geoplan.schema import PLAN_TABLES, Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
_BLANK: dict[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False}
_WHY_ZH = "按每万元覆盖的权重排序，本站点在所属区排第三，提前一期需增加资金并推迟另外两个站点。"
_WHY_EN = "Third of its district by weight per money; a phase earlier would delay two other sites."


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
    # Random walks of a kilometre. Six vertices are twice what the routes of the Tianjin plan on
    # real roads have after the map's simplification (2.6 on average, 8 at the 99th percentile).
    turns = np.cumsum(rng.normal(0, 0.25, (lines, vertices)), axis=1) + rng.uniform(
        0, 6, (lines, 1)
    )
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


_SWITCHED = """(step) => new Promise(done => {
    const from = performance.now();
    const painted = () => requestAnimationFrame(() => requestAnimationFrame(
        () => done(performance.now() - from)));
    if (window.geoplanMap) {
        // large pictures are drawn over several frames: wait for the last
        let waiting = true;
        geoplanMap.lines.once('drawn', () => { waiting = false; painted(); });
        geoplanMap.setStep(step);
        if (waiting && !geoplanMap.waiting()) { painted(); }
    } else {
        const on = window.phaseLayers[0]._map === null || !window.phaseLayers[0]._map;
        window.phaseLayers.forEach(l => on ? l.addTo(window.theMap) : l.remove());
        painted();
    }
})"""
_FIRST = """() => new Promise(done => {
    const whole = () => !window.geoplanMap || (geoplanMap.lines._front && !geoplanMap.waiting());
    const next = () => requestAnimationFrame(() => whole()
        ? requestAnimationFrame(() => done(performance.now())) : next());
    next();
})"""
_WATCH = """() => { window.frames_ = []; let last = performance.now(); const next = (now) => {
    window.frames_.push(now - last); last = now; if (window.frames_ !== null) {
    window.handle_ = requestAnimationFrame(next); } };
    window.handle_ = requestAnimationFrame(next); }"""
_WATCHED = (
    "() => { cancelAnimationFrame(window.handle_); return Math.max(...window.frames_.slice(2)); }"
)


def folium_page(plan: Plan, path: Path, kind: str) -> None:
    """Write what folium makes of the plan's lines by itself: one layer per phase."""
    routes = plan["routes"].set_crs("EPSG:4548", allow_override=True).to_crs(4326)
    routes = routes[["edge_id", "phase", "method", "length_m", "cost_cents", "geometry"]]
    view = folium.Map(location=[39.3, 117.3], zoom_start=9, tiles=None, prefer_canvas=True)
    view.default_js, view.default_css = [], []
    names = []
    for phase in (1, 2, 3):
        group = folium.FeatureGroup(name=f"phase {phase}").add_to(view)
        own = routes[routes["phase"] == phase]
        colour = PHASE_COLOURS[phase]
        if kind == "geojson":
            style = {"color": colour, "weight": 2}
            tip = folium.GeoJsonTooltip(["edge_id", "method", "length_m", "cost_cents"])
            folium.GeoJson(own, style_function=lambda _, s=style: s, tooltip=tip).add_to(group)
        else:
            for row in own.itertuples():
                line = [(y, x) for x, y in row.geometry.coords]
                folium.PolyLine(line, color=colour, weight=2, tooltip=str(row.edge_id)).add_to(
                    group
                )
        names.append(group.get_name())
    page = view.get_root().render()
    head = (
        f"<style>{parts.leaflet_css()} html, body, .folium-map {{ height: 100%; margin: 0 }}"
        f"</style><script>{parts.leaflet_js()}</script>"
    )
    page = page.replace("<head>", f"<head>{head}", 1)
    tail = f"window.theMap = {view.get_name()}; window.phaseLayers = [{names[2]}];"
    at = page.rindex("</script>")
    path.write_text(f"{page[:at]}\n{tail}\n{page[at:]}", encoding="utf-8")


def opened(path: Path, own: bool, timeout_s: float) -> dict[str, float | None]:
    """Open a page in a fresh browser; return its times, null from the first that took too long."""
    import ensure_chromium
    from playwright.sync_api import TimeoutError as TooLong
    from playwright.sync_api import sync_playwright

    times: dict[str, float | None] = dict.fromkeys(("first_view_ms", "switch_ms", "pan_ms"))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=ensure_chromium.find(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.set_default_timeout(1000 * timeout_s)
        try:
            page.goto(path.as_uri())
            times["first_view_ms"] = _evaluated(page, _FIRST)
            last = int(page.get_attribute("#slider", "max") or 0) if own else 1
            steps = (*range(last + 1), 0, last) if own else (0, 1)
            times["switch_ms"] = max(_evaluated(page, _SWITCHED, step) for step in steps)
            times["pan_ms"] = _panned(page)
        except TooLong:
            pass
        browser.close()
    return times


def _evaluated(page: Any, script: str, argument: int | None = None) -> float:
    """Run a script that promises a figure; unlike `evaluate` this one obeys the page's timeout."""
    call = f"({script})({'' if argument is None else argument})"
    page.evaluate(
        f"() => {{ window.answer_ = null; {call}.then(ms => {{ window.answer_ = [ms]; }}); }}"
    )
    page.wait_for_function("() => window.answer_ !== null")
    return float(page.evaluate("() => window.answer_[0]"))


def _panned(page: Any) -> float:
    page.mouse.move(900, 700)
    page.evaluate(_WATCH)
    page.mouse.down()
    for step in range(30):
        page.mouse.move(900 - 10 * step, 700 - 6 * step)
    page.mouse.up()
    page.wait_for_timeout(800)
    return float(page.evaluate(_WATCHED))


def measured(plan: Plan, label: str, kind: str, repeat: int, timeout_s: float) -> dict[str, Any]:
    """Write one page of ``plan``, open it ``repeat`` times, and return size and times."""
    with tempfile.TemporaryDirectory(prefix="geoplan-map-") as folder:
        path = Path(folder) / "map.html"
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        started = time.perf_counter()
        if kind == "geoplan":
            render_map(plan, path)
        else:
            folium_page(plan, path, kind)
        write_s = time.perf_counter() - started
        runs = [opened(path, kind == "geoplan", timeout_s) for _ in range(repeat)]
        size = path.stat().st_size
    return {
        "plan": label,
        "page": kind,
        "sites": len(plan["sites"]),
        "lines": len(plan["routes"]),
        "file_mb": round(size / 1e6, 3),
        "write_s": round(write_s, 2),
        "runs": repeat,
        **{key: _told(statistics.median, runs, key) for key in runs[0]},
        **{f"least_{key}": _told(min, runs, key) for key in runs[0]},
        "load": round(load, 2),
    }


def _told(of: Any, runs: list[dict[str, float | None]], key: str) -> int | None:
    values = [run[key] for run in runs]
    return None if None in values else round(of(values))


def main() -> None:
    """Measure the plan files given, or made plans."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plans", nargs="*", type=Path)
    parser.add_argument("--sites", type=int)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--vertices", type=int, default=6, help="of each made line")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folium-repeat", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds for one figure")
    parser.add_argument("--no-folium", action="store_true")
    options = parser.parse_args()
    kinds = ["geoplan"] if options.no_folium else ["geoplan", "geojson", "polyline"]
    plans = [(path.name, load_plan(path)) for path in options.plans]
    if options.sites or options.lines:
        sizes = [(options.sites or 640, options.lines or 2000)]
    else:
        sizes = [] if plans else [(640, 2000), (5000, 100_000)]
    plans += [("made", made_plan(*size, vertices=options.vertices)) for size in sizes]
    for label, plan in plans:
        for kind in kinds:
            repeat = options.repeat if kind == "geoplan" else options.folium_repeat
            record = measured(plan, label, kind, repeat, options.timeout)
            print(json.dumps(record, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
