"""The whole walk on a city of six sites, as small as it can be and still hold every stage."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from instances import CITY_TOML, CRS, ORIGIN, city_layers
from shapely.geometry import LineString, Point

from geoplan.errors import Fault, InfeasibleError, InputError, NoPlanError
from geoplan.layers import Layers
from geoplan.pipeline import make_plan
from geoplan.plan import Plan
from geoplan.plan_file import save_plan
from geoplan.progress import Progress
from geoplan.scenario import Scenario
from geoplan.scenario_toml import parse_scenario
from geoplan.text import Text
from geoplan.verify import check_plan

STAGES = ["candidates", "design", "phases", "network"]


def street_grid() -> Layers:
    """The city's sites between the streets of a grid of 500 m."""
    x, y = ORIGIN
    ticks = [-1650.0 + 500.0 * n for n in range(7)]
    lines = [LineString([(x - 1650, y + t), (x + 1350, y + t)]) for t in ticks]
    lines += [LineString([(x + t, y - 1650), (x + t, y + 1350)]) for t in ticks]
    return on(lines)


def on(lines: list[LineString]) -> Layers:
    """The city's sites with these roads."""
    roads = gpd.GeoDataFrame(
        {"road_class": ["secondary"] * len(lines), "structure": "none"}, geometry=lines, crs=CRS
    )
    return replace(city_layers(), roads=roads)


def scenario() -> Scenario:
    """The city's scenario with money for the whole design, whatever its streets make it cost."""
    given = "yuan = [26000, 7000, 4000]\n"
    assert CITY_TOML.count(given) == 1
    return parse_scenario(CITY_TOML.replace(given, ""), path=None)


def plan_of(layers: Layers, **changed: Any) -> Plan:
    return make_plan(replace(scenario(), **changed), layers)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(street_grid())


def test_every_placed_site_is_planned_for(plan: Plan) -> None:
    levels = plan.summary()["levels"]
    assert levels["municipal"] == {"total": 1, "placed": 1, "served": 1}
    assert levels["district"] == {"total": 1, "placed": 1, "served": 1}
    assert levels["township"] == {"total": 3, "placed": 2, "served": 2}
    assert "T-3" in set(plan["notes"]["row"])


def test_cost_bound_and_bill_agree(plan: Plan) -> None:
    design = plan.certificate["design_cost_cents"]
    assert plan.cost_cents == plan["bill"]["cost_cents"].sum() == design
    assert 0 < plan.certificate["bound_cents"] <= plan.cost_cents


def test_the_verifier_agrees(plan: Plan, tmp_path: Path) -> None:
    save_plan(plan, tmp_path / "plan.gpkg")
    report = check_plan(tmp_path / "plan.gpkg")
    assert report.ok, report.broken()


def test_the_proof_is_told_in_chinese_only(plan: Plan) -> None:
    for name in ("bound_method_zh", "phase_bound_method_zh"):
        assert re.findall("[a-z]{3,}", plan.certificate[name]) == []


def test_the_certificate_is_in_the_plan(plan: Plan, tmp_path: Path) -> None:
    save_plan(plan, tmp_path / "plan.gpkg")
    report = check_plan(tmp_path / "plan.gpkg")
    assert report.rule("bound.dual").holds is True
    assert len(plan["bound_cuts"]) > 0


def test_two_runs_are_the_same_plan(plan: Plan) -> None:
    again = plan_of(street_grid())
    assert {**again.summary(), "seconds": 0} == {**plan.summary(), "seconds": 0}
    for name in plan.tables.keys() - {"certificate"}:
        table = plan[name]
        assert table.equals(again[name]), name


def test_what_if_leaves_the_first_plan_alone(plan: Plan) -> None:
    before = plan.cost_cents
    prices = {
        name: replace(price, value_cents=2 * price.value_cents)
        for name, price in scenario().prices.items()
    }
    # everything twice as dear: the same network is best, and its full design costs twice as much
    dear = plan_of(street_grid(), prices=prices)
    assert dear.certificate["design_cost_cents"] == 2 * plan.certificate["design_cost_cents"]
    assert plan.cost_cents == before


