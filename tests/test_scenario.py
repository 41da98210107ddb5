"""The scenario file: the embedded one is whole, and every way to break it is told at once."""

from __future__ import annotations

import copy
import dataclasses
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geoplan.errors import Fault, InputError
from geoplan.scenario import LongestWay, Price, RingRules, Scenario, scenario_figures
from geoplan.scenario_toml import parse_scenario
from geoplan.text import Text

PATH = Path(__file__).resolve().parent.parent / "data" / "tianjin" / "scenario.toml"
TOML = PATH.read_text("utf-8")


def parse(text: str) -> Scenario:
    return parse_scenario(text, path=PATH)


def edited(old: str, new: str) -> str:
    assert old in TOML
    return TOML.replace(old, new, 1)


def faults_of(text: str) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.faults
    for fault in caught.value.faults:
        assert fault.layer.startswith("scenario")
        for words in (fault.what, fault.cure):
            assert words.zh
            assert words.en
    return list(caught.value.faults)


def only_fault(text: str) -> Fault:
    faults = faults_of(text)
    assert len(faults) == 1, [fault.line("en") for fault in faults]
    return faults[0]


def ringed(*lines: str) -> str:
    return edited("[policy]\n", "\n".join(["[rings]", *lines, "[policy]", ""]))


def test_rings() -> None:
    """At least two hubs unless the scenario says otherwise, or allows only one."""
    assert parse(TOML).rings is None
    assert parse(ringed("max_hubs = 4", "max_km = 120.5")).rings == RingRules(4, 120.5, 2)
    assert parse(ringed("max_hubs = 1", "max_km = 9")).rings == RingRules(1, 9.0, 1)
    lone = ringed("max_hubs = 4", "max_km = 9", "min_hubs = 1")
    assert parse(lone).rings == RingRules(4, 9.0, 1)


def test_rings_between_two_cores_want_two_cores() -> None:
    lines = ("max_hubs = 4", "max_km = 9.0")
    assert parse(ringed(*lines, 'cores = "one"')).rings == RingRules(4, 9.0, 2)
    with pytest.raises(InputError) as failure:
        parse(ringed(*lines, 'cores = "either"'))
    assert [(f.rule, f.row) for f in failure.value.faults] == [
        ("scenario.rings_need_two_cores", "cores")
    ]
    start = TOML.index("[[core]]")
    core = TOML[start : TOML.index("\n[", start)]
    second = core.replace('"CORE-1"', '"CORE-2"') + "\n"
    text = ringed(*lines, 'cores = "two"').replace("[[core]]", f"{second}\n[[core]]", 1)
    assert parse(text).rings == RingRules(4, 9.0, 2, "two")


def test_every_fault_of_the_rings_at_once() -> None:
    text = ringed("max_hubs = 2", "max_km = 0.0", "min_hubs = 3", "most = 1")
    faults = faults_of(text.replace("hub_ways = 2", "hub_ways = 1"))
    assert [(fault.rule, fault.row) for fault in faults] == [
        ("scenario.unknown_key", "most"),
        ("scenario.out_of_range", "max_km"),
        ("scenario.min_above_max", "min_hubs"),
        ("scenario.rings_need_two_ways", "max_hubs"),
    ]
    assert {fault.row for fault in faults_of(ringed("max_hubs = 0"))} == {"max_hubs", "max_km"}


def limited(*lines: str) -> str:
    return edited("[policy]\n", "\n".join(["[longest_way]", *lines, "[policy]", ""]))


def test_longest_way() -> None:
    """Every line may be left out: such a level has no limit, or kilometres alone count."""
    assert parse(TOML).longest_way is None
    every = limited(
        "district_km = 150", "municipal_km = 20.5", "township_km = 70.0", "least_factor = 1.2"
    )
    assert parse(every).longest_way == LongestWay(150.0, 20.5, 70.0, 1.2)
    assert parse(limited("township_km = 70.0")).longest_way == LongestWay(None, None, 70.0, None)


