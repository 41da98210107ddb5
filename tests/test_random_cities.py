"""Small random cities from files to a checked plan, with what users' files really hold.

A fixed seed makes a city: sites that share a building, ducts that end beside their site, roads
that lie double, names with quotes and commas, coordinates in several systems; and a scenario that
mixes rings, longest ways, access, two ways of digging, a cable series with gaps, odd shares, short
money.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small_city import TIANJIN, collection, feature

from geoplan.cli import main
from geoplan.crs import to_geographic, wgs84_to_gcj02
from geoplan.plan import Plan
from geoplan.plan_file import load_plan

CRS = "EPSG:4548"
CORNER = (500_000.0, 4_320_000.0)
NAMES = ('甲"区"', "乙,区", "=丙+1", "<b>丁</b>", "戊'区 & 庚", "𠮷区")
SEEDS = range(8)
MONEY = (None, None, [900_000.0, 50_000.5])


class RandomCity:
    """A city in planning metres, and the files of it."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 77])
        self.seed = seed
        self.cell_m = float(self.rng.choice([900, 3000, 8000]))
        self.gcj02 = bool(seed % 2)
        count = 2 + seed % 3
        self.codes = [f"0{k + 1}" for k in range(count)]
        self.seats = [self.within(k) for k in range(count)]
        # the first hub stands in the core's building, but not in the very place
        self.core = (self.seats[0][0] + 20.0, self.seats[0][1] + 15.0)
        self.towns = [(k % count, self.within(k % count)) for k in range(6)]
        self.units = [self.within(k % count) for k in range(4)]
        self.units[1] = self.units[0]

    def within(self, district: int) -> tuple[float, float]:
        dx, dy = self.rng.uniform(0.1, 0.9, 2) * self.cell_m
        return CORNER[0] + district * self.cell_m + dx, CORNER[1] + dy

    def roads(self) -> list[shapely.LineString]:
        """A bent grid, a loop, a carriageway beside another, a dead end and a line that turns."""
        x0, y0 = CORNER
        wide = self.cell_m * len(self.codes)
        xs, ys = np.linspace(x0, x0 + wide, 4), np.linspace(y0, y0 + self.cell_m, 3)
        bent = self.rng.normal(0, 0.03 * self.cell_m, (4, 3, 2))
        at = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1) + bent
        lines = [shapely.LineString(at[i]) for i in range(4)]
        lines += [shapely.LineString(at[:, j]) for j in range(3)]
        spot = at[1, 1]
        lines.append(lines[0].offset_curve(12.0))
        lines.append(shapely.LineString(shapely.Point(spot).buffer(150.0, 4).exterior.coords))
        lines.append(shapely.LineString([at[2, 2], at[2, 2] + np.array([130.0, 240.0])]))
        lines.append(shapely.LineString([spot, spot + np.array([0.4, 0.3])]))
        return [*lines, lines[1].reverse()]

    def degrees(self, at: tuple[float, float]) -> list[str]:
        lon, lat = to_geographic([at[0]], [at[1]], planning_crs=CRS)
        if self.gcj02:
            lon, lat = wgs84_to_gcj02(lon, lat)
        return [f"{float(lon[0]):.9f}", f"{float(lat[0]):.9f}"]

    def scenario(self) -> dict[str, Any]:
        seed = self.seed
        told = tomllib.loads((TIANJIN / "scenario.toml").read_text("utf-8"))
        told["scenario"] |= {"id": f"random-{seed}", "planning_crs": CRS}
        if seed == 3:
            told["scenario"] |= {"classification_zh": "", "classification_en": ""}
        lon, lat = (float(value) for value in self.degrees(self.core))
        told["core"][0] |= {"lon": lon, "lat": lat}
        told["layers"] = {
            "districts": "districts.csv",
            "district_outlines": "outlines.gpkg",
            "townships": "townships.csv",
            "municipal_units": "units.csv",
            "existing_ducts": "ducts.geojson",
            "existing_cables": "cables.csv",
            "input_crs": "GCJ-02" if self.gcj02 else "EPSG:4490",
            "roads": "roads.gpkg",
            "roads_attribution": "测绘 / survey",
        }
        if seed % 4 == 3:  # corridors between settlements; their trenches lie close to each other
            del told["layers"]["roads"], told["layers"]["roads_attribution"]
            told["policy"]["hub_ways"] = 1
        told["policy"]["reuse"] = ("ducts_and_cores", "ducts")[seed % 2]
        if seed % 4 == 2:
            told["rings"] = {"max_hubs": 3, "max_km": 900.0, "min_hubs": 1}
        if seed % 3 == 1:  # at most twice the shortest ways there are
            levels = ("municipal", "township", "district")[: 2 if "rings" in told else 3]
            told["longest_way"] = {f"{level}_km": 0.1 for level in levels} | {"least_factor": 2.0}
        prices = told["placeholder_prices"]
        prices["equipment_core"]["value_yuan"] = 1000.0
        prices["equipment_hub"]["value_yuan"] = 20_000.0
        told["route"] |= {
            "urban_districts": ["01"],
            "urban_method": ["duct", "aerial"],
            "rural_method": ["direct_buried", "aerial"],
        }
        if seed % 2 == 0:  # more than 4 cores want a far dearer cable
            told["cable"]["sizes_cores"] = [4, 288]
            told["prices"]["cable_4"] = dict(told["prices"]["cable_12"], value_yuan=500.0)
            for size in (12, 24, 48, 96, 144):
                del told["prices"][f"cable_{size}"]
            prices["trench_aerial"]["value_yuan"] = 1.0
            prices["trench_duct"]["value_yuan"] = prices["trench_direct_buried"]["value_yuan"] = 1.5
        shares = (30.0, 1 / 3)
        told["phases"] = [dict(told["phases"][k], share=shares[k]) for k in range(2)]
        told["budgets"]["round_to_yuan"] = 1
        money = MONEY[seed % 3]
        if money is not None:
            told["budgets"]["yuan"] = money
        told["solve"] |= {
            "seed": seed,
            "work_limit": 0.01,
            "objective": ("reach", "cost")[seed % 2],
        }
        return told

    def write(self, folder: Path) -> Path:
        """Write the files of the city; return its scenario."""
        name = [str(self.rng.choice(NAMES)) + code for code in self.codes]
        at = self.degrees
        tables = {
            "districts.csv": [
                ["code", "name", "population", "seat_lon", "seat_lat"],
                *(
                    [code, name[k], 1000 * (k + 1), *at(self.seats[k])]
                    for k, code in enumerate(self.codes)
                ),
            ],
            "townships.csv": [
                ["code", "name", "district_code", "lon", "lat", "villages"],
                *(
                    [f"{self.codes[k]}{n}", f"{name[k]}{n}", self.codes[k], *at(spot), n]
                    for n, (k, spot) in enumerate(self.towns)
                ),
            ],
            "units.csv": [
                ["unit_id", "name", "lon", "lat", "uses_system", "existing_node"],
                *(
                    [f"M{n}", f"局{n}", *at(spot), n % 2 == 0, "XM" if n == 2 else ""]
                    for n, spot in enumerate(self.units)
                ),
            ],
            "cables.csv": [["cable_id", "duct_id", "cores", "cores_used"], ["L1", "G1", 24, 10]],
        }
        for file, rows in tables.items():
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            (folder / file).write_text(text.getvalue(), "utf-8")
        x0, y0 = CORNER
        cells = [
            shapely.box(x0 + k * self.cell_m, y0, x0 + (k + 1) * self.cell_m, y0 + self.cell_m)
            for k in range(len(self.codes))
        ]
        gpd.GeoDataFrame({"code": self.codes}, geometry=cells, crs=CRS).to_file(
            folder / "outlines.gpkg"
        )
        lines = self.roads()
        gpd.GeoDataFrame({"road_class": "secondary"}, index=range(len(lines)), geometry=lines,
                         crs=CRS).to_crs("EPSG:4490").to_file(folder / "roads.gpkg")  # fmt: skip
        # the duct begins at the first hub's door, in the core's building, and ends near a unit
        ends = np.array([self.seats[0], self.units[2]]) + np.array([[0.0, 0.0], [8.0, -5.0]])
        lon, lat = to_geographic(*ends.T, planning_crs=CRS)
        duct = {"duct_id": "G1", "node_a": "XC", "node_b": "XM", "bores": 4, "bores_used": 1}
        line = np.stack([lon, lat], axis=1).tolist()
        (folder / "ducts.geojson").write_text(
            collection(feature("LineString", line, **duct)), "utf-8"
        )
        path = folder / "scenario.toml"
        path.write_text(written(self.scenario()), "utf-8")
        return path