def test_the_plan_file_of_a_what_if_holds_against_its_own_scenario(tmp_path: Path) -> None:
    cost = replace(scenario().prices["closure"], value_cents=12_345, kind="placeholder")
    phases = scenario().phases
    other = replace(
        scenario(),
        prices={**scenario().prices, "closure": cost},
        policy=replace(scenario().policy, reuse="none"),
        phases=(phases[0], replace(phases[1], share=9.5), *phases[2:]),
    )
    plan = make_plan(other, street_grid())
    save_plan(plan, tmp_path / "plan.gpkg")
    report = check_plan(tmp_path / "plan.gpkg")
    assert report.ok, report.broken()
    told = parse_scenario(plan.provenance["scenario_toml"], path=None)
    assert told == other != scenario()


def test_a_what_if_with_wrong_values_is_refused() -> None:
    free = replace(scenario().prices["closure"], value_cents=-1)
    with pytest.raises(InputError) as caught:
        plan_of(street_grid(), prices={**scenario().prices, "closure": free})
    (fault,) = caught.value.faults
    assert (fault.rule, fault.row) == ("scenario.negative", "value_yuan")
    assert "closure" in fault.layer


def test_without_roads_settlements_are_joined() -> None:
    plan = plan_of(city_layers())
    assert plan.provenance["corridors"] == "settlements"
    assert plan.summary()["levels"]["district"]["served"] == 1


def test_every_stage_tells_how_far_it_is() -> None:
    heard: list[tuple[str, float]] = []

    def listen(stage: str, fraction: float) -> None:
        heard.append((stage, fraction))

    listener: Progress = listen
    make_plan(scenario(), street_grid(), progress=listener)
    order = list(dict.fromkeys(stage for stage, _ in heard))
    assert order == STAGES
    for stage in STAGES:
        fractions = [fraction for name, fraction in heard if name == stage]
        assert all(a <= b for a, b in pairwise(fractions)), stage
        assert 0.0 <= fractions[0] <= fractions[-1] == 1.0


def test_a_survey_that_contradicts_itself_is_refused_before_anything_is_built() -> None:
    layers = street_grid()
    ducts = layers.existing_ducts.assign(bores_used=layers.existing_ducts["bores"] + 1)
    cables = layers.existing_cables.assign(cores_used=99)
    with pytest.raises(InputError) as caught:
        make_plan(scenario(), replace(layers, existing_ducts=ducts, existing_cables=cables))
    assert {fault.row for fault in caught.value.faults} >= {"ED-1", "ED-2", "EC-1"}


@pytest.mark.parametrize(
    "offset", [(-650.0, -150.0), (-400.0, -150.0), (-649.6, -150.3), (-630.0, -120.0)]
)
def test_a_hub_on_or_near_a_junction_is_planned_for(
    offset: tuple[float, float], tmp_path: Path
) -> None:
    layers = street_grid()
    hub = layers.sites["site_id"] == "H-1"
    where = Point(ORIGIN[0] + offset[0], ORIGIN[1] + offset[1])
    sites = layers.sites.set_geometry(layers.sites.geometry.where(~hub, where))
    plan = make_plan(scenario(), replace(layers, sites=sites))
    assert plan.summary()["levels"]["district"]["served"] == 1
    save_plan(plan, tmp_path / "plan.gpkg")
    report = check_plan(tmp_path / "plan.gpkg")
    assert report.ok, report.broken()


def test_a_hub_with_one_way_only_is_named_with_the_cure() -> None:
    x, y = ORIGIN
    with pytest.raises(InfeasibleError) as caught:
        make_plan(scenario(), on([LineString([(x - 1500, y + 50), (x + 1500, y + 50)])]))
    assert [(f.rule, f.layer, f.row) for f in caught.value.faults] == [
        ("hub.single_way", "sites", "H-1")
    ]


def test_a_fault_of_the_optimizer_names_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_way(*_: object, **__: object) -> None:
        text = Text("没有路由", "no way")
        raise NoPlanError([Fault("design.no_way", "sites", "1", text, text)])

    monkeypatch.setattr("geoplan.pipeline.solve", no_way)
    with pytest.raises(NoPlanError) as caught:
        make_plan(scenario(), street_grid())
    (fault,) = caught.value.faults
    assert (fault.row, fault.what.en) == ("H-1", "甲区: no way")
