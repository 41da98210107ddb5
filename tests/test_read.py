"""The input door: good layers come in whole, every bad one leaves one clear fault."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from geoplan.crs import wgs84_to_bd09, wgs84_to_gcj02
from geoplan.errors import Fault, InputError
from geoplan.layers import Layers
from geoplan.plan_words import half
from geoplan.read import read_layers, read_scenario
from geoplan.read.columns import as_text
from geoplan.schema import DISTRICTS, EXISTING_CABLES, EXISTING_DUCTS, ROADS, SITES

ROOT = Path(__file__).resolve().parent.parent
TIANJIN = ROOT / "data" / "tianjin"

LAYERS = """[layers]
districts = "districts.csv"
district_outlines = "outlines.geojson"
townships = "townships.csv"
municipal_units = "units.csv"
existing_ducts = "ducts.geojson"
existing_cables = "cables.csv"
input_crs = "EPSG:4326"

"""
DISTRICTS_CSV = """code,name,population,seat_lon,seat_lat
A1,甲区,1000,117.05,39.05
B2,乙区,2000,117.15,39.05
"""
TOWNSHIPS_CSV = """code,name,district_code,lon,lat,villages
A101,东街,A1,117.02,39.02,3
A102,西街,A1,117.08,39.08,5
B201,南镇,B2,117.12,39.02,7
B202,北镇,B2,,,2
"""
UNITS_CSV = """unit_id,name,district_code,lon,lat,uses_system,existing_node
M1,甲局,A1,117.06,39.05,true,X2
M2,乙局,,117.16,39.06,false,
"""
CABLES_CSV = """cable_id,duct_id,cores,cores_used
L1,G1,24,10
"""


def square(west: float, south: float, size: float = 0.1) -> list[list[list[float]]]:
    """Return the coordinates of a square polygon with this lower left corner."""
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def geojson(features: list[tuple[dict[str, object], str, object]]) -> str:
    """Return a GeoJSON of (properties, type, coordinates)."""
    rows = [
        {"type": "Feature", "properties": p, "geometry": {"type": t, "coordinates": c}}
        for p, t, c in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False)


@dataclass(frozen=True)
class Town:
    """Two square districts side by side, four townships (one without position), two units."""

    folder: Path

    def write(self, name: str, text: str, encoding: str = "utf-8") -> None:
        (self.folder / name).write_text(text, encoding=encoding)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def read(self, roads: str | None = None) -> Layers:
        return read_layers(read_scenario(self.folder / "scenario.toml"), roads=roads)

    def faults(self, roads: str | None = None) -> list[Fault]:
        with pytest.raises(InputError) as caught:
            self.read(roads)
        assert caught.value.exit_code == 2
        for fault in caught.value.faults:
            assert fault.layer
            for text in (fault.what, fault.cure):
                assert text.zh
                assert text.en
        return list(caught.value.faults)

    def only_fault(self, roads: str | None = None) -> Fault:
        faults = self.faults(roads)
        assert len(faults) == 1, [fault.line("en") for fault in faults]
        return faults[0]

    def roads(self, name: str = "roads.gpkg", **columns: object) -> str:
        """Write three roads; ``columns`` go beside the geometry. Returns the path."""
        lines = [
            shapely.LineString([(117.01, 39.05), (117.19, 39.05)]),
            shapely.MultiLineString(
                [[(117.05, 39.01), (117.05, 39.03)], [(117.1, 39.0), (117.1, 39.1)]]
            ),
            shapely.LineString([(117.02, 39.02), (117.08, 39.08)]),
        ]
        path = self.folder / name
        gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:4326").to_file(path)
        return str(path)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = Town(tmp_path)
    text = (TIANJIN / "scenario.toml").read_text("utf-8")
    head, rest = text.split("[layers]", 1)
    rest = rest[rest.index("[[core]]") :]
    text = (
        head
        + LAYERS
        + rest.replace("lon = 117.2171", "lon = 117.05").replace("lat = 39.1086", "lat = 39.05")
    )
    start = text.index("urban_districts")
    text = text[:start] + 'urban_districts = ["A1"]' + text[text.index("\n", start) :]
    made.write("scenario.toml", text)
    made.write("districts.csv", DISTRICTS_CSV)
    made.write("townships.csv", TOWNSHIPS_CSV)
    made.write("units.csv", UNITS_CSV)
    made.write("cables.csv", CABLES_CSV)
    made.write(
        "outlines.geojson",
        geojson(
            [
                ({"code": "A1"}, "Polygon", square(117.0, 39.0)),
                ({"code": "B2"}, "Polygon", square(117.1, 39.0)),
            ]
        ),
    )
    duct = {"duct_id": "G1", "node_a": "X1", "node_b": "X2", "bores": 4, "bores_used": 1}
    made.write("ducts.geojson", geojson([(duct, "LineString", [[117.05, 39.05], [117.06, 39.05]])]))
    return made


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in frame.dtypes.items()}


def test_numbers_of_a_table_are_written_as_they_are() -> None:
    numbers = pd.Series([117.05, np.nan, 3.0, 1e-7])
    assert as_text(numbers).tolist() == ["117.05", "", "3", "1e-07"]


# ---- what comes in whole ----------------------------------------------------------------------


def test_town_comes_in_whole(town: Town) -> None:
    layers = town.read()
    sites = layers.sites.set_index("site_id")
    assert list(sites.index) == [
        "CORE-1", "DA1", "DB2", "M1", "M2", "TA101", "TA102", "TB201", "TB202"
    ]  # fmt: skip
    assert list(sites["level"]) == (
        ["core", "district", "district", "municipal", "municipal"] + ["township"] * 4
    )
    assert sites.loc["DA1", "name"] == "甲区汇聚节点"
    assert sites.loc["TA102", "villages"] == 5
    assert bool(sites.loc["M1", "uses_system"])
    assert sites.loc["M2", "district_code"] == "B2"  # found by its position
    assert sites.loc["TB202", "position_quality"] == "unknown"
    assert sites.loc["TB202", "geometry"] is None
    assert sites.loc["CORE-1", "existing_node"] == "X1"  # the duct ends in the core's building
    # a placeholder says in both languages that it is one
    assert half(sites.loc["CORE-1", "note"], "zh").startswith("占位值：河西区政府驻地")
    assert half(sites.loc["CORE-1", "note"], "en").startswith("placeholder: seat of Hexi")
    assert sites.loc["CORE-1", "district_name"] == "甲区"
    assert [(n.rule, n.row) for n in layers.notes] == [("sites.no_position", "TB202")]
    assert [name for name, _ in layers.hashes] == [
        "districts", "district_outlines", "townships", "municipal_units",
        "existing_ducts", "existing_cables",
    ]  # fmt: skip


def test_tables_keep_their_contract(town: Town) -> None:
    layers = town.read(town.roads(road_class=["primary", "trunk", None]))
    numpy_kind = {"str": "str", "int": "int64", "bool": "bool", "float": "float64"}
    for frame, table in (
        (layers.districts, DISTRICTS),
        (layers.sites, SITES),
        (layers.roads, ROADS),
        (layers.existing_ducts, EXISTING_DUCTS),
        (layers.existing_cables, EXISTING_CABLES),
    ):
        assert frame is not None
        assert frame.crs == "EPSG:4548"
        expected = {c.name: numpy_kind[c.kind] for c in table.columns} | {"geometry": "geometry"}
        assert kinds(frame) == expected
        assert isinstance(frame.index, pd.RangeIndex)


def test_duct_length_is_measured_and_cable_takes_its_duct(town: Town) -> None:
    layers = town.read()
    _, _, expected_m = Geod(ellps="GRS80").inv(117.05, 39.05, 117.06, 39.05)
    assert layers.existing_ducts["length_m"].tolist() == [round(expected_m)]
    assert layers.existing_cables["length_m"].tolist() == [round(expected_m)]
    assert layers.existing_cables.geometry[0].equals(layers.existing_ducts.geometry[0])
    assert layers.existing_ducts["origin"].tolist() == ["surveyed"]


def test_no_plant_gives_empty_tables(town: Town) -> None:
    town.edit("scenario.toml", 'existing_ducts = "ducts.geojson"\n', "")
    town.edit("scenario.toml", 'existing_cables = "cables.csv"\n', "")
    layers = town.read()
    assert len(layers.existing_ducts) == len(layers.existing_cables) == 0
    assert kinds(layers.existing_ducts)["bores"] == "int64"
    assert set(layers.sites["existing_node"]) == {""}
    assert "municipal_units.no_plant" in {n.rule for n in layers.notes}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_of_a_chinese_office(town: Town, encoding: str) -> None:
    town.write("townships.csv", TOWNSHIPS_CSV.replace("\n", "\r\n"), encoding)
    assert "南镇" in set(town.read().sites["name"])


def test_points_of_a_geopackage(town: Town) -> None:
    plain = town.read().sites
    frame = pd.read_csv(town.folder / "townships.csv", dtype={"code": str})
    points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"))
    points = [None if p.is_empty else p for p in points]
    made = gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326").to_crs("EPSG:4490")
    made.to_file(town.folder / "town.gpkg", layer="townships")
    made.to_file(town.folder / "town.gpkg", layer="other")
    town.edit("scenario.toml", "townships.csv", "town.gpkg#townships")
    from_file = town.read().sites
    assert shapely.equals_exact(
        from_file.geometry[5:8].to_numpy(), plain.geometry[5:8].to_numpy(), 1e-3
    ).all()
    assert from_file.geometry[8] is None


def test_single_parts_of_multi_geometries(town: Town) -> None:
    plain = town.read()
    for name in ("ducts.geojson", "townships.csv"):
        if name.endswith("csv"):
            frame = pd.read_csv(town.folder / name, dtype={"code": str}).iloc[:3]
            points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"))
            made = gpd.GeoDataFrame(
                frame, geometry=[shapely.MultiPoint([p]) for p in points], crs="EPSG:4326"
            )
        else:
            made = gpd.read_file(town.folder / name)
            made = made.set_geometry([shapely.MultiLineString([g]) for g in made.geometry])
            made["length_m"] = [None]
        made.to_file(town.folder / f"{name}.gpkg")
        town.edit("scenario.toml", name, f"{name}.gpkg")
    layers = town.read()
    assert layers.existing_ducts.geometry[0].equals(plain.existing_ducts.geometry[0])
    assert layers.existing_ducts["length_m"].tolist() == plain.existing_ducts["length_m"].tolist()
    assert shapely.equals_exact(
        layers.sites.geometry[5:8].to_numpy(), plain.sites.geometry[5:8].to_numpy(), 1e-6
    ).all()


def test_excel_codes_and_hostile_names(town: Town) -> None:
    town.edit("townships.csv", "东街", "<img src=x onerror=alert(1)>${7*7}")
    town.edit("townships.csv", "西街", "=1+2")
    town.edit("townships.csv", "A101", "120101.0")
    sites = town.read().sites
    assert "T120101" in set(sites["site_id"])
    names = set(sites["name"])
    assert {"<img src=x onerror=alert(1)>${7*7}", "=1+2"} <= names


def test_roads_are_split_and_classed(town: Town) -> None:
    path = town.roads(
        fclass=["Motorway", "trunk", None], bridge=["T", "F", "F"], tunnel=["F", "F", "T"]
    )
    layers = town.read(path)
    assert layers.roads is not None
    assert layers.roads["road_class"].tolist() == ["motorway", "trunk", "trunk", "unknown"]
    assert layers.roads["structure"].tolist() == ["bridge", "none", "none", "tunnel"]
    assert set(layers.roads.geom_type) == {"LineString"}
    assert "roads.origin_unknown" in {n.rule for n in layers.notes}
    assert layers.attributions == ()


def test_roads_of_the_scenario_and_their_attribution(town: Town) -> None:
    town.roads("own.gpkg", highway=["primary"] * 3)
    town.edit(
        "scenario.toml",
        "input_crs",
        'roads = "own.gpkg"\nroads_attribution = "市测绘院"\n'
        'attributions = ["甲", "乙"]\ninput_crs',
    )
    layers = town.read()
    assert layers.attributions == ("甲", "乙", "市测绘院")
    assert "roads.origin_unknown" not in {n.rule for n in layers.notes}
    other = town.read(town.roads("roads_osm.gpkg", highway=["primary"] * 3))
    assert other.attributions == ("甲", "乙", "© OpenStreetMap contributors, ODbL 1.0")


@pytest.mark.parametrize(
    ("name", "column"), [("a.gpkg", "osm_id"), ("x-openstreetmap.gpkg", "n"), ("OSM.gpkg", "n")]
)
def test_osm_is_recognised(town: Town, name: str, column: str) -> None:
    layers = town.read(town.roads(name, highway=["primary"] * 3, **{column: [1, 2, 3]}))
    assert layers.attributions == ("© OpenStreetMap contributors, ODbL 1.0",)


def test_osm_is_recognised_by_its_own_words(town: Town) -> None:
    words = ["", "(c) OpenStreetMap contributors", ""]
    layers = town.read(town.roads(highway=["primary"] * 3, attribution=words))
    assert layers.attributions == ("© OpenStreetMap contributors, ODbL 1.0",)


def test_water_is_repaired_with_a_note(town: Town) -> None:
    bow_tie = [[[117.0, 39.0], [117.1, 39.1], [117.1, 39.0], [117.0, 39.1], [117.0, 39.0]]]
    town.write("water.geojson", geojson([({"class": "lake"}, "Polygon", bow_tie)]))
    town.edit("scenario.toml", "input_crs", 'water = "water.geojson"\ninput_crs')
    layers = town.read()
    assert layers.water is not None
    assert layers.water.is_valid.all()
    assert layers.water["kind"].tolist() == ["lake"]
    assert "water.repaired" in {n.rule for n in layers.notes}


def test_extra_column_is_a_note(town: Town) -> None:
    town.edit("townships.csv", "villages\n", "villages,fax\n")
    town.edit("townships.csv", ",3\n", ",3,123\n")
    town.edit("townships.csv", ",5\n", ",5,\n")
    town.edit("townships.csv", ",7\n", ",7,\n")
    town.edit("townships.csv", ",2\n", ",2,\n")
    assert next(n.rule for n in town.read().notes) == "townships.extra_column"


def test_seat_may_be_unknown(town: Town) -> None:
    town.edit("districts.csv", "117.15,39.05", ",")
    layers = town.read()
    hub = layers.sites.set_index("site_id").loc["DB2"]
    assert hub["geometry"] is None
    assert ("sites.no_position", "DB2") in {(n.rule, n.row) for n in layers.notes}


# ---- one bad thing, one clear fault -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "old", "new", "rule", "layer", "row", "cure"),
    [
        ("townships.csv", "A102", "A101", "townships.duplicate_id", "townships", "A101", "id"),
        ("townships.csv", "A1,117.02", "A9,117.02", "townships.unknown_district", "townships",
         "A101", "A1"),
        ("townships.csv", "A1,117.02", ",117.02", "townships.bad_value", "townships", "A101",
         "fill it in"),
        ("townships.csv", ",villages", ",vilages", "townships.missing_column", "townships", "",
         "rename the column vilages to villages"),
        ("townships.csv", "lon,", "x,", "townships.missing_column", "townships", "", "add it"),
        ("townships.csv", "117.02,39.02,3", "117.02,39.02,-3", "townships.bad_value", "townships",
         "A101", "zero or a positive"),
        ("townships.csv", "117.02,39.02,3", "117.02,39.02,2.5", "townships.bad_value", "townships",
         "A101", "whole number"),
        ("townships.csv", "117.02,39.02,3", "117.02,39.02,1e400", "townships.bad_value",
         "townships", "A101", "number"),
        ("townships.csv", "117.02,39.02", "117.02°,39.02", "townships.bad_value", "townships",
         "A101", "number"),
        ("townships.csv", "117.02,39.02", "nan,39.02", "townships.bad_value", "townships",
         "A101", "number"),
        ("townships.csv", "117.02,39.02", "117.02,", "townships.half_position", "townships",
         "A101", "both"),
        ("townships.csv", "117.02,39.02", "217.02,39.02", "townships.bad_coordinate", "townships",
         "A101", "degrees"),
        ("townships.csv", "117.02,39.02", "39.02,117.02", "townships.swapped", "townships",
         "A101", "exchange"),
        ("townships.csv", "117.02,39.02", "116.98,39.02", "sites.outside_city", "townships",
         "A101", "input_crs"),
        ("townships.csv", "117.02,39.02", "0,0", "sites.outside_city", "townships", "A101",
         "position"),
        ("townships.csv", "东街", '"东\n街"', "townships.control_characters", "townships", "A101",
         "remove"),
        ("townships.csv", "东街", "东\x07街", "townships.control_characters", "townships", "A101",
         "remove"),
        ("townships.csv", "东街", "", "townships.bad_value", "townships", "A101", "fill it in"),
        ("townships.csv", "东街", "东,街", "layers.csv", "townships", "line 2", "quotes"),
        ("townships.csv", "code,name", "code,name,name", "layers.duplicate_column", "townships",
         "line 1", "one of them"),
        ("districts.csv", "1000", "-1000", "districts.bad_value", "districts", "A1",
         "zero or a positive"),
        ("units.csv", "true", "maybe", "municipal_units.bad_value", "municipal_units", "M1",
         "true or false"),
        ("units.csv", "X2", "X3", "municipal_units.unknown_node", "municipal_units", "M1", "X"),
        ("units.csv", "M1", "DA1", "sites.duplicate_id", "sites", "DA1", "own"),
        ("cables.csv", "G1", "G7", "existing_cables.unknown_duct", "existing_cables", "L1", "G1"),
        ("cables.csv", "24", "-24", "existing_cables.bad_value", "existing_cables", "L1",
         "positive"),
        ("scenario.toml", '"A1"', '"A7"', "scenario.unknown_district", "scenario [route]",
         "urban_districts", "A1"),
        ("scenario.toml", "lon = 117.05", "lon = 118.05", "sites.outside_city", "scenario [core]",
         "CORE-1", "position"),
        ("scenario.toml", "townships.csv", "township.csv", "layers.missing_file", "townships", "",
         "townships.csv"),
        ("scenario.toml", "EPSG:4548", "EPSG:4534", "crs.planning_area", "district_outlines", "",
         "planning_crs"),
    ],
)  # fmt: skip
def test_one_fault(
    town: Town, name: str, old: str, new: str, rule: str, layer: str, row: str, cure: str
) -> None:
    town.edit(name, old, new)
    fault = town.only_fault()
    assert (fault.rule, fault.layer, fault.row) == (rule, layer, row)
    assert cure in fault.cure.en


def test_outline_twice_leaves_the_other_district_bare(town: Town) -> None:
    town.edit("outlines.geojson", '"B2"', '"A1"')
    assert [(f.rule, f.row) for f in town.faults()] == [
        ("district_outlines.duplicate_id", "A1"),
        ("districts.no_outline", "B2"),
    ]


def test_header_with_control_characters(town: Town) -> None:
    town.edit("townships.csv", "code,name", '"co\nde",name')
    assert town.only_fault().rule == "layers.csv"


def test_distance_outside_is_told(town: Town) -> None:
    # 0.02 degrees of longitude west of 117.0 at 39.02 N: 1.73 km on the ellipsoid
    town.edit("townships.csv", "117.02,39.02", "116.98,39.02")
    assert "1,73" in town.only_fault().what.en


def test_site_within_500_m_outside_is_allowed(town: Town) -> None:
    town.edit("townships.csv", "117.02,39.02", "116.995,39.02")  # 430 m
    assert town.read().sites.geometry.notna().sum() == 8


def test_all_swapped_is_one_fault(town: Town) -> None:
    town.edit("townships.csv", "lon,lat", "lat,lon")
    fault = town.only_fault()
    assert (fault.rule, fault.row) == ("townships.swapped", "")


def test_faults_of_all_layers_at_once(town: Town) -> None:
    town.edit("townships.csv", "A102", "A101")
    town.edit("townships.csv", ",7\n", ",-7\n")
    town.edit("districts.csv", "population", "people")
    town.edit("units.csv", "M2", "M1")
    town.edit("cables.csv", "G1", "G9")
    (town.folder / "outlines.geojson").unlink()
    rules = {fault.rule for fault in town.faults(str(town.folder / "no.gpkg"))}
    assert rules == {
        "townships.duplicate_id",
        "townships.bad_value",
        "districts.missing_column",
        "municipal_units.duplicate_id",
        "existing_cables.unknown_duct",
        "layers.missing_file",
    }


def test_a_row_of_the_plant_has_one_fault_and_the_others_their_own(town: Town) -> None:
    # a cell that is no number is filled with 0: that is not told as a second fault
    town.edit("cables.csv", "L1,G1,24,", "L1,G1,many,")
    town.write("cables.csv", (town.folder / "cables.csv").read_text("utf-8") + "L2,G1,12,13\n")
    assert [(f.rule, f.row) for f in town.faults()] == [
        ("existing_cables.bad_value", "L1"), ("existing_cables.cores_used", "L2"),
        ("existing_ducts.cables", "G1"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "\n", "code,name,district_code,lon,lat,villages\n"])
def test_empty_csv(town: Town, text: str) -> None:
    town.write("townships.csv", text)
    assert town.only_fault().rule == "layers.empty"


def test_csv_with_semicolons(town: Town) -> None:
    town.write("townships.csv", TOWNSHIPS_CSV.replace(",", ";"))
    assert "commas" in town.only_fault().cure.en


def test_csv_in_utf16(town: Town) -> None:
    town.write("townships.csv", TOWNSHIPS_CSV, "utf-16")
    assert town.only_fault().rule == "layers.encoding"


def test_csv_with_an_endless_quote(town: Town) -> None:
    town.edit("townships.csv", "东街", '"东街')
    faults = town.faults()
    assert {f.layer for f in faults} == {"townships"}


def test_folder_and_rubbish_in_place_of_a_layer(town: Town) -> None:
    (town.folder / "empty_dir").mkdir()
    town.edit("scenario.toml", '"outlines.geojson"', '"empty_dir"')
    assert town.only_fault().rule == "layers.unreadable"
    town.write("rubbish.gpkg", "not a database")
    fault = [f for f in town.faults(str(town.folder / "rubbish.gpkg")) if f.layer == "roads"]
    assert [f.rule for f in fault] == ["layers.unreadable"]


def test_layer_of_a_file_must_be_named(town: Town) -> None:
    path = town.roads(highway=["primary"] * 3)
    gpd.read_file(path).to_file(path, layer="second")
    fault = town.only_fault(path)
    assert fault.rule == "layers.which_layer"
    assert "file#layer" in fault.cure.en
    assert town.only_fault(path + "#secund").cure.en == "did you mean second?"
    assert town.read(path + "#second").roads is not None


def test_name_with_a_hash_sign(town: Town) -> None:
    assert town.read(town.roads("a#b.gpkg", highway=["primary"] * 3)).roads is not None


# ---- roads that can't be used -----------------------------------------------------------------


def write_roads(town: Town, geometry: list[object], crs: str | None, **columns: object) -> str:
    path = town.folder / "bad.gpkg"
    frame = gpd.GeoDataFrame(columns or {"highway": ["x"] * len(geometry)}, geometry=geometry)
    frame.set_crs(crs).to_file(path) if crs else frame.to_file(path)
    return str(path)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_roads_without_crs(town: Town) -> None:
    line = shapely.LineString([(117.01, 39.05), (117.19, 39.05)])
    path = write_roads(town, [line], None)
    assert town.only_fault(path).rule == "crs.missing"


def test_roads_elsewhere(town: Town) -> None:
    line = shapely.LineString([(116.01, 39.05), (116.19, 39.05)])
    fault = town.only_fault(write_roads(town, [line], "EPSG:4326"))
    assert fault.rule == "roads.outside_city"
    assert "CRS" in fault.cure.en


def test_roads_that_are_points(town: Town) -> None:
    fault = town.only_fault(write_roads(town, [shapely.Point(117.05, 39.05)], "EPSG:4326"))
    assert fault.rule == "roads.not_lines"


def test_metres_declared_as_degrees(town: Town) -> None:
    line = shapely.LineString([(517000, 4330000), (518000, 4330000)])
    fault = town.only_fault(write_roads(town, [line], "EPSG:4326"))
    assert fault.rule == "crs.coordinates"
    assert "metres" in fault.cure.en


def test_degrees_declared_as_metres(town: Town) -> None:
    line = shapely.LineString([(117.01, 39.05), (117.19, 39.05)])
    fault = town.only_fault(write_roads(town, [line], "EPSG:4548"))
    assert fault.rule == "crs.coordinates"
    assert "degrees" in fault.what.en


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_coordinates_that_are_no_numbers(town: Town) -> None:
    good = shapely.LineString([(117.01, 39.05), (117.19, 39.05)])
    bad = shapely.LineString([(117.01, np.nan), (117.19, 39.05)])
    fault = town.only_fault(write_roads(town, [good, bad], "EPSG:4326"))
    assert (fault.rule, fault.row) == ("crs.coordinates", "feature 2")


def test_point_that_its_crs_does_not_have(town: Town) -> None:
    frame = pd.DataFrame(
        {"code": ["A101", "A102"], "name": "x", "district_code": "A1", "villages": 1}
    )
    points = gpd.points_from_xy([5e5, 1e30], [4.32e6, 1e30])
    gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4548").to_file(town.folder / "t.gpkg")
    town.edit("scenario.toml", "townships.csv", "t.gpkg")
    assert [(f.rule, f.row) for f in town.faults()] == [("townships.bad_coordinate", "A102")]


def test_broken_files(town: Town) -> None:
    """Cut a GeoPackage and a GeoJSON anywhere: a fault, never a traceback."""
    whole = Path(town.roads(highway=["primary"] * 3)).read_bytes()
    for n_bytes in (0, 1, 100, 5000, len(whole) // 2):
        (town.folder / "cut.gpkg").write_bytes(whole[:n_bytes])
        assert town.only_fault(str(town.folder / "cut.gpkg")).rule == "layers.unreadable"
    outlines = (town.folder / "outlines.geojson").read_bytes()
    for n_bytes in (0, 10, len(outlines) // 2, len(outlines) - 1):
        (town.folder / "outlines.geojson").write_bytes(outlines[:n_bytes])
        assert {f.layer for f in town.faults()} == {"district_outlines"}


def test_roads_without_rows(town: Town) -> None:
    assert town.only_fault(write_roads(town, [], "EPSG:4326")).rule == "layers.empty"


def test_mistyped_class_column(town: Town) -> None:
    fault = town.only_fault(town.roads(hihgway=["a", "b", "c"]))
    assert fault.rule == "roads.missing_column"
    assert "hihgway" in fault.cure.en


def test_roads_without_classes_are_a_note(town: Town) -> None:
    layers = town.read(town.roads(number=[1, 2, 3]))
    assert layers.roads is not None
    assert set(layers.roads["road_class"]) == {"unknown"}
    assert "roads.no_class" in {n.rule for n in layers.notes}


def test_points_and_empty_geometry_among_roads_are_left_out(town: Town) -> None:
    line = shapely.LineString([(117.01, 39.05, 7.0), (117.19, 39.05, 7.0)])
    nothing = shapely.LineString([(117.05, 39.05, 0.0), (117.05, 39.05, 0.0)])
    path = write_roads(town, [line, None, nothing, shapely.Point(117.05, 39.05)], "EPSG:4326")
    layers = town.read(path)
    assert layers.roads is not None
    assert len(layers.roads) == 1
    assert not layers.roads.has_z.any()
    note = [n for n in layers.notes if n.rule == "roads.dropped"]
    assert [n.what.en.split()[0] for n in note] == ["3"]


# ---- the scenario file ------------------------------------------------------------------------


def scenario_fault(path: Path | str) -> Fault:
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert len(caught.value.faults) == 1
    return caught.value.faults[0]


def test_scenario_file_that_is_not_there(tmp_path: Path) -> None:
    assert scenario_fault(tmp_path / "no.toml").rule == "scenario.missing_file"
    assert scenario_fault(tmp_path).rule == "scenario.is_folder"
    assert scenario_fault("a\0b").rule == "scenario.unreadable"


def test_scenario_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "gbk.toml"
    path.write_text('title = "规划"', encoding="gb18030")
    fault = scenario_fault(path)
    assert fault.rule == "scenario.encoding"
    assert "UTF-8" in fault.cure.en


def test_scenario_with_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_text((TIANJIN / "scenario.toml").read_text("utf-8"), encoding="utf-8-sig")
    assert read_scenario(str(path)).scenario_id == "tianjin"


# ---- Tianjin ----------------------------------------------------------------------------------


def test_tianjin_comes_in_whole() -> None:
    layers = read_layers(read_scenario(TIANJIN / "scenario.toml"))
    placed = layers.sites.geometry.notna()
    count = layers.sites.groupby("level").size().to_dict()
    assert count == {"core": 1, "district": 16, "municipal": 385, "township": 252}
    assert int((~placed).sum()) == 12
    assert {n.rule for n in layers.notes} == {"sites.no_position"}
    assert len(layers.notes) == 12
    assert layers.districts["population"].sum() == 13_866_009
    assert any("CC BY 4.0" in line for line in layers.attributions)


@pytest.mark.parametrize(
    ("shift", "declared"),
    [(wgs84_to_gcj02, "GCJ-02"), (wgs84_to_bd09, "BD-09"), (None, "EPSG:4326")],
)
@pytest.mark.parametrize("written", ["EPSG:4326", "GCJ-02", "BD-09"])
def test_wrong_datum_is_detected(
    tmp_path: Path, shift: object, declared: str, written: str
) -> None:
    """Shift Tianjin's points; only the right declaration passes, a wrong one names the right."""
    shutil.copytree(TIANJIN, tmp_path / "t")
    for name, lon, lat in (("townships", "lon", "lat"), ("municipal_units", "lon", "lat")):
        path = tmp_path / "t" / f"{name}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        known = frame[lon] != ""
        if callable(shift):
            a, b = shift(frame.loc[known, lon].astype(float), frame.loc[known, lat].astype(float))
            frame.loc[known, lon] = np.char.mod("%.6f", a)
            frame.loc[known, lat] = np.char.mod("%.6f", b)
        frame.to_csv(path, index=False)
    scenario = read_scenario(tmp_path / "t" / "scenario.toml")
    scenario = replace(scenario, layers=replace(scenario.layers, input_crs=written))
    try:
        read_layers(scenario)
        faults: list[Fault] = []
    except InputError as error:
        faults = [f for f in error.faults if f.layer in ("townships", "municipal_units")]
    assert {f.layer for f in faults if f.rule == "crs.declaration"} == (
        set() if written == declared else {"townships", "municipal_units"}
    )
    assert all(f.rule == "crs.declaration" and repr(declared) in f.cure.en for f in faults)


@pytest.mark.shared
def test_real_roads(shared_dir: Path) -> None:
    scenario = read_scenario(TIANJIN / "scenario.toml")
    water = str(shared_dir / "data" / "tianjin" / "water_osm.gpkg")
    scenario = replace(scenario, layers=replace(scenario.layers, water=water))
    layers = read_layers(scenario, roads=str(shared_dir / "data" / "tianjin" / "roads_osm.gpkg"))
    assert layers.roads is not None
    assert layers.water is not None
    assert len(layers.roads) == 7992
    assert (layers.roads["structure"] == "bridge").sum() == 2967
    assert (layers.roads["structure"] == "tunnel").sum() == 58
    assert len(layers.water) == 61
    assert "© OpenStreetMap contributors, ODbL 1.0" in layers.attributions
