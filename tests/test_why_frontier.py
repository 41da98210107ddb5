"""Questions about a plan, answered by solving again: why not earlier, and what money buys."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from conftest import geoplan
from test_pipeline import scenario as rich_scenario
from test_pipeline import street_grid

from geoplan.cli_why import tell
from geoplan.errors import InfeasibleError, InputError
from geoplan.export.frontier import FRONTIER_FILES, frontier_svg, write_frontier
from geoplan.frontier import FRONTIER_TABLE, Frontier, money_frontier
from geoplan.pipeline import make_plan
from geoplan.plan import Plan
from geoplan.plan_file import load_plan, save_plan
from geoplan.rebuild import Rebuilt, rebuild
from geoplan.scenario import Scenario
from geoplan.scenario_toml import render_scenario
from geoplan.why import Earlier, ask_earlier


def scenario() -> Scenario:
    """Money that pays for hub and unit in phase 1, one township in 2, the other in 3."""
    rich = rich_scenario()
    given = (5_000_000, 1_100_000, 2_000_000)
    return replace(rich, budgets=replace(rich.budgets, given_cents=given))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("why") / "plan.gpkg"
    save_plan(make_plan(scenario(), street_grid()), path)
    return load_plan(path)


@pytest.fixture(scope="module")
def rebuilt(plan: Plan) -> Rebuilt:
    return rebuild(plan, scenario(), street_grid())


def asked(rebuilt: Rebuilt, site: str) -> Earlier:
    return ask_earlier(rebuilt, site, seed=1, work_limit=1.0, time_limit_s=60.0)


def late_site(plan: Plan) -> str:
    sites = plan["sites"]
    late = sites[(sites["phase"] > 1) & (sites["level"] != "core")]
    return str(late.sort_values(["phase", "site_id"]).iloc[-1]["site_id"])


# ---- the problem of a plan ---------------------------------------------------------------------


def test_rebuilt_problem_is_the_plans_own(plan: Plan, rebuilt: Rebuilt) -> None:
    phases = plan.phases
    assert rebuilt.problem.budgets_cents.tolist() == phases["budget_cents"].tolist()
    design = rebuilt.design
    assert design.cost_cents == plan.certificate["design_cost_cents"]
    used = plan["routes"].set_index("edge_id")["cores_used"]
    assert design.edge_cores[used.index].tolist() == used.tolist()
    phase = plan["sites"].set_index("site_id")["phase"]
    assert rebuilt.site_phase.tolist() == phase[rebuilt.site_id].tolist()


def test_other_inputs_are_refused_by_name(plan: Plan) -> None:
    other = replace(
        scenario(), weights=replace(scenario().weights, hub=scenario().weights.municipal)
    )
    with pytest.raises(InputError) as caught:
        rebuild(plan, other, street_grid())
    assert [(f.rule, f.row) for f in caught.value.faults] == [("plan.other_scenario", "[weights]")]
    layers = replace(street_grid(), hashes=(("townships", "0" * 64),))
    with pytest.raises(InputError) as caught:
        rebuild(plan, scenario(), layers)
    assert {f.rule for f in caught.value.faults} == {"plan.other_input"}
    assert "townships" in {f.layer for f in caught.value.faults}
    assert all(f.cure.zh and "--roads" in f.cure.en for f in caught.value.faults)


def test_another_graph_is_refused(plan: Plan) -> None:
    edges = plan["candidate_edges"].copy()
    edges["length_m"] += 1.0
    with pytest.raises(InputError) as caught:
        rebuild(replace(plan, tables={**plan.tables, "candidate_edges": edges}),
                scenario(), street_grid())  # fmt: skip
    assert [f.rule for f in caught.value.faults] == ["plan.other_version"]


# ---- why ---------------------------------------------------------------------------------------


def test_earlier_site_is_earlier_and_the_loss_is_what_is_missing(
    plan: Plan, rebuilt: Rebuilt
) -> None:
    site = late_site(plan)
    answer = asked(rebuilt, site)
    assert answer.asked == answer.phase - 1
    assert answer.lost_most == answer.value - answer.value_asked
    assert answer.lost_least <= answer.lost_most
    assert (answer.lost_least == answer.lost_most) == answer.proven
    assert site in {move.site_id for move in answer.sooner}
    assert all(0 < move.after <= answer.asked for move in answer.sooner if move.site_id == site)
    assert all(move.after > move.before or move.after == 0 for move in answer.later)
    assert sum(answer.cost_asked_cents) <= int(plan.phases["budget_cents"].sum())
    # the township of phase 2 makes way: weight 100 instead of 60 for one phase
    assert [(move.site_id, move.before, move.after) for move in answer.later] == [("T-1", 2, 3)]
    assert (answer.lost_least, answer.lost_most) == (40, 40)
    text = tell(answer)
    assert site in text.zh
    assert "routes" in text.en


def test_extra_money_is_exactly_what_is_needed(plan: Plan, rebuilt: Rebuilt) -> None:
    """With it every site keeps its phase and the one comes earlier; a cent less does not do."""
    site = late_site(plan)
    answer = asked(rebuilt, site)
    assert answer.extra_cents > 0
    number = rebuilt.site_id.tolist().index(site)
    wanted = rebuilt.site_phase.copy()
    wanted[number] = answer.asked
    for cents, holds in ((answer.extra_cents, True), (answer.extra_cents - 1, False)):
        money = rebuilt.problem.budgets_cents.copy()
        money[answer.asked - 1] += cents
        assert phases_hold(rebuilt, wanted, money) is holds


def phases_hold(rebuilt: Rebuilt, phase: np.ndarray, money: np.ndarray) -> bool:
    """Whether sites in these phases keep within the money, counted edge by edge."""
    problem, design = rebuilt.problem, rebuilt.design
    for k in range(1, len(money) + 1):
        on = (phase > 0) & (phase <= k)
        cents = int(problem.site_cents[on].sum())
        opened: set[int] = set()
        for row, site in enumerate(design.path_site.tolist()):
            if on[site]:
                path = design.path(row)
                opened |= set(path.tolist())
                cents += int(problem.core_cents[path].sum() * problem.site_cores[site])
        routes = rebuilt.plan["routes"].set_index("edge_id").loc[sorted(opened)]
        cents += int((routes["cost_cents"] - routes["lighting_cents"]).sum())
        if cents > int(money[:k].sum()):
            return False
    return True


def test_what_can_not_be_asked_is_told(plan: Plan, rebuilt: Rebuilt) -> None:
    sites = plan["sites"]
    first = str(sites[(sites["phase"] == 1)].iloc[-1]["site_id"])
    lost = str(sites[~sites["attached"]].iloc[0]["site_id"])
    for site, rule in (
        ("nobody", "why.unknown_site"), (first, "why.first_phase"), (lost, "why.unattached_site"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            asked(rebuilt, site)
        assert [f.rule for f in caught.value.faults] == [rule]


def test_earlier_at_no_price_names_the_conflict(plan: Plan, rebuilt: Rebuilt) -> None:
    site = late_site(plan)
    money = rebuilt.problem.budgets_cents.copy()
    core = int(rebuilt.problem.site_cents[0])
    money[:] = [core + 1, 0, int(money.sum())][: len(money)]
    poor = replace(rebuilt, problem=replace(rebuilt.problem, budgets_cents=money))
    with pytest.raises(InfeasibleError) as caught:
        asked(poor, site)
    assert {f.layer for f in caught.value.faults} == {"[budgets]", "[why]"}


# ---- frontier ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def frontier(rebuilt: Rebuilt) -> Frontier:
    return money_frontier(rebuilt, points=20, seed=1, work_limit=0.2, time_limit_s=60.0)


def test_frontier_runs_from_nothing_to_everything(plan: Plan, frontier: Frontier) -> None:
    table = frontier.table
    assert list(table.columns) == FRONTIER_TABLE.column_names()
    assert len(table) == 20
    first, last = table.iloc[0], table.iloc[-1]
    assert (first["money_cents"], first["weight"], first["cost_cents"]) == (0, 0, 0)
    assert last["money_cents"] == last["cost_cents"] == plan.certificate["design_cost_cents"]
    assert last["weight"] == plan.certificate["total_weight"]
    for name in ("money_cents", "weight", "weight_bound"):
        assert table[name].is_monotonic_increasing
    assert (table["weight"] <= table["weight_bound"]).all()
    assert (table["cost_cents"] <= table["money_cents"]).all()
    assert table["gained"].tolist() == np.diff(table["weight"], prepend=0).tolist()


def test_layers_say_where_each_row_first_enters(frontier: Frontier) -> None:
    sites, routes = frontier.sites, frontier.routes
    assert (sites["first_point"] > 0).all()
    assert (routes["first_point"] > 0).all()
    counted = sites["first_point"].value_counts()
    entered = frontier.table.set_index("point")["entered"]
    assert all(entered[point] == n for point, n in counted.items())
    money = frontier.table.set_index("point")["money_cents"]
    assert sites["first_money_cents"].tolist() == money[sites["first_point"]].tolist()
    assert frontier.nested == bool((frontier.table["left"] == 0).all())


def test_too_few_points_are_refused(rebuilt: Rebuilt) -> None:
    with pytest.raises(ValueError, match="20 points"):
        money_frontier(rebuilt, points=19, seed=1, work_limit=1.0, time_limit_s=1.0)


def test_files_of_the_frontier(plan: Plan, frontier: Frontier, tmp_path: Path) -> None:
    paths = write_frontier(frontier, plan, tmp_path, language="zh")
    assert [path.name for path in paths] == list(FRONTIER_FILES)
    assert paths[0].read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(paths[0], encoding="utf-8-sig")
    yuan = frontier.table["money_cents"] / 100
    assert table["资金（元）"].tolist() == yuan.tolist()
    assert plan.provenance["classification_zh"] in table.columns
    layer = gpd.read_file(paths[1], layer="frontier_routes")
    assert layer["first_point"].tolist() == frontier.routes["first_point"].tolist()
    assert layer.crs == plan["sites"].crs
    told = json.loads(paths[2].read_text("utf-8"))
    assert len(told["points"]) == 20
    with closing(sqlite3.connect(paths[1])) as file:
        marks = dict(file.execute("SELECT table_name, description FROM gpkg_contents"))
        labels = "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = ?"
        called = dict(file.execute(labels, ("frontier_sites",)))
    for name in ("frontier_routes", "frontier_sites"):
        assert plan.provenance["classification_zh"] in marks[name]
    assert called["first_point"].startswith("最早的点")
    assert set(called) == set(frontier.sites.columns) - {"geometry"}
    before = {path.name: path.read_bytes() for path in paths}
    write_frontier(frontier, plan, tmp_path, language="zh")
    assert before == {path.name: path.read_bytes() for path in paths}


def test_plot_is_one_svg_with_its_marks(plan: Plan, frontier: Frontier) -> None:
    from xml.etree import ElementTree

    for language in ("zh", "en"):
        svg = frontier_svg(frontier, plan, language)
        root = ElementTree.fromstring(svg)
        words = [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]
        assert plan.provenance[f"classification_{language}"] in words
        most = max(row["money_cents"] for row in frontier.table.to_dict("records"))
        unit, cents = {"zh": ("资金（万元）", 1e6), "en": ("money (million yuan)", 1e8)}[language]
        assert unit in words
        assert f"{most / cents:,.1f}" in words
        circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
        assert len(circles) == 20
        height = [float(circle.get("cy") or 0) for circle in circles]
        assert all(a >= b for a, b in pairwise(height))  # up is more


# ---- the command line --------------------------------------------------------------------------


def test_commands_refuse_a_plan_of_another_scenario(plan: Plan, tmp_path: Path) -> None:
    """The embedded scenario is not this plan's: every section that differs is named."""
    path = tmp_path / "plan.gpkg"
    save_plan(plan, path)
    for arguments in (("why", path, "T-1"), ("frontier", path, "--out", tmp_path / "out")):
        run = geoplan(*arguments, "--lang", "en", "--json")
        assert run.code == 2
        rules = {fault["rule"] for fault in run.json["faults"]}
        assert rules == {"plan.other_scenario", "plan.other_input"}
    assert not (tmp_path / "out").exists()


def test_commands_say_what_is_missing(tmp_path: Path) -> None:
    run = geoplan("why", tmp_path / "none.gpkg", "T-1", "--lang", "en", "--json")
    assert run.code == 2
    assert run.json["faults"][0]["rule"] == "plan.missing"
    run = geoplan("frontier", tmp_path / "none.gpkg", "--out", tmp_path, "--points", "3")
    assert run.code == 2
    assert "20" in run.err


def test_scenario_of_the_plan_is_what_it_carries(plan: Plan) -> None:
    assert plan.provenance["scenario_toml"] == render_scenario(scenario())
