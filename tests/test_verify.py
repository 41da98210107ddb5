"""The verifier: the intact hand-made plan holds, and every mutation breaks the rules it should.

Each case names **all** rules that must break (the set is compared, not its presence), so that
a rule that fires too often is found as well as one that sleeps.
"""

from __future__ import annotations

import ast
import json
import math
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
import verify_instance as tiny
from instances import build_city_plan, city

from geoplan.errors import PlanFileError
from geoplan.plan_file import save_plan
from geoplan.schema import PLAN_TABLES
from geoplan.verify import RULES, CheckReport, check_plan
from geoplan.verify.report import shown_gap

NOT_ASSESSED = {"P1.trays", "P2.costs", "P3", "P7.least_cost", "P9"}

Change = str | Callable[[sqlite3.Connection], None]


@pytest.fixture(scope="session")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_plan(tmp_path_factory.mktemp("verify") / "plan.gpkg")


@pytest.fixture
def check(intact: Path, tmp_path: Path) -> Callable[..., CheckReport]:
    """Copy the intact plan, change it by SQL (or by a function), and check it."""

    def run(*changes: Change) -> CheckReport:
        path = Path(shutil.copy(intact, tmp_path / "plan.gpkg"))
        connection = sqlite3.connect(path)
        with connection:
            for change in changes:
                if callable(change):
                    change(connection)
                else:
                    done = connection.execute(change).rowcount
                    assert done != 0 or not change.startswith(("update", "delete")), change
        connection.close()
        return check_plan(path)

    return run


def pair(table: str, **values: object) -> Callable[[sqlite3.Connection], None]:
    """Set values of ``certificate`` or ``provenance``."""

    def change(connection: sqlite3.Connection) -> None:
        for key, value in values.items():
            text = json.dumps(value, ensure_ascii=False)
            done = connection.execute(f"update {table} set value = ? where key = ?", (text, key))
            assert done.rowcount == 1, key

    return change


def scenario(old: str, new: str) -> Callable[[sqlite3.Connection], None]:
    """Change the scenario text that the plan carries."""
    assert tiny.SCENARIO.count(old) == 1, old
    return pair("provenance", scenario_toml=tiny.SCENARIO.replace(old, new))


def policy(key: str, old: str, new: str) -> Callable[[sqlite3.Connection], None]:
    """Plan under another policy: in the scenario and in what the plan says of it."""

    def change(connection: sqlite3.Connection) -> None:
        scenario(f'{key} = "{old}"', f'{key} = "{new}"')(connection)
        pair("provenance", policy={**tiny.PROVENANCE["policy"], key: new})(connection)

    return change


# ---- the intact plan --------------------------------------------------------------------------


def test_intact_plan_holds(intact: Path) -> None:
    report = check_plan(intact)
    assert report.broken() == ()
    assert report.ok
    assert tuple(result.id for result in report.rules) == RULES
    assert {result.id for result in report.rules if result.holds is None} == NOT_ASSESSED
    assert all(result.detail.zh and result.detail.en for result in report.rules)


def test_path_may_be_text(intact: Path) -> None:
    assert check_plan(str(intact)) == check_plan(intact)


def test_checking_changes_nothing(intact: Path) -> None:
    before = intact.read_bytes()
    check_plan(intact)
    assert intact.read_bytes() == before
    assert [p.name for p in intact.parent.iterdir()] == ["plan.gpkg"]


def test_json_says_not_assessed(intact: Path) -> None:
    report = check_plan(intact)
    told = report.to_json()
    assert told["ok"] is True
    states = {rule["id"]: rule["holds"] for rule in told["rules"]}
    assert states["P9"] == "not_assessed"
    assert states["P8"] is True
    assert json.loads(json.dumps(told)) == told
    chinese = {rule["id"]: rule["detail"] for rule in report.to_json(language="zh")["rules"]}
    assert chinese["marks.classification"] == "密级标识：内部资料"


def test_report_is_frozen_and_finds_rules(intact: Path) -> None:
    report = check_plan(intact)
    with pytest.raises(FrozenInstanceError):
        report.ok = False  # type: ignore[misc]
    assert report.rule("P6").id == "P6"
    with pytest.raises(KeyError):
        report.rule("P10")


# ---- network, cores, policy -------------------------------------------------------------------

SET_T1 = "update sites set phase = 2 where site_id = 'T1'"
HUB_LATE = (
    "update sites set phase = 2 where site_id = 'D1'",
    "update hubs set phase = 2",
    "update core_paths set phase = 2 where site_id = 'D1'",
    "update witness_paths set phase = 2",
    "update core_schedule set phase = 2 where site_id = 'D1'",
)
REROUTE = "update {table} set edge_ids = '[9, 1]' where path_id = 'D1/2'"