def written(told: dict[str, Any]) -> str:
    """Return the text of a scenario file; lists of tables inside a table stand on one line."""

    def value(of: Any) -> str:
        if isinstance(of, dict):
            return "{ " + ", ".join(f"{key} = {value(some)}" for key, some in of.items()) + " }"
        if isinstance(of, list):
            return "[" + ", ".join(map(value, of)) + "]"
        return json.dumps(of, ensure_ascii=False)

    lines = [f"format = {told['format']}"]
    for key, part in told.items():
        for row in part if isinstance(part, list) else [part] if isinstance(part, dict) else []:
            lines.append(f"[[{key}]]" if isinstance(part, list) else f"[{key}]")
            lines += [f"{name} = {value(some)}" for name, some in row.items()]
    return "\n".join(lines) + "\n"


def planned(capsys: pytest.CaptureFixture[str], scenario: Path, out: Path) -> dict[str, Any]:
    code = main(["plan", str(scenario), "--out", str(out), "--json"])
    told = capsys.readouterr()
    assert code == 0, told.err
    return dict(json.loads(told.out))


def bill_cents(out: Path) -> int:
    with (out / "bill.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return sum(round(100 * float(row["合价（元）"])) for row in rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_city_is_planned_and_the_plan_holds(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario, out = RandomCity(seed).write(tmp_path), tmp_path / "out"
    told = planned(capsys, scenario, out)
    code = main(["check", str(out / "plan.gpkg"), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == 0, [rule for rule in report["rules"] if rule["holds"] is False]
    plan: Plan = load_plan(out / "plan.gpkg")
    held = plan.certificate
    assert told["cost_cents"] == held["cost_cents"] == bill_cents(out)
    assert held["phase_bound"] >= held["phase_value"]
    if held["bound_cents"] is not None:
        assert 0 < held["bound_cents"] <= held["cost_cents"]
    edges = plan["candidate_edges"].set_index("edge_id")
    dug = plan["routes"][plan["routes"]["method"].isin(["direct_buried", "duct", "aerial"])]
    assert not edges["stretch"][dug["edge_id"]].duplicated().any()


def test_the_same_seed_gives_the_same_lists(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = RandomCity(2).write(tmp_path)
    for name in ("one", "two"):
        planned(capsys, scenario, tmp_path / name)
    for file in ("routes.csv", "sites.csv", "core_schedule.csv", "bill.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
