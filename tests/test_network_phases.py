from __future__ import annotations

from instances import CITY_BUDGETS, CITY_PHASE_COST, build_city_network, city, city_unfinished


def test_money_sites_weight_and_kilometres_by_hand() -> None:
    phases = build_city_network(city()).phases
    assert tuple(phases["budget_cents"]) == CITY_BUDGETS
    assert tuple(phases["cost_cents"]) == CITY_PHASE_COST
    assert phases["carry_cents"].tolist() == [82_000, 140_000, 38_000]
    assert phases["sites"].tolist() == [2, 3, 4]  # the core is not counted
    assert phases["municipal"].tolist() == [1, 1, 1]
    assert phases["hubs"].tolist() == [1, 1, 1]
    assert phases["townships"].tolist() == [0, 1, 2]
    assert phases["villages"].tolist() == [0, 10, 16]
    assert phases["weight"].tolist() == [240, 340, 400]
    assert phases["weight_share"].tolist() == [0.6, 0.85, 1.0]
    assert phases["weight_bound_share"].tolist() == [0.6, 0.85, 1.0]
    assert phases["route_m"].tolist() == [1800.0, 2300.0, 2600.0]  # ducts in use are not new
    assert phases["sheath_m"].tolist() == [2400.0, 2900.0, 3200.0]
    assert phases["core_m_new"].tolist() == [28_800.0, 34_800.0, 38_400.0]
    assert phases["core_m_reused"].tolist() == [800.0] * 3


def test_a_phase_may_spend_nothing() -> None:
    phases = build_city_network(city_unfinished()).phases
    assert phases["cost_cents"].tolist() == [2_518_000, 642_000, 0]
    assert phases["carry_cents"].tolist() == [82_000, 140_000, 240_000]
    assert phases["sites"].tolist() == [2, 3, 3]
    assert phases["weight_bound_share"].tolist() == [0.6, 0.85, 1.0]