BROKEN_NETWORK: dict[str, tuple[set[str], tuple[Change, ...]]] = {
    "edge dropped from the routes": (
        {"paths.opened", "paths.connected", "bill.lines", "phases.cost", "phases.lengths",
         "sites.cost_share", "cost.total", "schedule.paths"},
        ("delete from routes where edge_id = 7", "delete from cables where edge_id = 7",
         "delete from core_schedule where edge_id = 7",
         "insert into core_schedule (path_id, site_id, position, edge_id, cable_id, core_first, "
         "core_last, phase) values ('T3/1', 'T3', 0, 7, 'N5-1', 5, 6, 2)",
         "delete from core_schedule where cable_id = 'N5-1' and core_first = 5"),
    ),
    "edge dropped from a path": (
        {"lines.drawn", "paths.walk", "paths.figures", "schedule.paths", "routes.use",
         "cables.sizes", "sites.cost_share"},
        ("update core_paths set edge_ids = '[7]' where path_id = 'T3/1'",),
    ),
    "path walks the wrong way round": (
        {"paths.walk", "schedule.paths"},
        ("update core_paths set edge_ids = '[5, 7]' where path_id = 'T3/1'",),
    ),
    "path turns back on itself": (
        {"lines.drawn", "paths.walk", "paths.figures", "schedule.paths", "cables.sizes",
         "routes.use"},
        ("update core_paths set edge_ids = '[7, 7, 7, 5]' where path_id = 'T3/1'",),
    ),
    "core used twice": (
        {"P1.cores"},
        ("update core_schedule set core_first = 2, core_last = 3 "
         "where path_id = 'T3/1' and edge_id = 5",),
    ),
    "core of the intranet": (
        {"P1.cores"},
        ("update core_schedule set core_first = 20, core_last = 21 where cable_id = 'CA1'",),
    ),
    "core beyond the cable": (
        {"P1.cores"},
        ("update core_schedule set core_first = 24, core_last = 25 where cable_id = 'CA1'",),
    ),
    "path takes too few cores": (
        {"schedule.paths", "cables.figures"},
        ("update core_schedule set core_last = 1 where cable_id = 'N7-1'",),
    ),
    "cable of another stretch": (
        {"schedule.paths", "cables.figures"},
        ("update core_schedule set cable_id = 'N2-1' where edge_id = 1",),
    ),
    "schedule row lost": (
        {"schedule.paths"},
        ("delete from core_schedule where cable_id = 'CA1'",),
    ),
    "capacity of cores exceeded": (
        {"capacity.cores", "edges.capacity", "P1.cores"},
        ("update existing_cables set cores_used = 23",),
    ),
    "capacity of bores exceeded": (
        {"capacity.bores", "edges.capacity"},
        ("update existing_ducts set bores_used = 2",),
    ),
    "capacity claimed too high": (
        {"edges.capacity"},
        ("update candidate_edges set capacity_cores = 5 where edge_id = 4",),
    ),
    "length of existing plant": (
        {"edges.capacity"}, ("update existing_cables set length_m = 799",),
    ),
    "longer than stated": (
        {"edges.geometry", "bound.weight"},
        ("update candidate_edges set length_m = 3900 where edge_id = 6",),
    ),
    "edge drawn elsewhere": (
        {"edges.geometry"},
        ("update candidate_edges set geom = (select geom from candidate_edges where edge_id = 7) "
         "where edge_id = 6",),
    ),
    "site drawn elsewhere": (
        {"edges.geometry"},
        ("update sites set geom = (select geom from sites where site_id = 'T1') "
         "where site_id = 'T3'",),
    ),
    "route drawn elsewhere": (
        {"lines.drawn"},
        ("update routes set geom = (select geom from routes where edge_id = 7) "
         "where edge_id = 5",),
    ),
    "path drawn elsewhere": (
        {"lines.drawn"},
        ("update core_paths set geom = (select geom from routes where edge_id = 7) "
         "where site_id = 'T3'",),
    ),
    "existing plant that crosses water": (
        {"edges.methods"},
        ("update candidate_edges set crossings_water = 1 where edge_id = 2",),
    ),
    "reuse of cores not allowed": (
        {"P2.reuse"}, (policy("reuse", "ducts_and_cores", "ducts"),)
    ),
    "no reuse allowed": ({"P2.reuse"}, (policy("reuse", "ducts_and_cores", "none"),)),
    "unknown reuse policy": ({"P2.reuse"}, (policy("reuse", "ducts_and_cores", "all"),)),
    "no core node": (
        {"P3", "P4", "P8", "sites.state", "sites.equipment", "sites.weight", "paths.connected",
         "bill.lines", "hubs.table", "phases.counts", "provenance.levels", "rings.hubs",
         "bound.weight"},
        ("update sites set level = 'district' where site_id = 'CORE-1'",),
    ),
    "municipal unit on a hub": (
        {"P4", "paths.ways"},
        ("update sites set home_id = 'D1' where site_id = 'M1'",),
    ),
    "hub in the wrong district": (
        {"P4", "sites.state", "hubs.table"},
        ("update sites set district_code = '02' where site_id = 'D1'",),
    ),
    "township before its hub": (
        {"P6", "routes.use", "phases.cost", "phases.counts", "phases.weight",
         "bill.lines"},
        HUB_LATE,
    ),
    "phase of a site swapped": (
        {"paths.ways", "routes.use", "schedule.paths", "phases.cost", "phases.counts",
         "phases.weight", "bill.lines"},
        (SET_T1,),
    ),
    "route opened too late": (
        {"paths.opened", "paths.connected", "routes.use", "cables.figures", "bill.lines",
         "phases.cost", "phases.lengths"},
        ("update routes set phase = 2 where edge_id = 5",),
    ),
    "stretch dug twice": (
        {"P7.dig_once"},
        ("update candidate_edges set stretch = 4 where edge_id = 7",),
    ),
    "stretch dug in two ways at once": (
        {"P7.dig_once"},
        ("update candidate_edges set stretch = 0 where edge_id = 5",),
    ),
    "hub rerouted over a shared risk group": (
        {"P8", "hubs.table", "paths.figures", "schedule.paths", "routes.use", "cables.sizes",
         "paths.opened", "sites.cost_share", "rings.ways"},
        (REROUTE.format(table="core_paths"), REROUTE.format(table="witness_paths")),
    ),
    "risk groups grow together": (
        {"P8", "hubs.table", "rings.disjoint"},
        ("update candidate_edges set risk_groups = '[0, 2]' where edge_id = 2",),
    ),
    "stretch without a risk group": (
        {"P8"}, ("update candidate_edges set risk_groups = '[]' where edge_id = 5",)
    ),
    "witness path differs": (
        {"paths.witness"}, (REROUTE.format(table="witness_paths"),)
    ),
    "witness path lost": (
        {"paths.witness"}, ("delete from witness_paths where way = 2",)
    ),
    "hub loses a way": (
        {"paths.ways", "P8", "routes.use", "cables.sizes", "hubs.table", "paths.witness",
         "sites.figures", "sites.cost_share", "rings.ways"},
        ("delete from core_schedule where path_id = 'D1/2'",
         "delete from core_paths where path_id = 'D1/2'",
         "update cables set cores_used = 0 where edge_id in (1, 2)"),
    ),
    "length of a path": (
        {"paths.figures"}, ("update core_paths set length_m = 799.9 where site_id = 'M1'",
                            "update sites set path_length_m = 799.9 where site_id = 'M1'"),
    ),
    "optic too weak": (
        {"optics.source", "paths.loss"}, ("update optics set budget_db = 3.7",)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_NETWORK)
def test_broken_network(name: str, check: Callable[..., CheckReport]) -> None:
    rules, changes = BROKEN_NETWORK[name]
    report = check(*changes)
    assert set(report.broken()) == rules
    assert not report.ok


def test_all_hubs_wait_for_the_last_hub(check: Callable[..., CheckReport]) -> None:
    second_hub = "update sites set level = 'district' where site_id = 'T3'"
    assert check(second_hub).rule("P6").holds
    report = check(second_hub, policy("order", "own_hub", "all_hubs"))
    assert report.rule("P6").holds is False
    assert "T1" in report.rule("P6").detail.en


# ---- money, bounds, sources -------------------------------------------------------------------

CENT_MORE = (
    "update phases set budget_cents = budget_cents - 1, carry_cents = carry_cents - 1 "
    "where number = 1",
    "update phases set carry_cents = carry_cents - 1 where number = 2",
)

# the certificate claims all that its cuts prove: nothing may get lost
ALL_PROVEN = (
    pair("certificate", cut_bound_cents=tiny.PROVEN_CENTS),
    pair("certificate", bound_cents=tiny.PROVEN_CENTS, gap=1_052_300 / tiny.PROVEN_CENTS),
)

BROKEN_BOOKS: dict[str, tuple[set[str], tuple[Change, ...]]] = {
    "budget one cent below what was spent": (
        {"phases.budget"}, (*CENT_MORE, scenario("4022759.00", "4022758.99")),
    ),
    "budget not the scenario's": ({"phases.budget", "budgets.rule"}, CENT_MORE),
    "carry": ({"phases.cost"}, ("update phases set carry_cents = 1 where number = 1",)),
    "price changed": (
        {"prices.source", "cables.cost", "bill.prices"},
        ("update prices set value_cents = 321 where price_id = 'cable_laying'",),
    ),
    "placeholder dressed up as cited": (
        {"prices.source", "bill.prices"},
        ("update prices set kind = 'cited' where price_id = 'trench_duct'",),
    ),
    "placeholder dressed up in bill and prices": (
        {"prices.source"},
        ("update prices set kind = 'cited' where price_id = 'trench_duct'",
         "update bill set price_kind = 'cited' where price_id = 'trench_duct'"),
    ),
    "figure changed silently": (
        {"figures.source"}, ("update figures set value = 3500 where figure_id = 'weights.hub'",)
    ),
    "kind of a figure": (
        {"figures.source"}, ("update figures set kind = 'cited' where figure_id = 'cable.drum_m'",)
    ),
    "figure lost": (
        {"figures.source"}, ("delete from figures where figure_id = 'weights.hub'",)
    ),
    "bill line changed by a cent": (
        {"bill.lines", "cost.total"},
        ("update bill set cost_cents = cost_cents + 1 where item_id = 'B0007'",),
    ),
    "cent moved between bill lines": (
        {"bill.lines"},
        ("update bill set cost_cents = cost_cents + 1 where item_id = 'B0007'",
         "update bill set cost_cents = cost_cents - 1 where item_id = 'B0021'"),
    ),
    "bill line in another lot": (
        {"bill.lines"}, ("update bill set lot = 'M' where item_id = 'B0007'",)
    ),
    "cable one size down": (
        {"cables.sizes", "cables.cost", "phases.lengths", "bill.lines"},
        ("update cables set size_cores = 4 where edge_id = 5",),
    ),
    "trench by a cent": (
        {"routes.cost", "bill.lines", "phases.cost"},
        ("update routes set trench_cents = trench_cents + 1 where edge_id = 5",),
    ),
    "cable by a cent": (
        {"cables.cost", "bill.lines"},
        ("update cables set laying_cents = laying_cents + 1 where edge_id = 5",),
    ),
    "closures": (
        {"cables.figures", "cables.cost", "bill.lines"},
        ("update cables set closures = 1 where edge_id = 5",),
    ),
    "length of a route": (
        {"routes.edges", "routes.cost", "cables.figures", "bill.lines", "phases.lengths"},
        ("update routes set length_m = 2999 where edge_id = 5",),
    ),
    "equipment": (
        {"sites.equipment", "bill.lines", "phases.cost", "sites.cost_share", "cost.total"},
        ("update sites set equipment_cents = 42000001 where site_id = 'D1'",),
    ),
    "share of cost": (
        {"sites.cost_share", "cost.total"},
        ("update sites set cost_share_cents = cost_share_cents + 1 where site_id = 'T1'",),
    ),
    "share of cost moved": (
        {"sites.cost_share"},
        ("update sites set cost_share_cents = cost_share_cents + 1 where site_id = 'T1'",
         "update sites set cost_share_cents = cost_share_cents - 1 where site_id = 'T3'"),
    ),
    "bound above cost": (
        {"bound.cost", "bound.dual"},
        (pair("certificate", bound_cents=413_715_001, gap=-1 / 413_715_001),),
    ),
    "bound lost": ({"bound.cost"}, (pair("certificate", bound_cents=None, gap=None),)),
    "gap too small": ({"bound.cost"}, (pair("certificate", gap=0.03),)),
    "cost of the certificate": (
        {"bound.cost", "cost.total"}, (pair("certificate", cost_cents=413_714_999),)
    ),
    "bound above what its cuts prove": (
        {"bound.dual"},
        (
            pair("certificate", cut_bound_cents=tiny.PROVEN_CENTS + 1),
            pair("certificate", bound_cents=tiny.PROVEN_CENTS + 1, gap=1_052_299 / 412_662_701),
        ),
    ),
    "bound below its cuts": (
        {"bound.dual"}, (pair("certificate", cut_bound_cents=400_000_001),)
    ),
    "cut that separates nothing": (
        {"bound.dual"}, ("update bound_cuts set members = '[6]' where cut_id = 1",)
    ),
    "cut the wrong way round": (
        {"bound.dual"}, ("update bound_cuts set members = '[1,2]' where cut_id = 3",)
    ),
    "cut without its group": (
        {"bound.dual"}, ("update bound_cuts set group_id = 7 where cut_id = 4",)
    ),
    "arc twice in a cut": (
        {"bound.dual"}, ("update bound_cuts set members = '[1,2,2]' where cut_id = 2",)
    ),
    "cut of nowhere": (
        {"bound.dual"}, ("update bound_cuts set members = '[99]' where cut_id = 0",)
    ),
    "negative dual": ({"bound.dual"}, ("update bound_cuts set dual_cents = -1 where cut_id = 0",)),
    "unknown kind of cut": (
        {"bound.dual"}, ("update bound_cuts set kind = 'both' where cut_id = 0",)
    ),
    "link dropped": (
        {"bound.dual"}, (*ALL_PROVEN, "delete from bound_cuts where cut_id = 6")
    ),
    "link raised": (
        {"bound.dual"},
        (*ALL_PROVEN, "update bound_cuts set dual_cents = dual_cents + 1 where cut_id = 6"),
    ),
    "link lowered": (
        {"bound.dual"},
        (*ALL_PROVEN, "update bound_cuts set dual_cents = dual_cents - 1 where cut_id = 6"),
    ),
    "link below zero": (
        {"bound.dual"}, ("update bound_cuts set dual_cents = -1 where cut_id = 6",)
    ),
    "link of another arc": (
        {"bound.dual"}, (*ALL_PROVEN, "update bound_cuts set members = '[8]' where cut_id = 6")
    ),
    "link against its arc": (
        {"bound.dual"}, (*ALL_PROVEN, "update bound_cuts set members = '[-6]' where cut_id = 6")
    ),
    "link of the core": (
        {"bound.dual"}, ("update bound_cuts set members = '[1]' where cut_id = 6",)
    ),
    "link of two arcs": (
        {"bound.dual"}, ("update bound_cuts set members = '[6,7]' where cut_id = 6",)
    ),
    "link of nowhere": (
        {"bound.dual"}, ("update bound_cuts set members = '[99]' where cut_id = 6",)
    ),
    "link as a cut": (
        {"bound.dual"}, ("update bound_cuts set kind = 'in' where cut_id = 6",)
    ),
    "too few cuts": ({"bound.dual"}, ("delete from bound_cuts where cut_id < 4",)),
    "slope too steep": (
        {"bound.dual"}, ("update bound_lines set slope_cents = 9000000",)
    ),
    "slope below zero": ({"bound.dual"}, ("update bound_lines set slope_cents = -1",)),
    "optimal with a gap": ({"certificate.status"}, (pair("certificate", status="optimal"),)),
    "unknown status": ({"certificate.status"}, (pair("certificate", status="good"),)),
    "basis of the budgets": (
        {"bound.cost"}, (pair("certificate", budget_basis_cents=1),)
    ),
    "no basis of the budgets": (
        {"bound.cost"}, (pair("certificate", budget_basis_cents=None),)
    ),
    "phase value": ({"bound.phases"}, (pair("certificate", phase_value=2531),)),
    "phase bound under the value": (
        {"bound.phases", "bound.weight"},
        (pair("certificate", phase_bound=2529, phase_gap=-1 / 2529),),
    ),
    "phase gap": ({"bound.phases"}, (pair("certificate", phase_gap=0.1),)),
    "weight bound under weight": (
        {"phases.weight", "bound.weight"},
        ("update phases set weight_bound_share = 0.5 where number = 1",),
    ),
    "weight bound above one": (
        {"phases.weight", "bound.weight"},
        ("update phases set weight_bound_share = 1.1 where number = 2",),
    ),
    "weight bound below what its cuts prove": (
        {"bound.weight"},
        (
            "update weight_bounds set weight_bound = 922 where phase = 1",
            "update phases set weight_bound_share = 922 / 1010.0 where number = 1",
            pair("certificate", phase_bound=2942, phase_gap=412 / 2942),
        ),
    ),
    "phase bound not the sum of its phases": (
        {"bound.weight"}, (pair("certificate", phase_bound=2942, phase_gap=412 / 2942),)
    ),
    "weight bound share of another bound": (
        {"bound.weight"}, ("update phases set weight_bound_share = 0.9 where number = 1",)
    ),
    "weight bound of no phase": (
        {"bound.weight"}, ("update weight_bounds set phase = 3 where phase = 2",)
    ),
    "worth of weight raised": (
        {"bound.weight"}, ("update weight_bounds set worth = 130000 where phase = 1",)
    ),
    "worth of weight lowered": (
        {"bound.weight"}, ("update weight_bounds set worth = 110000 where phase = 1",)
    ),
    "worth without a certificate": (
        {"bound.weight"}, ("update weight_bounds set worth = 0 where phase = 1",)
    ),
    "scale of the worth": (
        {"bound.weight"}, ("update weight_bounds set scale = 2 where phase = 1",)
    ),
    "weight dual raised": (
        {"bound.weight"}, ("update weight_cuts set dual = dual + 720000 where cut_id = 2",)
    ),
    "weight dual lowered": (
        {"bound.weight"}, ("update weight_cuts set dual = dual - 120000 where cut_id = 2",)
    ),
    "weight dual below zero": (
        {"bound.weight"}, ("update weight_cuts set dual = -1 where cut_id = 0",)
    ),
    "weight cut dropped": ({"bound.weight"}, ("delete from weight_cuts where cut_id = 3",)),
    "weight cut that separates nothing": (
        {"bound.weight"}, ("update weight_cuts set members = '[6]' where cut_id = 1",)
    ),
    "weight cut around another site": (
        {"bound.weight"}, ("update weight_cuts set site_id = 'T1' where cut_id = 0",)
    ),
    "weight cut around the core": (
        {"bound.weight"}, ("update weight_cuts set site_id = 'CORE-1' where cut_id = 0",)
    ),
    "weight cut of a township with two ways": (
        {"bound.weight"}, ("update weight_cuts set site_id = 'T3' where cut_id = 3",)
    ),
    "weight cut without its group": (
        {"bound.weight"}, ("update weight_cuts set group_id = 7 where cut_id = 4",)
    ),
    "weight cut of another phase": (
        {"bound.weight"}, ("update weight_cuts set phase = 2 where cut_id = 4",)
    ),
    "weight cut of no phase": (
        {"bound.weight"}, ("update weight_cuts set phase = 7 where cut_id = 4",)
    ),
    "arc twice in a weight cut": (
        {"bound.weight"}, ("update weight_cuts set members = '[1,2,2]' where cut_id = 2",)
    ),
    "weight cut of nowhere": (
        {"bound.weight"}, ("update weight_cuts set members = '[99]' where cut_id = 0",)
    ),
    "weight link dropped": (
        {"bound.weight"}, ("delete from weight_cuts where cut_id = 6",)
    ),
    "weight link raised": (
        {"bound.weight"}, ("update weight_cuts set dual = dual + 120000 where cut_id = 6",)
    ),
    "weight link lowered": (
        {"bound.weight"}, ("update weight_cuts set dual = dual - 120000 where cut_id = 6",)
    ),
    "weight link below zero": (
        {"bound.weight"}, ("update weight_cuts set dual = -1 where cut_id = 6",)
    ),
    "weight link of another arc": (
        {"bound.weight"}, ("update weight_cuts set members = '[8]' where cut_id = 6",)
    ),
    "weight link against its arc": (
        {"bound.weight"}, ("update weight_cuts set members = '[-6]' where cut_id = 6",)
    ),
    "weight link of the core": (
        {"bound.weight"}, ("update weight_cuts set members = '[1]' where cut_id = 6",)
    ),
    "weight link of two arcs": (
        {"bound.weight"}, ("update weight_cuts set members = '[6,7]' where cut_id = 6",)
    ),
    "weight link of nowhere": (
        {"bound.weight"}, ("update weight_cuts set members = '[99]' where cut_id = 6",)
    ),
    "weight link of no list": (
        {"bound.weight"}, ("update weight_cuts set members = '6' where cut_id = 6",)
    ),
    "weight link of no phase": (
        {"bound.weight"}, ("update weight_cuts set phase = 7 where cut_id = 6",)
    ),
    "weight link of another phase": (
        {"bound.weight"}, ("update weight_cuts set phase = 2 where cut_id = 6",)
    ),
    "weight link as a cut": (
        {"bound.weight"}, ("update weight_cuts set kind = 'in' where cut_id = 6",)
    ),
    "slope of the weight too steep": (
        {"bound.weight"}, ("update weight_lines set slope_cents = 9000000",)
    ),
    "slope of the weight below zero": (
        {"bound.weight"}, ("update weight_lines set slope_cents = -1",)
    ),
    "total weight": ({"phases.weight"}, (pair("certificate", total_weight=1260),)),
    "population": ({"sites.weight"}, ("update districts set population = 1100",)),
    "villages": (
        {"sites.weight", "phases.counts"},
        ("update sites set villages = 11 where site_id = 'T1'",),
    ),
    "hubs": ({"hubs.table"}, ("update hubs set townships_served = 3",)),
    "levels": (
        {"provenance.levels"},
        (pair("provenance", levels={**tiny.PROVENANCE["levels"], "township": {}}),),
    ),
    "policy stated wrongly": (
        {"provenance.policy"},
        (pair("provenance", policy={**tiny.PROVENANCE["policy"], "reuse": "none"}),),
    ),
    "classification lost": (
        {"marks.classification"}, (pair("provenance", classification_zh=""),)
    ),
    "attribution lost": ({"marks.attribution"}, (pair("provenance", attributions=[]),)),
    "reconstruction not named": (
        {"marks.reconstructed"}, (pair("provenance", reconstructed=["municipal_units"]),)
    ),
    "unplaced site not named": ({"notes.sites"}, ("delete from notes",)),
    "policy report says broken": (
        {"policy.report"}, ("update policy set state = 'broken' where rule = 'P8'",)
    ),
    "policy report has a hole": ({"policy.report"}, ("delete from policy where rule = 'P8'",)),
    "planning CRS": ({"crs.one"}, (pair("provenance", planning_crs="EPSG:4490"),)),
}  # fmt: skip


def test_a_bound_may_be_all_that_its_cuts_prove(check: Callable[..., CheckReport]) -> None:
    assert check(*ALL_PROVEN).ok


@pytest.mark.parametrize("name", BROKEN_BOOKS)
def test_broken_books(name: str, check: Callable[..., CheckReport]) -> None:
    rules, changes = BROKEN_BOOKS[name]
    report = check(*changes)
    assert set(report.broken()) == rules
    assert not report.ok


def test_detail_names_row_and_figures(check: Callable[..., CheckReport]) -> None:
    report = check("update routes set trench_cents = trench_cents + 1 where edge_id = 5")
    detail = report.rule("routes.cost").detail
    assert "routes 5 trench_cents is 14400001, should be 14400000" in detail.en
    assert "14400001" in detail.zh


NUMBERS = [
    (table.name, column.name)
    for table in PLAN_TABLES
    for column in table.columns
    if column.kind in {"int", "float"}
    and column.name != "villages"  # an input; counts for townships only, see below
    and table.name
    in {"sites", "routes", "cables", "hubs", "core_paths", "core_schedule", "phases", "bill"}
]


@pytest.mark.parametrize(("table", "column"), NUMBERS, ids=lambda name: str(name))
def test_no_number_can_be_changed_unseen(
    table: str, column: str, check: Callable[..., CheckReport]
) -> None:
    """Every figure of the result tables follows from others: one more or less is noticed."""
    draw = random.Random(f"{table}.{column}")
    rows = range(1, 1 + len(tiny.rows()[table]))
    for row in rows if column.endswith(("cents", "phase")) else draw.sample(rows, 1):
        step = draw.choice((-1, 1))
        report = check(
            f'update "{table}" set "{column}" = coalesce("{column}", 0) + {step} '
            f"where rowid = {row}"
        )
        assert not report.ok, f"{table}.{column} of row {row} by {step}"


# ---- a plan that leaves a site out, and budgets that follow the design -------------------------

WITHOUT_T3 = (
    "update sites set served = 0, phase = 0, path_length_m = null, loss_db = null, optic = '', "
    "cost_share_cents = 0 where site_id = 'T3'",
    "update sites set cost_share_cents = 20644400 + 3800000 where site_id = 'T1'",
    "update core_paths set phase = 0 where site_id = 'T3'",
    "delete from core_schedule where site_id = 'T3'",
    "delete from routes where edge_id = 7",
    "delete from cables where edge_id = 7",
    "delete from bill where phase = 2",
    "update routes set cores_used = 2, sites_served = 1 where edge_id = 5",
    "update cables set cores_used = 2 where edge_id = 5",
    "update hubs set townships_served = 1",
    "update phases set cost_cents = 0, carry_cents = 12000000, sites = 3, townships = 1, "
    "villages = 10, weight = 510, weight_share = 510 / 1010.0, "
    "route_m = 6000, sheath_m = 7805, core_m_new = 56100 where number = 2",
    pair(
        "certificate",
        cost_cents=402_275_900,
        bound_cents=None,
        gap=None,
        phase_value=1530,
        phase_gap=1413 / 2943,
    ),
    pair(
        "provenance",
        levels={
            **tiny.PROVENANCE["levels"],
            "township": {"total": 3, "placed": 2, "served": 1},
        },
    ),
)


def test_plan_that_leaves_a_site_out_holds(check: Callable[..., CheckReport]) -> None:
    assert check(*WITHOUT_T3).broken() == ()


def test_the_cuts_of_the_tiny_plan_prove_what_was_derived_by_hand(
    check: Callable[..., CheckReport],
) -> None:
    gap = (413_715_000 - tiny.PROVEN_CENTS) / tiny.PROVEN_CENTS
    report = check(
        pair("certificate", cut_bound_cents=tiny.PROVEN_CENTS),
        pair("certificate", bound_cents=tiny.PROVEN_CENTS, gap=gap),
    )
    assert report.ok
    assert str(tiny.PROVEN_CENTS) in report.rule("bound.dual").detail.en


@pytest.mark.parametrize("order", ["own_hub", "all_hubs"])
def test_a_hub_that_pays_without_its_townships_loosens_the_weight(
    order: str, check: Callable[..., CheckReport]
) -> None:
    """T3 as a hub: its 48,560,900 count without D1, whose 51,513,000 T3 made up for before."""
    assert check(policy("order", "own_hub", order)).rule("bound.weight").holds
    second_hub = "update sites set level = 'district', ways_required = 1 where site_id = 'T3'"
    told = check(second_hub, policy("order", "own_hub", order)).rule("bound.weight")
    assert told.holds is False
    assert "proven is 1010" in told.detail.en


def test_bound_must_be_null_when_a_site_is_left_out(check: Callable[..., CheckReport]) -> None:
    claimed = pair("certificate", bound_cents=400_000_000, gap=0.0)
    assert check(*WITHOUT_T3, claimed).broken() == ("bound.cost",)


def test_cables_stay_sized_for_the_full_design(check: Callable[..., CheckReport]) -> None:
    smaller = "update cables set size_cores = 4 where edge_id = 5"
    assert "cables.sizes" in check(*WITHOUT_T3, smaller).broken()


DERIVED = 'factor = 1.02\nround_to_yuan = 10000\nkind = "cited"'


def derived(first_cents: int, second_cents: int) -> tuple[Change, ...]:
    """Budgets from the design: 413,715,000 x 1.02 = 421,989,300, split 97 : 3."""
    text = tiny.SCENARIO.replace('yuan = [4022759.00, 120000.00]\nkind = "cited"', DERIVED)
    text = text.replace("gain = 1\n", "gain = 1\nshare = 97\n")
    text = text.replace("gain = 2\n", "gain = 2\nshare = 3\n")
    left = first_cents - 402_275_900
    # by (W): (money beside the core + 8,537,300) / 120,000; 987 for 110,000,000
    most = (first_cents - 300_000_000 + 8_537_300) // 120_000
    rules = {"kind": "cited", "source": "order", "factor": 1.02, "round_to_cents": 1_000_000}
    return (
        f"update phases set budget_cents = {first_cents}, carry_cents = {left} where number = 1",
        f"update phases set budget_cents = {second_cents}, "
        f"carry_cents = {left + second_cents - 11_439_100} where number = 2",
        f"update phases set weight_bound_share = {most} / 1010.0 where number = 1",
        f"update weight_bounds set weight_bound = {most} where phase = 1",
        pair("certificate", phase_bound=most + 2020, phase_gap=(most - 510) / (most + 2020)),
        pair("provenance", scenario_toml=text, budgets=rules),
    )


def test_a_plan_without_a_classification_line(check: Callable[..., CheckReport]) -> None:
    """As its scenario has none; one that the scenario has must not be lost."""
    lines = 'classification_zh = "内部资料"\nclassification_en = "Internal"'
    empty = 'classification_zh = ""\nclassification_en = ""'
    report = check(
        scenario(lines, empty), pair("provenance", classification_zh="", classification_en="")
    )
    assert report.ok
    assert "no classification" in report.rule("marks.classification").detail.en


def test_budgets_from_the_design(check: Callable[..., CheckReport]) -> None:
    # 0.97 x 421,989,300 = 409,329,621 -> 410,000,000; 0.03 x ... = 12,659,679 -> 13,000,000
    assert check(*derived(410_000_000, 13_000_000)).broken() == ()
    assert check(*derived(409_000_000, 13_000_000)).broken() == ("budgets.rule",)
    assert check(*derived(410_000_000, 14_000_000)).broken() == ("budgets.rule",)


def test_hub_in_the_core_building_holds_p8(check: Callable[..., CheckReport]) -> None:
    report = check(
        "update core_paths set edge_ids = '[]' where site_id = 'D1'",
        "update witness_paths set edge_ids = '[]'",
        f"update sites set node_id = {tiny.CORE} where site_id = 'D1'",
    )
    assert report.rule("P8").holds
    assert "D1" in report.rule("P8").detail.en


def test_p5_is_not_assessed_where_the_intranet_passes(check: Callable[..., CheckReport]) -> None:
    report = check("update sites set existing_node = 'A' where site_id = 'T1'")
    assert report.rule("P5").holds is None
    assert report.ok


# ---- files that are no plan, or a broken one --------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError) as caught:
        check_plan(tmp_path / "none.gpkg")
    assert caught.value.faults[0].rule == "plan.unreadable"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all", b"SQLite format 3\0" + b"x" * 90]
)
def test_not_a_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.gpkg"
    path.write_bytes(content)
    with pytest.raises(PlanFileError) as caught:
        check_plan(path)
    assert caught.value.faults[0].cure.en


