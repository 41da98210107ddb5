from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from instances import build_city_network, city, city_unfinished

from geoplan.lock_rules import CommitmentRule, LockRules, RouteRule, SiteRule
from geoplan.network import Network
from geoplan.policy import assess_policy

HELD = ["P1", "P4", "P5", "P6", "P7", "P8"]
OPEN = ["P2", "P3", "P9"]


def states(network: Network, made=None) -> dict[str, str]:
    made = made or city()
    report = assess_policy(network, made.scenario, made.layers)
    return dict(zip(report["rule"], report["state"], strict=True))


def detail(network: Network, rule: str, made=None) -> str:
    made = made or city()
    report = assess_policy(network, made.scenario, made.layers).set_index("rule")
    return str(report.loc[rule, "detail_en"])


def edited(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    copy = frame.copy()
    copy.loc[row, column] = value
    return copy


@pytest.mark.parametrize("make", [city, city_unfinished])
def test_the_city_keeps_its_rules(make) -> None:
    found = states(build_city_network(make()))
    assert found == dict.fromkeys(HELD, "holds") | dict.fromkeys(OPEN, "not_assessed")


def test_details_carry_figures_in_both_languages() -> None:
    made = city()
    report = assess_policy(build_city_network(made), made.scenario, made.layers).set_index("rule")
    assert "1 stretches use existing ducts, 1 existing cores" in report.loc["P2", "detail_en"]
    assert "利用现有管孔和空闲纤芯" in report.loc["P2", "detail_zh"]
    # codes of the scenario are words to the reader
    assert not report["detail_zh"].str.contains("[a-z]_[a-z]", regex=True).any()
    assert "paths on free existing cores: 1" in report.loc["P1", "detail_en"]
    assert (report["detail_zh"] != "").all()


def test_p1_breaks_on_a_core_of_the_intranet() -> None:
    network = build_city_network(city())
    schedule = network.core_schedule
    row = int(schedule.index[schedule["cable_id"] == "EC-1"][0])
    taken = edited(schedule, row, "core_first", 8)  # cores 1-8 are in use
    assert states(replace(network, core_schedule=taken))["P1"] == "broken"


def test_p1_breaks_on_a_core_taken_twice() -> None:
    network = build_city_network(city())
    schedule = network.core_schedule
    twice = edited(schedule, len(schedule) - 1, "core_first", 2)  # e3: 1-2 is the hub's
    broken = replace(network, core_schedule=twice)
    assert states(broken)["P1"] == "broken"
    assert "T-2/1" in detail(broken, "P1")


def test_p2_breaks_on_reuse_that_is_switched_off() -> None:
    made = city()
    policy = replace(made.scenario.policy, reuse="ducts")
    made = replace(made, scenario=replace(made.scenario, policy=policy))
    network = build_city_network(made)
    assert states(network, made)["P2"] == "broken"
    assert detail(network, "P2", made).endswith("(1: 5)")  # the lit stretch


def test_p3_names_the_cores_and_judges_nothing() -> None:
    network = build_city_network(city())
    assert detail(network, "P3").startswith("core nodes: 1 (CORE-1);")
    sites = edited(network.sites, 2, "level", "core")
    assert detail(replace(network, sites=sites), "P3").startswith("core nodes: 2 (CORE-1, M-1);")


def test_p4_breaks_on_a_hub_of_another_district() -> None:
    network = build_city_network(city())
    sites = edited(network.sites, 1, "district_code", "120198")
    assert states(replace(network, sites=sites))["P4"] == "broken"


def test_p6_breaks_on_a_township_before_its_hub() -> None:
    network = build_city_network(city())
    sites = edited(network.sites, 1, "phase", 3)
    broken = replace(network, sites=sites)
    assert states(broken)["P6"] == "broken"
    assert "T-1" in detail(broken, "P6")


def test_p6_breaks_on_a_stretch_that_opens_too_late() -> None:
    network = build_city_network(city())
    routes = edited(network.routes, 0, "phase", 2)
    broken = replace(network, routes=routes)
    assert "H-1/1" in detail(broken, "P6")


def test_p6_all_hubs_waits_for_hubs_that_never_come() -> None:
    made = city()
    policy = replace(made.scenario.policy, order="all_hubs")
    made = replace(made, scenario=replace(made.scenario, policy=policy))
    network = build_city_network(made)
    assert states(network, made)["P6"] == "holds"
    second = network.sites.iloc[[1]].assign(site_id="H-2", phase=0, served=False)
    sites = pd.concat([network.sites, second], ignore_index=True)
    assert states(replace(network, sites=sites), made)["P6"] == "broken"


def test_p7_breaks_on_a_stretch_dug_twice() -> None:
    network = build_city_network(city())
    edges = edited(network.candidate_edges, 4, "stretch", 0)
    assert states(replace(network, candidate_edges=edges))["P7"] == "broken"


def test_p8_breaks_on_one_way() -> None:
    network = build_city_network(city())
    hubs = edited(network.hubs, 0, "ways", 1)
    broken = replace(network, hubs=hubs)
    assert states(broken)["P8"] == "broken"
    assert detail(broken, "P8").endswith("(1: H-1)")


def test_broken_locks_are_named_as_the_scenario_names_them() -> None:
    made = city()
    spent = build_city_network(made).phases["cost_cents"].tolist()
    locks = LockRules(
        sites=(SiteRule("T-2", latest=1),),
        routes=(RouteRule(must=False, edge_id=1),),
        commitments=(CommitmentRule(district_code="A", townships=2, by_phase=1),),
        cash_limits_cents=(spent[0], spent[1] - 1, spent[2] - 1),
    )
    scenario = replace(made.scenario, locks=locks)
    report = assess_policy(build_city_network(made), scenario, made.layers).set_index("rule")
    assert set(report.loc[report.index.str.startswith("locks."), "state"]) == {"broken"}
    told = report.loc["locks.cash_limits"]
    assert (told["detail_zh"], told["detail_en"]) == (
        "3项中未遵守：第2期、第3期",
        "of 3, broken: Phase 2, Phase 3",
    )
    assert report.loc["locks.routes", "detail_zh"] == "1项中未遵守：第1条路由锁定"
    assert report.loc["locks.commitments", "detail_en"] == "of 1, broken: promise 1"
    assert report.loc["locks.sites", "detail_en"] == "of 1, broken: T-2"
