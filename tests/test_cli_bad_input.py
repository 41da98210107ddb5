"""Bad input through the command line: one clear message each, exit code, nothing half-written.

Everything runs on a city of two districts, in this process; only what must not show a traceback
to a person is looked at on standard error.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from instances import build_city_plan
from instances import city as city_of_instances
from small_city import SmallCity, collection, grid, small_city, street

from geoplan import cli
from geoplan.plan_file import save_plan

Edit = Callable[[SmallCity], object]
Streams = pytest.CaptureFixture[str]


@pytest.fixture
def city(tmp_path: Path) -> SmallCity:
    return small_city(tmp_path / "city")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder of an earlier run: it must stay as it is."""
    folder = tmp_path / "work" / "out"
    folder.mkdir(parents=True)
    (folder / "plan.gpkg").write_bytes(b"the plan of last week")
    (folder / "sites-phase1-en.xlsx").write_bytes(b"its list")
    return folder


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, hidden files too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def refused(streams: Streams, folder: Path, *arguments: object, code: int = 2) -> list[str]:
    """Run a command that must refuse; return the lines of its faults."""
    before = tree(folder)
    assert cli.main([*map(str, arguments), "--lang", "en"]) == code
    said = streams.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert tree(folder) == before
    lines = [line.strip() for line in said.err.splitlines()]
    faults = [line for line in lines if line.startswith("[") and " -> " in line]
    (head,) = [line for line in lines if line.endswith(("fault:", "faults:"))]
    assert head == ("1 fault:" if len(faults) == 1 else f"{len(faults)} faults:")
    return faults


def write_roads(city: SmallCity, *streets: object) -> None:
    city.write("roads.geojson", collection(*streets))  # type: ignore[arg-type]


def roads_in(crs: str) -> Edit:
    """Roads in degrees in a file that says they are something else."""

    def edit(city: SmallCity) -> None:
        lines = [shapely.from_geojson(json.dumps(each["geometry"])) for each in grid()]
        frame = gpd.GeoDataFrame({"road_class": "secondary"}, index=range(len(lines)),
                                 geometry=lines, crs=crs)  # fmt: skip
        frame.to_file(city.folder / "roads.gpkg")
        city.edit("scenario.toml", "roads.geojson", "roads.gpkg")

    return edit


def replaced(name: str, old: str, new: str) -> Edit:
    return lambda city: city.edit(name, old, new)