def test_every_fault_of_the_longest_way_at_once() -> None:
    lines = ("township_km = 0.0", "district_km = 80", "village_km = 3", "least_factor = 0.9")
    text = limited(*lines, "[rings]", "max_hubs = 4", "max_km = 120.5")
    assert [(fault.rule, fault.row) for fault in faults_of(text)] == [
        ("scenario.out_of_range", "township_km"),
        ("scenario.out_of_range", "least_factor"),
        ("scenario.unknown_key", "village_km"),
        ("scenario.rings_have_a_length", "district_km"),
    ]


# ---- the embedded scenario --------------------------------------------------------------------


def test_tianjin() -> None:
    scenario = parse(TOML)
    assert scenario.scenario_id == "tianjin"
    assert scenario.classification == Text("内部资料", "Internal")
    assert scenario.toml == TOML
    assert scenario.path == PATH
    assert scenario.layers.townships == str(PATH.parent / "townships.csv")
    assert scenario.layers.roads is None
    assert scenario.prices["cable_24"] == Price(
        "cable_24", 221259, "sheath_km", "cited", scenario.prices["cable_24"].source
    )
    assert scenario.prices["closure"].kind == "placeholder"
    assert scenario.cable.sizes_cores == (12, 24, 48, 96, 144, 288)
    assert [phase.share for phase in scenario.phases] == [30.0, 80.0, 70.0]
    assert [phase.number for phase in scenario.phases] == [1, 2, 3]
    assert scenario.budgets.given_cents is None
    assert scenario.budgets.round_to_cents == 1_000_000
    assert [optic.name for optic in scenario.optics.types] == [
        "10GBASE-LR",
        "10GBASE-ER",
        "1000BASE-LX70",
    ]
    assert scenario.optics.attenuation_db_per_km[1550].value == 0.24


def test_values_cannot_be_changed() -> None:
    scenario = parse(TOML)
    with pytest.raises(TypeError):
        scenario.prices["closure"] = scenario.prices["cable_24"]  # type: ignore[index]
    with pytest.raises(TypeError):
        scenario.optics.attenuation_db_per_km[850] = None  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.planning_crs = "x"  # type: ignore[misc]
    other = dataclasses.replace(scenario, planning_crs="EPSG:4547")
    assert (other.planning_crs, scenario.planning_crs) == ("EPSG:4547", "EPSG:4548")


def test_figures_have_the_ids_of_a_plan_file() -> None:
    figures = scenario_figures(parse(TOML))
    assert [name for name, _ in figures] == [
        "cable.reserve_share",
        "cable.slack_share",
        "cable.reserve_m_per_stretch",
        "cable.drum_m",
        "route.detour_factor",
        "route.same_building_m",
        "route.closeness_m",
        "route.closeness_length_m",
        "optics.splice_db",
        "optics.connector_db",
        "optics.connectors",
        "optics.attenuation_1550_db_per_km",
        "optics.attenuation_1310_db_per_km",
        "weights.municipal",
        "weights.municipal_with_system",
        "weights.hub",
        "access.cores_per_site",
        "access.cores_per_hub_way",
    ]
    values = dict(figures)
    assert values["cable.drum_m"].value == 3000.0
    assert values["optics.connectors"].value == 2.0
    assert all(figure.source for _, figure in figures)


def test_paths_start_at_the_file_and_addresses_stay() -> None:
    text = edited(
        'input_crs = "EPSG:4326"',
        'roads = "../r.gpkg#all"\nwater = "PG:dbname=x"\ninput_crs = "GCJ-02"',
    )
    layers = parse_scenario(text, path=Path("/somewhere/s.toml")).layers
    assert layers.districts == str(Path("/somewhere/districts.csv"))
    assert layers.roads == str(Path("/somewhere/../r.gpkg#all"))
    assert layers.water == "PG:dbname=x"
    assert layers.input_crs == "GCJ-02"
    loose = parse_scenario(TOML, path=None)
    assert loose.path is None
    assert loose.layers.districts == str(Path.cwd() / "districts.csv")


