from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from instances import (
    CITY_COST,
    CITY_PHASE_COST,
    build_city_network,
    city,
    city_unfinished,
)

from geoplan.schema import PLAN_TABLES

COMPLETE = [city, city_unfinished]


@pytest.mark.parametrize("make", COMPLETE)
def test_every_table_keeps_its_contract(make) -> None:
    tables = build_city_network(make()).tables()
    contract = {table.name: table for table in PLAN_TABLES}
    kinds = {"int": "int64", "float": "float64", "bool": "bool", "str": "str"}
    for name, frame in tables.items():
        table = contract[name]
        extra = ["geometry"] if table.geometry else []
        assert list(frame.columns) == table.column_names() + extra, name
        for column in table.columns:
            assert str(frame[column.name].dtype) == kinds[column.kind], (name, column.name)
            assert column.nullable or not frame[column.name].isna().any(), (name, column.name)
        if table.key:
            assert not frame.duplicated(list(table.key)).any(), name
        if table.geometry:
            assert frame.crs == "EPSG:4548", name


@pytest.mark.parametrize(("make", "cost"), [(city, CITY_COST), (city_unfinished, 3_160_000)])
def test_totals_agree(make, cost: int) -> None:
    network = build_city_network(make())
    served = network.sites[network.sites["served"]]
    equipment = served["equipment_cents"].sum()
    assert network.routes["cost_cents"].sum() + equipment == cost
    assert network.phases["cost_cents"].sum() == cost
    assert network.sites["cost_share_cents"].sum() == cost
    cable = network.cables.groupby("edge_id")["cost_cents"].sum()
    shown = network.routes.set_index("edge_id")["cable_cents"]
    assert (shown == cable.reindex(shown.index).fillna(0)).all()


def test_routes_of_the_city() -> None:
    routes = build_city_network(city()).routes
    assert routes["edge_id"].tolist() == [0, 1, 3, 4, 5, 7]
    assert routes["phase"].tolist() == [1, 1, 1, 2, 1, 3]
    assert routes["cores_used"].tolist() == [2, 2, 4, 2, 2, 2]
    assert routes["sites_served"].tolist() == [1, 1, 2, 1, 1, 1]
    assert routes["cost_cents"].tolist() == [1_222_000, 982_000, 142_000, 622_000, 12_000, 482_000]
    assert routes["cables"].tolist() == [1, 1, 1, 1, 0, 1]
    assert routes["existing_id"].tolist() == ["", "", "ED-1", "", "EC-1", ""]
    assert routes["lighting_cents"].tolist() == [0, 0, 0, 0, 12_000, 0]


def test_shares_follow_the_cores_on_each_stretch() -> None:
    sites = build_city_network(city()).sites.set_index("site_id")
    # e3 (142,000) carries two cores of the hub and two of T-2: 71,000 each
    assert sites["cost_share_cents"].to_dict() == {
        "CORE-1": 100_000,
        "H-1": 1_222_000 + 982_000 + 71_000 + 50_000,
        "M-1": 22_000,
        "T-1": 642_000,
        "T-2": 482_000 + 71_000 + 20_000,
        "T-3": 0,
    }
    assert sites["lot"].to_dict()["M-1"] == "M"
    assert sites["phase"].tolist() == [1, 1, 1, 2, 3, 0]


def test_odd_cents_go_to_the_largest_remainder() -> None:
    # a bore price that makes e3 cost 142,001 cents: one cent can't be halved
    made = city()
    price = made.scenario.prices["closure"]
    prices = {**made.scenario.prices, "closure": replace(price, value_cents=10_001)}
    cost = np.array([2_518_003, 642_001, 502_001], dtype=np.int64)
    solution = replace(made.solution, phases=replace(made.solution.phases, cost_cents=cost))
    network = build_city_network(
        replace(made, scenario=replace(made.scenario, prices=prices), solution=solution)
    )
    sites = network.sites.set_index("site_id")
    assert network.routes.set_index("edge_id").loc[3, "cost_cents"] == 142_001
    # equal remainders: the first row of core_paths, the hub's second way, takes the cent
    assert sites.loc["T-2", "cost_share_cents"] == 482_001 + 71_000 + 20_000
    assert sites["cost_share_cents"].sum() == CITY_COST + 5