NO_UNITS = "unit_id,name,district_code,lon,lat,uses_system,existing_node\n"
# what is done to the city; rule, layer and row of the one fault; words of what and cure
CASES: dict[str, tuple[Edit, str, str, str]] = {
    "missing file": (
        replaced("scenario.toml", "townships.csv", "township.csv"),
        "[layers.missing_file] townships:", "there is no file", "did you mean townships.csv?",
    ),
    "empty layer": (
        lambda city: city.write("units.csv", NO_UNITS),
        "[layers.empty] municipal_units:", "holds no rows", "right file or layer",
    ),
    "empty roads": (
        lambda city: write_roads(city),
        "[layers.empty] roads:", "holds no rows", "right file or layer",
    ),
    "missing CRS": (
        lambda city: city.points("towns.gpkg", None),
        "[crs.missing] townships:", "does not say its CRS", "assign its CRS",
    ),
    "wrong CRS of sites": (
        lambda city: city.points("towns.gpkg", "EPSG:32650"),
        "[crs.coordinates] townships:", "looks like degrees", "EPSG:4326",
    ),
    "wrong CRS of roads": (
        roads_in("EPSG:32650"),
        "[crs.coordinates] roads:", "looks like degrees", "EPSG:4326",
    ),
    "roads of another place": (
        lambda city: city.write("roads.geojson", collection(street((200, 5), (300, 5)))),
        "[roads.outside_city] roads:", "no road comes near the city", "its CRS",
    ),
    "wrong planning CRS": (
        replaced("scenario.toml", "EPSG:4548", "EPSG:4534"),
        "[crs.planning_area] district_outlines:", "is made for", "planning_crs",
    ),
    "unknown planning CRS": (
        replaced("scenario.toml", "EPSG:4548", "EPSG:99999"),
        "[scenario.planning_crs] scenario [scenario] planning_crs:", "no such CRS", "EPSG:4548",
    ),
    "missing column": (
        replaced("townships.csv", "villages", "vilages"),
        "[townships.missing_column] townships:", "villages is missing", "rename the column vilages",
    ),
    "unknown column": (
        replaced("units.csv", "uses_system", "use_system"),
        "[municipal_units.unknown_column] municipal_units use_system:", "no column called",
        "rename the column use_system to uses_system",
    ),
    "unknown setting": (
        replaced("scenario.toml", "hub_ways = 2", "hub_ways = 2\nreuze = 1"),
        "[scenario.unknown_key] scenario [policy] reuze:", "no setting", "reuse",
    ),
    "duplicate ids": (
        replaced("townships.csv", "A102", "A101"),
        "[townships.duplicate_id] townships A101:", "A101", "",
    ),
    "negative price": (
        replaced("scenario.toml", "value_yuan = 165.0", "value_yuan = -165.0"),
        "[scenario.negative] scenario [placeholder_prices.trench_duct] value_yuan:", "-165",
        "take a value from 0",
    ),
    "fewer budgets than phases": (
        replaced("scenario.toml", "# yuan = [60000000, 160000000, 140000000]", "yuan = [1, 2]"),
        "[scenario.budgets_and_phases] scenario [budgets] yuan:", "2 budgets for 3 phases",
        "give 3 numbers",
    ),
    "site outside the city": (
        replaced("townships.csv", "117.02,39.02", "116.99,39.02"),
        "[sites.outside_city] townships A101:", "outside the city", "500 m are allowed",
    ),
    "roads in two pieces": (
        lambda city: write_roads(city, *grid(1, 7), *grid(13, 19)),
        "[roads.disconnected] roads:", "can't be joined", "close the gap to under 300 m",
    ),
    "broken survey": (
        replaced("cables.csv", "24,10", "24,30"),
        "[existing_cables.cores_used] existing_cables L1:", "more cores in use", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_fault_one_message(
    name: str, city: SmallCity, out: Path, tmp_path: Path, capsys: Streams
) -> None:
    edit, where, what, cure = CASES[name]
    edit(city)
    faults = refused(capsys, out.parent, "plan", city.scenario, "--out", out)
    fault = next(line for line in faults if where in line)
    said, mend = fault.split(" -> ")
    assert what in said
    assert mend
    assert cure in mend
    assert len(faults) == 1, faults


def test_rows_of_a_file_are_named_in_the_readers_language(
    city: SmallCity, out: Path, capsys: Streams
) -> None:
    city.edit("townships.csv", "A102", "A101")
    assert cli.main(["plan", str(city.scenario), "--out", str(out), "--lang", "zh"]) == 2
    assert "code A101 重复（第 2 行、第 3 行）" in capsys.readouterr().err


def test_every_fault_of_scenario_and_layers_at_once(
    city: SmallCity, out: Path, capsys: Streams
) -> None:
    several = ("negative price", "fewer budgets than phases", "duplicate ids", "empty layer")
    for name in (*several, "broken survey"):
        CASES[name][0](city)
    city.edit("scenario.toml", "lon = 117.05", 'lon = "east"')
    city.edit("districts.csv", "1000", "many")
    faults = refused(capsys, out.parent, "plan", city.scenario, "--out", out)
    assert [line.split("]")[0][1:] for line in faults] == [
        "scenario.wrong_type",
        "scenario.negative",
        "scenario.budgets_and_phases",
        "layers.empty",
        "districts.bad_value",
        "existing_cables.cores_used",
        "townships.duplicate_id",
    ]


def test_scenario_that_does_not_say_where_layers_are(
    city: SmallCity, out: Path, capsys: Streams
) -> None:
    city.edit("scenario.toml", 'districts = "districts.csv"\n', "")
    CASES["negative price"][0](city)
    CASES["duplicate ids"][0](city)
    faults = refused(capsys, out.parent, "plan", city.scenario, "--out", out)
    assert [line.split("]")[0][1:] for line in faults] == [
        "scenario.missing_key",
        "scenario.negative",
    ]


def test_scenario_without_a_section_names_it(city: SmallCity, out: Path, capsys: Streams) -> None:
    city.write("scenario.toml", "format = 1\n")
    faults = refused(capsys, out.parent, "plan", city.scenario, "--out", out)
    assert [line.split(" -> ")[1] for line in faults[:3]] == [
        "add the section [scenario]",
        "add the section [layers]",
        "add the section [[core]]",
    ]


def test_isolated_hub(city: SmallCity, out: Path, capsys: Streams) -> None:
    # B2's hub stands at the tip of the only road of its district, the ring ends 22 km before it
    city.edit("districts.csv", "117.16,39.04", "117.39,39.05")
    city.edit("townships.csv", "117.12,39.02", "117.12,39.05")
    city.edit("townships.csv", "117.18,39.08", "117.18,39.05")
    outlines = json.loads((city.folder / "outlines.geojson").read_text("utf-8"))
    outlines["features"][1]["geometry"]["coordinates"] = [
        [[117.1, 39.0], [117.4, 39.0], [117.4, 39.1], [117.1, 39.1], [117.1, 39.0]]
    ]
    city.write("outlines.geojson", json.dumps(outlines))
    write_roads(city, *grid(1, 13), street((13, 5), (39, 5)))
    (fault,) = refused(capsys, out.parent, "plan", city.scenario, "--out", out, code=3)
    assert fault.startswith("[hub.single_way] sites DB2:")
    assert "no two ways to a core" in fault
    assert "add roads" in fault


def test_site_without_position_is_a_note(city: SmallCity, out: Path, capsys: Streams) -> None:
    run = ["plan", str(city.scenario), "--out", str(out), "--lang", "en", "--json"]
    assert cli.main(run) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["levels"]["township"] == {"total": 6, "placed": 5, "served": 5}
    assert "[sites.no_position] sites TB203" in said.err
    assert (out / "plan.gpkg").stat().st_size > 10_000
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert cli.main(["check", str(out / "plan.gpkg"), "--lang", "en"]) == 0


# ---- places to write to -----------------------------------------------------------------------


def test_output_folder_that_is_a_file(city: SmallCity, tmp_path: Path, capsys: Streams) -> None:
    (tmp_path / "taken").write_text("mine")
    for place in (tmp_path / "taken", tmp_path / "taken" / "below"):
        (fault,) = refused(capsys, tmp_path, "plan", city.scenario, "--out", place)
        assert fault.startswith(f"[output.place] {tmp_path / 'taken'}:")
        assert "--out" in fault


def test_output_folder_that_may_not_be_written_to(
    city: SmallCity, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    # the right of the account, not of the folder: an administrator may write everywhere
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != out and real(path, mode))
    (fault,) = refused(capsys, out.parent, "plan", city.scenario, "--out", out)
    assert fault.startswith(f"[output.place] {out}: may not be written to")


def test_map_and_export_refuse_a_place_before_they_read(tmp_path: Path, capsys: Streams) -> None:
    (tmp_path / "taken").write_text("mine")
    plan = tmp_path / "none.gpkg"
    (fault,) = refused(capsys, tmp_path, "map", plan, "-o", tmp_path)
    assert "is a folder, not a file" in fault
    (fault,) = refused(capsys, tmp_path, "export", plan, "--out", tmp_path / "taken")
    assert "is not a folder" in fault


# ---- damaged plan files -----------------------------------------------------------------------


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5000:60_000] = b"\xff" * 55_000
    path.write_bytes(content)


def _sql(statement: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.executescript(statement)
        connection.close()

    return damage


def _another_database(path: Path) -> None:
    path.unlink()
    _sql("create table a (b)")(path)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"no plan at all"),
    "cut short": _cut,
    "overwritten": _overwritten,
    "another database": _another_database,
    "table gone": _sql("drop table phases"),
    "column gone": _sql("alter table hubs rename column site_id to x"),
    "no scenario": _sql("delete from provenance"),
    "wrong values": _sql("update phases set cost_cents = 'much'"),
    "not JSON": _sql("update certificate set value = '{'"),
}
WHERE = {"column gone": "hubs site_id", "wrong values": "phases cost_cents"}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_plan_files(name: str, tmp_path: Path, capsys: Streams) -> None:
    path = tmp_path / "plan.gpkg"
    save_plan(build_city_plan(city_of_instances()), path)
    DAMAGE[name](path)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "sites.csv").write_text("old")
    for command in (
        ("map", path, "-o", tmp_path / "map.html"),
        ("export", path, "--out", tmp_path / "lists"),
    ):
        faults = refused(capsys, tmp_path, *command)
        assert any(WHERE.get(name, "plan.gpkg") in line for line in faults), faults
    before = tree(tmp_path)
    code = cli.main(["check", str(path), "--lang", "en"])
    said = capsys.readouterr()
    # a file that is no plan is bad input; a plan file with a part broken breaks a rule
    assert code in (1, 2)
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert tree(tmp_path) == before