def test_truncated_file(intact: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    path.write_bytes(intact.read_bytes()[: intact.stat().st_size // 2])
    with pytest.raises(PlanFileError):
        check_plan(path)


def test_geopackage_that_is_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "other.gpkg"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("create table gpkg_contents (table_name text)")
        connection.execute("create table sites (site_id text)")
    connection.close()
    with pytest.raises(PlanFileError):
        check_plan(path)


BROKEN_FILE: dict[str, tuple[str, Change]] = {
    "table lost": ("file.tables", "drop table bill"),
    "column lost": ("file.columns", "alter table routes drop column trench_cents"),
    "text for a number": ("file.values", "update routes set phase = 'one' where edge_id = 5"),
    "null": ("file.values", "update sites set weight = null where site_id = 'T1'"),
    "infinity": ("file.values", "update routes set length_m = 9e999 where edge_id = 5"),
    "no JSON": ("file.values", "update certificate set value = '{' where key = 'gap'"),
    "no scenario": ("file.values", "delete from provenance where key = 'scenario_toml'"),
    "broken scenario": ("file.values", pair("provenance", scenario_toml="[")),
    "key twice": ("file.keys", "update sites set site_id = 'T1' where site_id = 'T3'"),
    "unknown home": ("file.references", "update core_paths set home_id = 'X' where way = 2"),
    "unknown stretch": ("file.references", "update core_paths set edge_ids = '[99]' where way = 2"),
    "no list": ("file.references", "update core_paths set edge_ids = '{}' where way = 2"),
    "unknown group": (
        "file.references",
        "update candidate_edges set risk_groups = '[77]' where edge_id = 0",
    ),
    "unknown plant": (
        "file.references",
        "update candidate_edges set existing_id = 'X' where edge_id = 4",
    ),
    "unknown cable": (
        "file.references",
        "update core_schedule set cable_id = 'X' where edge_id = 4",
    ),
    "phase out of range": ("file.references", "update sites set phase = 3 where site_id = 'T3'"),
    "price lost": ("file.references", "delete from prices where price_id = 'closure'"),
    "unknown level": ("file.references", "update sites set level = 'x' where site_id = 'T3'"),
    "cable without a route": ("file.references", "delete from routes where edge_id = 7"),
}


@pytest.mark.parametrize("name", BROKEN_FILE)
def test_broken_file(name: str, check: Callable[..., CheckReport]) -> None:
    rule, change = BROKEN_FILE[name]
    report = check(change)
    assert report.broken() == (rule,)
    assert {result.id for result in report.rules} == set(RULES)
    later = [result for result in report.rules if not result.id.startswith("file.")]
    assert all(result.holds is None for result in later)


# ---- independence -----------------------------------------------------------------------------


def test_imports_no_solver_and_nothing_of_the_planner() -> None:
    code = "import geoplan.verify, sys; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    barred = ("ortools", "numba", "scipy", "geopandas", "pandas", "pyogrio")
    assert [name for name in barred if name in loaded] == []
    ours = {name.split(".")[1] for name in loaded if name.startswith("geoplan.")}
    assert ours == {"verify", "schema", "text", "errors"}


def test_every_table_of_a_plan_is_in_the_instance(intact: Path) -> None:
    connection = sqlite3.connect(intact)
    counts = {
        table.name: connection.execute(f'select count(*) from "{table.name}"').fetchone()[0]
        for table in PLAN_TABLES
    }
    connection.close()
    # a star shares no cores; plans that do are broken in test_access.py
    assert counts.pop("feeders") == 0
    assert all(counts.values()), counts


def test_what_a_check_says_in_chinese_holds_no_code(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    save_plan(build_city_plan(city()), path)
    told = {rule.id: rule.detail.zh for rule in check_plan(path).rules}
    assert told["P2.reuse"] == "利旧符合政策“利用现有管孔和空闲纤芯”"
    assert told["P6"] == "乡镇街道均不早于本区汇聚节点"
    assert told["certificate.status"] == "状态：已证明最优"
    assert told["bound.cost"].endswith("差距0.00%")
    for rule in ("cost.total", "sites.state", "bound.phases"):
        assert not re.search("[A-Za-z]", told[rule]), told[rule]


def test_a_gap_is_shown_rounded_up_and_never_breaks_the_check() -> None:
    assert shown_gap(0.00001) == "0.01%"
    assert [shown_gap(gap) for gap in (1e308, math.inf, math.nan, True)] == [
        "1e+308", "inf", "nan", "100.00%",
    ]  # fmt: skip
