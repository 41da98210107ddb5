from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import pytest
from instances import (
    CITY_COST,
    CRS,
    ORIGIN,
    build_city_network,
    build_city_plan,
    city,
    city_unfinished,
)
from shapely.geometry import LineString, box

from geoplan.scenario import scenario_figures
from geoplan.schema import PLAN_TABLES


def test_certificate_of_the_city() -> None:
    plan = build_city_plan(city())
    shown = {k: v for k, v in plan.certificate.items() if not k.endswith(("_zh", "_en"))}
    assert shown == {
        "status": "optimal",
        "cost_cents": CITY_COST,
        "bound_cents": CITY_COST,
        "cut_bound_cents": 0,
        "gap": 0.0,
        "phase_value": 980,
        "phase_bound": 980,
        "phase_gap": 0.0,
        "seed": 7,
        "work_limit": 1.0,
        "seconds": 0.5,
        "design_cost_cents": CITY_COST,
        "budget_basis_cents": CITY_COST,
        "total_weight": 400,
    }
    assert plan.certificate["bound_method_en"] == "derived by hand"
    assert (plan.cost_cents, plan.gap) == (CITY_COST, 0.0)


def test_the_proof_is_told_in_chinese_too() -> None:
    made = city()
    said = (
        "per phase: prize-collecting orientation model (cut LP, group cuts, townships only with "
        "their hubs); summed with the gains"
    )
    phases = replace(made.solution.phases, bound_method=said)
    plan = build_city_plan(replace(made, solution=replace(made.solution, phases=phases)))
    assert plan.certificate["phase_bound_method_en"] == said
    assert plan.certificate["phase_bound_method_zh"] == (
        "对任何方案均成立的在网权重上界；求法："
        "逐期：奖励收集定向割模型（割平面线性规划，风险组割，乡镇须待其汇聚节点）；按各期系数求和"
    )


def test_no_bound_for_a_plan_that_serves_fewer() -> None:
    certificate = build_city_plan(city_unfinished()).certificate
    assert certificate["bound_cents"] is None
    assert certificate["gap"] is None
    assert certificate["cost_cents"] == 3_160_000
    assert certificate["design_cost_cents"] == CITY_COST
    assert certificate["phase_gap"] == pytest.approx(60 / 980)


def test_gap_is_over_the_bound() -> None:
    made = city()
    design = replace(made.solution.design, bound_cents=3_500_000)
    plan = build_city_plan(replace(made, solution=replace(made.solution, design=design)))
    assert plan.gap == pytest.approx(162_000 / 3_500_000)


def test_summary_is_the_contract_of_the_command_line() -> None:
    summary = build_city_plan(city()).summary()
    assert list(summary) == [
        *("status", "cost_cents", "bound_cents", "gap", "phase_gap", "seconds", "levels"),
        *("route_km", "sheath_km", "core_km_new", "core_km_reused", "phases"),
    ]
    assert summary["levels"] == {
        "municipal": {"total": 1, "placed": 1, "served": 1},
        "district": {"total": 1, "placed": 1, "served": 1},
        "township": {"total": 3, "placed": 2, "served": 2},
    }
    assert [summary[f"{k}_km"] for k in ("route", "sheath")] == [2.6, 3.2]
    assert [summary[f"core_km_{k}"] for k in ("new", "reused")] == [38.4, 0.8]
    assert summary["phases"][1] == {
        "number": 2,
        "budget_cents": 700_000,
        "cost_cents": 642_000,
        "sites": 3,
        "weight_share": 0.85,
        "weight_bound_share": 0.85,
    }
    assert json.loads(json.dumps(summary)) == summary


def test_provenance_says_what_is_reconstructed() -> None:
    provenance = build_city_plan(city()).provenance
    assert provenance["reconstructed"] == ["municipal_units", "existing_ducts", "existing_cables"]
    assert provenance["corridors"] == "settlements"
    assert provenance["classification_zh"] == "内部资料"
    assert provenance["policy"]["order"] == "own_hub"
    assert provenance["budgets"]["factor"] == 1.02
    assert provenance["input_hashes"] == {"townships": "00"}


def test_all_tables_are_there_and_notes_come_from_every_stage() -> None:
    plan = build_city_plan(city())
    assert list(plan.tables) == [table.name for table in PLAN_TABLES]
    assert plan["notes"]["rule"].tolist() == ["sites.no_position"]
    assert len(plan["prices"]) == 16
    assert (
        plan["figures"].set_index("figure_id").loc["optics.attenuation_1310_db_per_km", "value"]
        == 0.4
    )
    # one list of design figures: the plan file's kinds are the scenario's, unsourced counts too
    kinds = plan["figures"].set_index("figure_id")["kind"]
    assert kinds.to_dict() == {n: f.kind for n, f in scenario_figures(city().scenario)}
    assert kinds["access.cores_per_site"] == "placeholder"
    assert plan["optics"]["name"].tolist() == ["LR", "ER"]
    assert plan["districts"].geom_type.tolist() == ["MultiPolygon"]
    assert plan["certificate"].set_index("key").loc["cost_cents", "value"] == str(CITY_COST)


def test_backdrop_keeps_the_great_roads_and_the_water() -> None:
    made = city()
    x, y = ORIGIN
    line = LineString([(x, y), (x + 500, y + 1), (x + 1000, y)])
    roads = gpd.GeoDataFrame(
        {"road_class": ["motorway", "tertiary"], "structure": "none"},
        geometry=[line, line],
        crs=CRS,
    )
    water = gpd.GeoDataFrame({"name": ["海河"]}, geometry=[box(x, y, x + 50, y + 900)], crs=CRS)
    layers = replace(made.layers, roads=roads, water=water)
    plan = build_city_plan(replace(made, layers=layers))
    assert plan["roads_base"]["road_class"].tolist() == ["motorway"]
    assert len(plan["roads_base"].geometry[0].coords) == 2  # simplified by 20 m
    assert plan["water_base"].geom_type.tolist() == ["MultiPolygon"]
    assert plan.provenance["corridors"] == "roads"


def test_network_and_plan_agree() -> None:
    network, plan = build_city_network(city()), build_city_plan(city())
    assert plan["routes"].equals(network.routes)
    assert plan.phases.equals(network.phases)


def test_a_console_is_told_which_plan_it_is_and_not_its_tables() -> None:
    assert repr(build_city_plan(city())) == "Plan('six-node', optimal, 36,620.00 yuan, 3 phases)"