def test_given_budgets_need_no_rule() -> None:
    text = (
        edited("# yuan = [", "yuan = [")
        .replace("factor = 1.02", "")
        .replace("round_to_yuan = 10000", "")
    )
    assert parse(text).budgets.given_cents == (6_000_000_000, 16_000_000_000, 14_000_000_000)


# ---- one bad thing, one clear fault -----------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "rule", "layer", "row", "cure"),
    [
        ("format = 1", "format = 2", "out_of_range", "", "format", "write 1"),
        ('id = "tianjin"', 'id = "a/b"', "bad_id", "scenario", "id", "letters"),
        ("title_zh =", "titel_zh =", None, "scenario", "titel_zh", "title_zh"),
        ('"EPSG:4548"', '"EPSG:999999"', "planning_crs", "scenario", "planning_crs", "EPSG:4548"),
        ('"EPSG:4548"', '"EPSG:4326"', "planning_crs", "scenario", "planning_crs", "EPSG:4548"),
        ('"EPSG:4548"', '"EPSG:2263"', "planning_crs", "scenario", "planning_crs", "metres"),
        ('input_crs = "EPSG:4326"', 'input_crs = "EPSG:4548"', "input_crs", "layers", "input_crs",
         "GCJ-02"),
        ('input_crs = "EPSG:4326"', 'input_crs = "GCJ02"', "input_crs", "layers", "input_crs",
         "GCJ-02"),
        ("lon = 117.2171", "lon = 217.2", "out_of_range", "core 1", "lon", "180"),
        ("lon = 117.2171", 'lon = "117.2"', "wrong_type", "core 1", "lon", "number"),
        ('"ducts_and_cores"', '"duct_and_cores"', "unknown_value", "policy", "reuse",
         "did you mean ducts_and_cores?"),
        ("hub_ways = 2", "hub_ways = 3", "out_of_range", "policy", "hub_ways", "1 to 2"),
        ("hub_ways = 2", "hub_ways = 1.0", "wrong_type", "policy", "hub_ways", "whole"),
        ("hub_ways = 2", "hub_ways = true", "wrong_type", "policy", "hub_ways", "whole"),
        ("value_yuan = 2212.59", "value_yuan = -1", "negative", "prices.cable_24", "value_yuan",
         "from 0"),
        ("value_yuan = 2212.59", "value_yuan = nan", "not_finite", "prices.cable_24",
         "value_yuan", "finite"),
        ("value_yuan = 48.0", "value_yuan = inf", "not_finite",
         "placeholder_prices.trench_direct_buried", "value_yuan", "finite"),
        ('165.0, per = "route_m"', '165.0, per = "route_km"', "price_per",
         "placeholder_prices.trench_duct", "per", "route_m"),
        ('kind = "cited", source = "天津电信', 'kind = "placeholder", source = "x',
         "placeholder_table", "prices", "cable_24", "[placeholder_prices]"),
        ('420.0, per = "closure", kind = "placeholder"', '420.0, per = "closure", kind = "cited"',
         "placeholder_table", "placeholder_prices", "closure", "[prices]"),
        ("[12, 24, 48", "[24, 12, 48", "sizes_not_ascending", "cable", "sizes_cores", "small"),
        ("[12, 24, 48", "[12, 12, 24, 48", "sizes_not_ascending", "cable", "sizes_cores", "once"),
        ("[12, 24, 48", "[12, 24, 36, 48", "missing_price", "", "cable_36", "per sheath_km"),
        ('rural_method = ["direct_buried"]', 'rural_method = ["arial"]', "unknown_value", "route",
         "rural_method", "aerial"),
        ('rural_method = ["direct_buried"]', "rural_method = []", "list", "route", "rural_method",
         "at least one"),
        ("drum_m = { value = 3000.0", "drum_m = { value = 0", "out_of_range", "cable.drum_m",
         "value", "above 0"),
        ("detour_factor = { value = 1.26", "detour_factor = { value = 0.9", "out_of_range",
         "route.detour_factor", "value", "1 to"),
        ("min_loss_db = 5.0", "min_loss_db = 15.0", "optic_never_fits", "optics.types 2",
         "min_loss_db", "budget_db"),
        ("wavelength_nm = 1310", "wavelength_nm = 850", "no_attenuation", "optics.types 1",
         "wavelength_nm", "attenuation_850_db_per_km"),
        ("gain = 1", "gain = -1", "negative", "phases 1", "gain", "from 0"),
        ("# yuan = [60000000, ", "yuan = [", "budgets_and_phases", "budgets", "yuan", "3"),
        ("# yuan = [60000000, ", "yuan = [1, 2, ", "budgets_and_phases", "budgets", "yuan", "3"),
        ("# yuan = [60000000", "yuan = [-6", "negative", "budgets", "yuan[1]", "from 0"),
        ("factor = 1.02", "factor = -1.02", "negative", "budgets", "factor", "from 0"),
        ('objective = "reach"', 'objective = "rich"', "unknown_value", "solve", "objective",
         "did you mean reach"),
        ("seed = 20091", 'seed = "x"', "wrong_type", "solve", "seed", "whole"),
        ("[solve]", "[slove]", None, "", "slove", "solve"),
        ('name = "市级核心节点"', 'name = "a\\nb"', "control_characters", "core 1", "name",
         "remove"),
    ],
)  # fmt: skip
def test_one_fault(old: str, new: str, rule: str | None, layer: str, row: str, cure: str) -> None:
    faults = faults_of(edited(old, new))
    if rule is None:  # a mistyped key is unknown, and the right one is missing
        assert {f.rule for f in faults} == {"scenario.unknown_key", "scenario.missing_key"}
        faults = [f for f in faults if f.rule == "scenario.unknown_key"]
    else:
        assert [f.rule for f in faults] == [f"scenario.{rule}"]
    fault = faults[0]
    assert fault.layer == (f"scenario [{layer}]" if layer else "scenario")
    assert fault.row == row
    assert cure in fault.cure.en


