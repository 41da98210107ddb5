"""The embedded Tianjin data: totals, plausibility, and scripts that give the same bytes again."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoplan import datasets, existing
from geoplan.errors import InputError
from geoplan.plan_words import half

CENTRAL = ["120101", "120102", "120103", "120104", "120105", "120106"]
RECONSTRUCTED = (
    "municipal_units.csv",
    "existing_ducts.geojson",
    "existing_cables.csv",
    "existing_nodes.csv",
)


def table(name: str) -> pd.DataFrame:
    codes = dict.fromkeys(("code", "district_code"), str)
    return pd.read_csv(datasets.tianjin_dir() / name, dtype=codes, keep_default_na=False)


def test_every_planning_fact_says_who_vouches_for_it() -> None:
    facts = datasets.planning_facts("tianjin")
    assert len(facts) == 16
    assert len({fact.fact_id for fact in facts}) == 16
    assert {fact.part for fact in facts} == {"present", "demand", "reference", "band"}
    for fact in facts:
        assert all((*fact.name, *fact.value, *fact.source)), fact.fact_id
        assert fact.kind in {"cited", "derived"}
    # what is said of one city is not said of another
    elsewhere = datasets.planning_facts("elsewhere")
    assert {fact.part for fact in elsewhere} == {"demand", "reference", "band"}
    derived = next(fact for fact in facts if fact.kind == "derived").value.en
    assert all(f"{3400 / cores:.0f} km" in derived for cores in (12, 24, 96))


def outlines() -> gpd.GeoDataFrame:
    return gpd.read_file(datasets.tianjin_dir() / "district_outlines.geojson")


def ducts() -> gpd.GeoDataFrame:
    return gpd.read_file(datasets.tianjin_dir() / "existing_ducts.geojson")


def script(name: str) -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "data" / "tianjin" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while the class is made
    spec.loader.exec_module(module)
    return module


def test_the_packaged_copy_comes_before_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "geoplan"
    package.mkdir()
    monkeypatch.setattr(datasets, "_PACKAGE", package)
    with pytest.raises(InputError, match=r"datasets\.missing"):
        datasets.tianjin_dir()
    for folder in (tmp_path / "data" / "tianjin", package / "_data" / "tianjin"):
        folder.mkdir(parents=True)
        (folder / "scenario.toml").touch()
        assert datasets.tianjin_dir() == folder
        assert datasets.tianjin_scenario() == folder / "scenario.toml"


def test_every_layer_that_the_scenario_names_is_there() -> None:
    layers = tomllib.loads(datasets.tianjin_scenario().read_text(encoding="utf-8"))["layers"]
    named = [value for value in layers.values() if isinstance(value, str) and "." in value]
    assert len(named) == 6
    for name in named:
        assert (datasets.tianjin_dir() / name).is_file(), name


def test_districts_add_up_to_the_census() -> None:
    districts = table("districts.csv")
    assert len(districts) == 16
    assert districts["code"].is_unique
    assert districts["population"].sum() == 13_866_009
    assert sorted(outlines()["code"]) == sorted(districts["code"])


def test_townships_are_252_of_which_240_have_a_position() -> None:
    townships = table("townships.csv")
    placed = townships["lon"] != ""
    assert (len(townships), placed.sum()) == (252, 240)
    assert townships["code"].is_unique
    assert townships["kind"].value_counts().to_dict() == {
        "town": 125,
        "subdistrict": 124,
        "township": 3,
    }
    assert (placed == (townships["lat"] != "")).all()
    assert (placed == (townships["position_quality"] != "unknown")).all()
    assert (townships["villages"] > 0).all()


def test_township_points_lie_in_their_own_district() -> None:
    townships = table("townships.csv")
    townships = townships[townships["lon"] != ""]
    own = townships["district_code"].map(outlines().set_index("code").geometry)
    points = gpd.points_from_xy(townships["lon"].astype(float), townships["lat"].astype(float))
    inside = gpd.GeoSeries(own.to_numpy(), crs="EPSG:4326").covers(
        gpd.GeoSeries(points, crs="EPSG:4326")
    )
    assert townships["name"][~inside.to_numpy()].tolist() == []


def test_units_are_385_in_the_central_districts_and_marked() -> None:
    units = table("municipal_units.csv")
    assert units["unit_id"].tolist() == [f"M{i:03d}" for i in range(1, 386)]
    assert (units["uses_system"] == True).sum() == 123  # noqa: E712
    assert set(units["district_code"]) == set(CENTRAL)
    assert (units["position_quality"] == "reconstructed").all()
    assert units["name"].str.contains("重建").all()
    own = units["district_code"].map(outlines().set_index("code").geometry)
    points = gpd.GeoSeries.from_xy(units["lon"], units["lat"], crs="EPSG:4326")
    assert gpd.GeoSeries(own, crs="EPSG:4326").contains(points).all()
    assert not units.duplicated(["lon", "lat"]).any()


def test_units_are_denser_towards_the_centre() -> None:
    units = table("municipal_units.csv")
    distance = Geod(ellps="WGS84").inv(
        np.full(385, 117.2171), np.full(385, 39.1086), units["lon"], units["lat"]
    )[2]
    within = np.array([(distance <= radius).sum() for radius in (2000, 4000, 8000)])
    density = np.diff(within, prepend=0) / np.diff([0.0, 2000.0**2, 4000.0**2, 8000.0**2])
    assert (np.diff(density) < 0).all()


def test_the_plant_holds_exactly_3400_core_km() -> None:
    cables = table("existing_cables.csv")
    assert existing.core_metres(cables) == 3_400_000
    assert existing.check_plant(ducts(), cables) == []
    assert set(cables["cores"]) <= {8, 12, 24, 48, 96, 144}
    assert (cables["origin"] == "reconstructed").all()
    assert (ducts()["origin"] == "reconstructed").all()
    assert ducts()["bores"].between(3, 12).all()


def test_recorded_lengths_fit_the_geometry() -> None:
    lines = ducts().set_index("duct_id")
    geod = Geod(ellps="WGS84")
    geodesic = lines.geometry.map(geod.geometry_length)
    assert (lines["length_m"] >= geodesic).all()
    assert (lines["length_m"] < geodesic + 1.0).all()
    cables = table("existing_cables.csv")
    slack = cables["length_m"] - cables["duct_id"].map(lines["length_m"])
    assert (slack > 0).all()
    assert (slack <= 0.08 * cables["length_m"] + 15).all()


def test_ducts_end_where_their_nodes_are() -> None:
    nodes = table("existing_nodes.csv").set_index("node_id")
    for row in ducts().itertuples():
        ends = [row.geometry.coords[0], row.geometry.coords[-1]]
        assert ends == [tuple(nodes.loc[node, ["lon", "lat"]]) for node in (row.node_a, row.node_b)]


def test_the_plant_is_one_tree_from_the_centre_to_every_unit() -> None:
    nodes, lines = table("existing_nodes.csv"), ducts()
    number = pd.Series(np.arange(len(nodes)), index=nodes["node_id"])
    a, b = number[lines["node_a"]].to_numpy(), number[lines["node_b"]].to_numpy()
    links = csr_array((np.ones(len(a)), (a, b)), shape=(len(nodes), len(nodes)))
    assert connected_components(links, directed=False, return_labels=False) == 1
    assert len(lines) == len(nodes) - 1  # connected and one edge less than nodes: a tree
    kinds = nodes["kind"].value_counts()
    assert (kinds["centre"], kinds["unit"]) == (1, 385)
    assert 20 <= kinds["collector"] <= 30
    centre = nodes[nodes["kind"] == "centre"].iloc[0]
    assert (centre["lon"], centre["lat"]) == (117.2171, 39.1086)  # the core node's own position
    units = table("municipal_units.csv").set_index("existing_node")
    at = nodes.set_index("node_id").loc[units.index]
    assert (at["kind"] == "unit").all()
    assert (at[["lon", "lat"]].to_numpy() == units[["lon", "lat"]].to_numpy()).all()
    assert set(lines["duct_id"]) == set(table("existing_cables.csv")["duct_id"])


def test_each_unit_uses_two_cores_and_the_plant_cannot_serve_all_again() -> None:
    cables, lines = table("existing_cables.csv"), ducts()
    end = lines.set_index("duct_id")["node_b"]
    units = table("municipal_units.csv")["existing_node"]
    drops = cables[cables["duct_id"].map(end).isin(units)]
    assert len(drops) == 385
    assert (drops["cores_used"] == 2).all()
    assert (existing.free_cores(drops) >= 2).all()
    centre = lines.loc[(lines["node_a"] == "X0001") | (lines["node_b"] == "X0001"), "duct_id"]
    out_of_the_centre = existing.free_cores(cables[cables["duct_id"].isin(centre)]).sum()
    assert 0 < out_of_the_centre < 2 * 385


def test_reconstruction_gives_the_same_bytes_again(tmp_path: Path) -> None:
    script("reconstruct_plant").reconstruct(datasets.tianjin_dir(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(RECONSTRUCTED)
    for name in RECONSTRUCTED:
        assert (tmp_path / name).read_bytes() == (datasets.tianjin_dir() / name).read_bytes(), name


@pytest.fixture
def settle() -> Callable[..., pd.DataFrame]:
    return script("reconstruct_plant").settle_core_metres


def test_settling_hits_the_total_and_grows_trunks_first(
    settle: Callable[..., pd.DataFrame],
) -> None:
    """Four 8-core and four 12-core cables of 1000 m: 80,000 core-metres; a trunk 8 x 800: 6,400.

    Target 90,800: cables may grow up to 90,800 - 454 = 90,346. The trunk grows to 12 cores
    (86,400 + 3,200 = 89,600); then no other may (each costs at least 4,000). 1,200 core-metres
    go into the lengths. Without the trunk and with the target 80,400 nothing may grow at all.
    Target 80,000 is below what lies there already.
    """
    cables = pd.DataFrame(
        {
            "duct": range(9),
            "trunk": [False] * 8 + [True],
            "cores": [8] * 4 + [12] * 4 + [8],
            "cores_used": 2,
            "length_m": [1000] * 8 + [800],
        }
    )
    settled = settle(cables, target=90_800)
    assert settled["cores"].tolist() == [8] * 4 + [12] * 5
    assert existing.core_metres(settled) == 90_800
    assert (settled["length_m"] - cables["length_m"]).between(0, 20).all()
    settled = settle(cables.iloc[:8], target=80_400)
    assert settled["cores"].tolist() == [8] * 4 + [12] * 4
    assert existing.core_metres(settled) == 80_400
    with pytest.raises(SystemExit, match="change sizes"):
        settle(cables, target=80_000)


@pytest.mark.shared
def test_the_facts_are_carried_unchanged(shared_dir: Path, tmp_path: Path) -> None:
    script("import_facts").import_facts(shared_dir / "facts", tmp_path)
    for name in ("districts.csv", "townships.csv", "district_outlines.geojson"):
        assert (tmp_path / name).read_bytes() == (datasets.tianjin_dir() / name).read_bytes(), name


def test_the_import_renames_and_sorts(tmp_path: Path) -> None:
    module = script("import_facts")
    (tmp_path / "in.csv").write_text("b,a,skip\n01,x,9\n00,1.50,9\n", encoding="utf-8")
    module.carry_table(tmp_path / "in.csv", tmp_path / "out.csv", {"b": "code", "a": "name"})
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "code,name\n00,1.50\n01,x\n"


def test_every_remark_stands_in_both_languages() -> None:
    for name in ("townships.csv", "municipal_units.csv"):
        for note in filter(None, table(name)["note"].fillna("")):
            zh, en = half(note, "zh"), half(note, "en")
            assert note == f"{zh} / {en}", note
            assert re.search("[\u4e00-\u9fff]", zh), note
            assert sorted(re.findall(r"[\d.]+", zh)) == sorted(re.findall(r"[\d.]+", en)), note


def test_a_remark_without_a_translation_is_carried_as_it_stands() -> None:
    both = script("import_facts").both_languages
    assert both("moved in 2024") == "moved in 2024"
    assert both("") == ""
    assert both("no point; carved out of 甲镇 in 2020") == (
        "无点位；2020 年由甲镇析出 / no point; carved out of 甲镇 in 2020"
    )


def test_another_seed_gives_another_plant_of_the_same_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = script("reconstruct_plant")
    monkeypatch.setattr(module, "SEED", 1)
    module.reconstruct(datasets.tianjin_dir(), tmp_path)
    cables = pd.read_csv(tmp_path / "existing_cables.csv")
    assert existing.core_metres(cables) == 3_400_000
    assert existing.check_plant(gpd.read_file(tmp_path / "existing_ducts.geojson"), cables) == []
    units = pd.read_csv(tmp_path / "municipal_units.csv")
    assert (len(units), units["uses_system"].sum()) == (385, 123)
    assert not units["lon"].equals(table("municipal_units.csv")["lon"])