def test_unfinished_plan_keeps_cables_and_drops_what_is_not_opened() -> None:
    network = build_city_network(city_unfinished())
    assert 7 not in network.routes["edge_id"].tolist()
    assert network.cables["edge_id"].tolist() == [0, 1, 3, 4]
    routes = network.routes.set_index("edge_id")
    assert routes.loc[3, "cores_used"] == 2
    sites = network.sites.set_index("site_id")
    assert not sites.loc["T-2", "served"]
    assert pd.isna(sites.loc["T-2", "path_length_m"])
    assert sites.loc["T-2", "cost_share_cents"] == 0
    paths = network.core_paths.set_index("path_id")
    assert paths.loc["T-2/1", "phase"] == 0
    assert "T-2/1" not in network.core_schedule["path_id"].tolist()


def test_hubs_and_their_witnesses() -> None:
    network = build_city_network(city())
    assert network.hubs.drop(columns="geometry").to_dict("records") == [
        {
            "site_id": "H-1",
            "name": "甲区",
            "district_code": "120199",
            "phase": 1,
            "ways": 2,
            "townships": 3,
            "townships_served": 2,
        }
    ]
    assert network.witness_paths["path_id"].tolist() == ["H-1/1", "H-1/2"]


def test_a_shared_risk_group_is_one_way() -> None:
    made = city()
    groups = made.graph.risk_groups.copy()
    groups[1] = 0  # e1 now lies in the trench of e0
    network = build_city_network(replace(made, graph=replace(made.graph, risk_groups=groups)))
    assert network.hubs["ways"].tolist() == [1]


def test_schedule_numbers_free_cores_after_those_in_use() -> None:
    schedule = build_city_network(city()).core_schedule
    rows = schedule[["path_id", "edge_id", "cable_id", "core_first", "core_last"]]
    assert rows.to_numpy().tolist() == [
        ["H-1/1", 0, "N0-1", 1, 2],
        ["H-1/2", 3, "N3-1", 1, 2],
        ["H-1/2", 1, "N1-1", 1, 2],
        ["M-1/1", 5, "EC-1", 9, 10],
        ["T-1/1", 4, "N4-1", 1, 2],
        ["T-2/1", 7, "N7-1", 1, 2],
        ["T-2/1", 3, "N3-1", 3, 4],
    ]


def test_candidate_edges_hold_all_the_graph() -> None:
    made = city()
    edges = build_city_network(made).candidate_edges
    assert edges["risk_groups"].tolist()[2:4] == ["[2]", "[2, 7]"]
    assert edges["edge_id"].tolist() == list(range(9))
    assert edges["method"].tolist()[3:6] == ["pull", "direct_buried", "light"]


def test_a_solution_with_other_costs_is_refused() -> None:
    made = city()
    wrong = np.array(CITY_PHASE_COST, dtype=np.int64) + np.array([0, 1, 0])
    phases = replace(made.solution.phases, cost_cents=wrong)
    broken = replace(made, solution=replace(made.solution, phases=phases))
    with pytest.raises(ValueError, match="by the optimizer"):
        build_city_network(broken)


def test_a_solution_with_other_edge_phases_is_refused() -> None:
    made = city()
    edge_phase = made.solution.phases.edge_phase.copy()
    edge_phase[7] = 2
    phases = replace(made.solution.phases, edge_phase=edge_phase)
    broken = replace(made, solution=replace(made.solution, phases=phases))
    with pytest.raises(ValueError, match=r"edges \[7\]"):
        build_city_network(broken)