def test_syntax_error_names_its_line() -> None:
    with pytest.raises(InputError) as caught:
        parse("format = 1\n[scenario\n")
    (found,) = caught.value.faults
    assert (found.rule, found.layer, found.row) == ("scenario.syntax", "scenario.toml", "line 2")


@pytest.mark.parametrize("text", ["[" * 5000, "a = " + "[" * 5000, "a = 1\na = 2", "\x00"])
def test_rubbish_is_a_syntax_error(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert [fault.rule for fault in caught.value.faults] == ["scenario.syntax"]


def test_empty_file_lists_what_is_missing() -> None:
    missing = {fault.row for fault in faults_of("")}
    assert {"scenario", "layers", "core", "policy", "cable", "phases", "budgets"} <= missing


def test_mistyped_price_names_the_right_one() -> None:
    faults = {f.rule: f for f in faults_of(edited("cable_24 =", "cabel_24 ="))}
    assert faults["scenario.unknown_key"].cure.en == "did you mean cable_24?"
    assert faults["scenario.missing_price"].row == "cable_24"


def test_price_in_both_tables() -> None:
    line = 'closure = { value_yuan = 1, per = "closure", kind = "cited", source = "x" }\n'
    fault = only_fault(edited("cable_24 =", line + "cable_24 ="))
    assert (fault.rule, fault.row) == ("scenario.duplicate_price", "closure")


def test_prices_that_nobody_needs_may_be_missing() -> None:
    lines = TOML.splitlines()
    text = "\n".join(
        line for line in lines if not line.startswith(("trench_aerial", "core_lighting"))
    )
    assert only_fault(text).row == "core_lighting"
    relaxed = text.replace('reuse = "ducts_and_cores"', 'reuse = "ducts"')
    assert "trench_aerial" not in parse(relaxed).prices


def test_two_cores() -> None:
    second = TOML[TOML.index("[[core]]") : TOML.index("[policy]")]
    fault = only_fault(edited("[policy]", second + "[policy]"))
    assert (fault.rule, fault.layer) == ("scenario.duplicate_id", "scenario [core 2]")
    two = edited("[policy]", second.replace("CORE-1", "CORE-2") + "[policy]")
    assert [core.site_id for core in parse(two).cores] == ["CORE-1", "CORE-2"]


def test_a_share_counts_to_six_decimals() -> None:
    """What is split by is what the plan file says: check recomputes the money from it."""
    scenario = parse(TOML.replace("share = 30", "share = 0.12345678"))
    assert scenario.phases[0].share == 0.123457


def test_shares_that_add_up_to_nothing() -> None:
    text = TOML.replace("share = 30", "share = 0").replace("share = 80", "share = 0")
    assert only_fault(text.replace("share = 70", "share = 0")).rule == "scenario.shares"


def test_all_faults_at_once() -> None:
    text = (
        TOML.replace("hub_ways = 2", "hub_ways = 9")
        .replace("value_yuan = 420.0", "value_yuan = -420.0")
        .replace("seed = 20091", "sed = 20091")
        .replace("share = 80", "share = -80")
    )
    assert [(f.layer, f.row) for f in faults_of(text)] == [
        ("scenario [policy]", "hub_ways"),
        ("scenario [placeholder_prices.closure]", "value_yuan"),
        ("scenario [phases 2]", "share"),
        ("scenario [solve]", "seed"),
        ("scenario [solve]", "sed"),
    ]


# ---- every value broken in every way ----------------------------------------------------------


def leaves(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value and table of a parsed TOML."""
    if way:
        yield way
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from leaves(value, (*way, key))
        else:
            yield (*way, key)


def dump(value: Any) -> str:
    """Write a value as TOML (inline), enough for these tests."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}" = {dump(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(dump(v) for v in value) + "]"
    if isinstance(value, str):
        return (
            '"'
            + "".join(f"\\u{ord(c):04X}" if c in '"\\' or ord(c) < 32 else c for c in value)
            + '"'
        )
    return "inf" if value == math.inf else repr(value)


def written(tree: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {dump(value)}" for key, value in tree.items())


WRONG: tuple[Any, ...] = (
    True, -1, 0, 2.5, math.nan, math.inf, 10**400, 1e300, "", " ", "x", "a\nb", "\x07", [], {},
    [1], ["x"], [[]], [{}], {"value": 1}, "2026-01-01",
)  # fmt: skip


@pytest.mark.parametrize("part", sorted(tomllib.loads(TOML)))
def test_no_value_brings_the_parser_down(part: str) -> None:
    """Replace each value of a part by wrong ones in turn, or leave it out: never a traceback."""
    tree = tomllib.loads(TOML)
    assert parse(written(tree)).scenario_id == "tianjin"
    seen = 0
    for i, way in enumerate((part, *way[1:]) for way in leaves({0: tree[part]})):
        for wrong in (*WRONG[i % 4 :: 4], None):
            broken = copy.deepcopy(tree)
            node: Any = broken
            for key in way[:-1]:
                node = node[key]
            if wrong is None:
                del node[way[-1]]
            else:
                node[way[-1]] = wrong
            try:
                parse(written(broken))
            except InputError as error:
                seen += len(error.faults)
    assert seen > 0


def test_counts_without_a_source_are_placeholders() -> None:
    figures = dict(scenario_figures(parse(TOML)))
    counts = ("optics.connectors", "access.cores_per_site", "access.cores_per_hub_way")
    assert {figures[name].kind for name in counts} == {"placeholder"}
    # what is cited names who says so; a scenario is no source of its own figures
    for name, figure in figures.items():
        if figure.kind == "cited":
            assert figure.source, name
            assert "scenario" not in figure.source, name
