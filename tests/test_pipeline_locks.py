"""Locks through the whole walk: from a scenario to a plan file that the verifier holds good."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_pipeline import plan_of, scenario, street_grid

from geoplan.candidates.graph import METHODS
from geoplan.errors import InfeasibleError, InputError
from geoplan.lock_rules import CommitmentRule, LockRules, RouteRule, SiteRule
from geoplan.optimize.route_locks import without_forbidden
from geoplan.pipeline import make_plan, prepare
from geoplan.plan import Plan
from geoplan.plan_file import load_plan, save_plan
from geoplan.read.built import built_plan
from geoplan.read.findings import Findings
from geoplan.scenario import Method
from geoplan.verify import CheckReport, check_plan

TWO_WAYS: tuple[Method, ...] = ("direct_buried", "aerial")


@pytest.fixture(scope="module")
def free() -> Plan:
    return plan_of(street_grid())


def planned(locks: LockRules) -> Plan:
    return make_plan(replace(scenario(), locks=locks), street_grid())


def checked(plan: Plan, folder: Path) -> CheckReport:
    save_plan(plan, folder / "plan.gpkg")
    assert load_plan(folder / "plan.gpkg").provenance == plan.provenance
    return check_plan(folder / "plan.gpkg")


def phase_of(plan: Plan, site: str) -> int:
    return int(plan["sites"].set_index("site_id")["phase"][site])


def last_township(plan: Plan) -> tuple[str, str]:
    """A township of a late phase, and its district."""
    sites = plan["sites"]
    rows = sites[(sites["level"] == "township") & sites["served"]]
    row = rows.sort_values(["phase", "site_id"]).iloc[-1]
    return str(row["site_id"]), str(row["district_code"])


def test_locks_move_sites_and_routes_and_the_plan_is_checked(free: Plan, tmp_path: Path) -> None:
    site, district = last_township(free)
    p = len(free.phases)
    path = free["core_paths"].set_index("site_id").loc[site]
    shut = free["candidate_edges"].set_index("edge_id")["stretch"]
    used = [int(e) for e in str(path["edge_ids"]).strip("[]").split(",")]
    lead = free["candidate_edges"].set_index("edge_id")["lead_in"]
    inner = next(e for e in used if not lead[e])
    locks = LockRules(
        sites=(SiteRule(site, phase=p),),
        routes=(RouteRule(False, stretch=int(shut[inner])),),
        commitments=(CommitmentRule(district, p, townships=2),),
        cash_limits_cents=tuple(int(c) for c in free.phases["cost_cents"].cumsum()),
    )
    plan = planned(locks)
    report = checked(plan, tmp_path)
    assert report.broken() == ()
    assert phase_of(plan, site) == p
    why = plan["sites"].set_index("site_id").loc[site]
    assert "a lock of the scenario restricts its phase" in why["why_en"]
    assert "情景锁定" in why["why_zh"]
    assert inner not in set(plan["routes"]["edge_id"])
    policy = plan["policy"].set_index("rule")["state"]
    named = ["locks.sites", "locks.routes", "locks.cash_limits", "locks.commitments"]
    assert policy[named].tolist() == ["holds"] * 4


def test_a_stretch_is_dug_in_one_way_the_cheapest_that_locks_leave() -> None:
    """Two ways of digging one stretch would each take a part of the cores: dug twice (P7)."""
    route = replace(scenario().route, urban_method=TWO_WAYS, rural_method=TWO_WAYS)
    both = replace(scenario(), route=route)

    def dug(*rules: RouteRule) -> dict[int, list[int]]:
        given = replace(both, locks=LockRules(routes=rules))
        made = prepare(given, street_grid())
        room = without_forbidden(made.problem).capacity_cores
        ways: dict[int, list[int]] = {}
        for edge in np.flatnonzero(np.isin(made.graph.method, (0, 2)) & (room != 0)).tolist():
            ways.setdefault(int(made.graph.stretch[edge]), []).append(int(made.graph.method[edge]))
        return ways

    assert [METHODS[k] for k in (0, 2)] == list(TWO_WAYS)
    free = dug()
    assert set(map(tuple, free.values())) == {(2,)}
    dear, cheap = 2 * min(free), 2 * min(free) + 1
    assert dug(RouteRule(True, edge_id=dear)) == {**free, min(free): [0]}
    assert dug(RouteRule(False, edge_id=cheap)) == {**free, min(free): [0]}
    without = {stretch: ways for stretch, ways in free.items() if stretch != min(free)}
    assert dug(RouteRule(False, stretch=min(free))) == without


def test_every_lock_that_names_nothing_is_told_at_once() -> None:
    locks = LockRules(
        sites=(SiteRule("nobody", phase=1), SiteRule("CORE-1", latest=2)),
        routes=(RouteRule(True, edge_id=10**6), RouteRule(False, existing_id="none")),
        commitments=(CommitmentRule("none", 1, townships=1), CommitmentRule("01", 1, townships=99)),
    )
    with pytest.raises(InputError) as caught:
        planned(locks)
    told = [(f.rule, f.layer, f.row) for f in caught.value.faults]
    assert ("locks.unknown_site", "[locks.sites]", "1") in told
    assert ("locks.core", "[locks.sites]", "2") in told
    assert ("locks.unknown_route", "[locks.routes]", "1") in told
    assert ("locks.unknown_route", "[locks.routes]", "2") in told
    assert ("locks.unknown_district", "[locks.commitments]", "1") in told


def test_money_and_locks_that_can_not_hold_are_named_with_prices(free: Plan) -> None:
    site, _ = last_township(free)
    first = int(free.phases["budget_cents"].iloc[0])
    core = int(free["sites"].set_index("level")["equipment_cents"]["core"])
    tight = replace(
        scenario(),
        budgets=replace(scenario().budgets, given_cents=(core + 100, first, first * 99)),
        locks=LockRules(sites=(SiteRule(site, phase=1),)),
    )
    with pytest.raises(InfeasibleError) as caught:
        make_plan(tight, street_grid())
    assert {fault.layer for fault in caught.value.faults} == {"[budgets]", "[locks.sites]"}
    assert any("yuan more in Phase 1" in fault.cure.en for fault in caught.value.faults)


def test_what_is_built_stays_under_another_order(free: Plan, tmp_path: Path) -> None:
    """Phase 1 is built; the weights turn round: its sites and ways stay, byte for byte."""
    save_plan(free, tmp_path / "built.gpkg")
    found = Findings()
    read = built_plan(str(tmp_path / "built.gpkg"), 1, scenario().planning_crs, found)
    assert read is not None
    assert not found.faults
    built, _ = read
    done = free["sites"][(free["sites"]["phase"] == 1) & (free["sites"]["level"] != "core")]
    assert built.site_phase == dict.fromkeys(done["site_id"], 1)
    weights = replace(
        scenario().weights, municipal=replace(scenario().weights.municipal, value=10**6)
    )
    locks = LockRules(built=str(tmp_path / "built.gpkg"), built_phases=1)
    plan = make_plan(
        replace(scenario(), weights=weights, locks=locks, solve=replace(scenario().solve, seed=9)),
        replace(street_grid(), built=built),
    )
    assert checked(plan, tmp_path).broken() == ()
    old = free["core_paths"][free["core_paths"]["phase"] == 1].set_index("path_id")["edge_ids"]
    new = plan["core_paths"].set_index("path_id")["edge_ids"]
    assert new[old.index].tolist() == old.tolist()
    assert all(phase_of(plan, site) == 1 for site in done["site_id"])
    assert plan["policy"].set_index("rule")["state"]["locks.built"] == "holds"


def test_built_plan_that_is_none_is_a_fault(tmp_path: Path) -> None:
    found = Findings()
    assert built_plan(str(tmp_path / "no.gpkg"), 1, "EPSG:4548", found) is None
    assert found.faults
