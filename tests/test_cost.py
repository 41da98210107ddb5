from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from instances import city_graph, city_problem, city_scenario

from geoplan.cost import cable_sizes, edge_costs, reserve_permille
from geoplan.optimize.cores import edge_bill_cents
from geoplan.scenario import Figure


def figure(value: float) -> Figure:
    return Figure(value, "placeholder", "made up")


def test_every_edge_of_the_city_costs_what_the_hand_says() -> None:
    problem = city_problem()
    two_each = np.full(9, 2, dtype=np.int64)
    assert edge_bill_cents(problem, two_each).tolist() == [
        *(1_222_000, 982_000, 742_000, 142_000, 622_000),
        *(12_000, 1_302_000, 482_000, 1_644_400),
    ]
    assert edge_bill_cents(problem, np.zeros(9, dtype=np.int64)).sum() == 0


def test_components_add_up_to_the_step() -> None:
    costs = edge_costs(city_graph(), city_scenario())
    parts = (
        costs.material_cents
        + costs.splice_cents
        + (costs.laying_cents + costs.closure_cents)[:, None]
    )
    assert np.array_equal(costs.step_cents, parts)
    assert np.array_equal(costs.fixed_cents, costs.trench_cents + costs.crossing_cents)
    light = ~costs.takes_cable
    assert light.tolist() == [False] * 5 + [True] + [False] * 3
    assert costs.step_cents[light].sum() == 0
    assert costs.fixed_cents[light | np.isin(np.arange(9), 3)].sum() == 0


def test_slack_coils_and_drums_lengthen_the_sheath() -> None:
    cable = replace(
        city_scenario().cable,
        slack_share=figure(0.03),
        reserve_m_per_stretch=figure(20.0),
        drum_m=figure(500.0),
    )
    costs = edge_costs(city_graph(), replace(city_scenario(), cable=cable))
    # e0: 1000 x 1.03 + 20 = 1050.0 m on drums of 500 m: three joints
    assert costs.sheath_m[0] == 1050.0
    assert costs.closures[0] == 3
    assert costs.step_cents[0].tolist() == [
        105_000 + 105_000 + 3 * 10_000 + 3 * 12 * 1_000,
        210_000 + 105_000 + 3 * 10_000 + 3 * 24 * 1_000,
    ]
    # e5 lights an existing cable: its own length, no slack, no new joints to pay
    assert (costs.sheath_m[5], costs.closures[5]) == (0.0, 0)
    assert (costs.fibre_m[5], costs.path_closures[5]) == (400.0, 1)
    # e7: 300 x 1.03 + 20 = 329.0
    assert (costs.fibre_m[7], costs.path_closures[7]) == (329.0, 1)


def test_crossings_count_on_new_routes_only() -> None:
    graph = replace(city_graph(), crossings_rail=np.full(9, 2, dtype=np.int16))
    costs = edge_costs(graph, city_scenario())
    assert costs.crossing_cents.tolist() == [
        *[600_000] * 3,
        0,
        600_000,
        0,
        600_000,
        700_000,
        600_000,
    ]


def test_a_method_without_price_is_an_error() -> None:
    scenario = city_scenario()
    prices = {k: v for k, v in scenario.prices.items() if k != "trench_duct"}
    with pytest.raises(KeyError, match="trench_duct"):
        edge_costs(city_graph(), replace(scenario, prices=prices))


def test_arrays_are_read_only() -> None:
    costs = edge_costs(city_graph(), city_scenario())
    arrays = [getattr(costs, f.name) for f in fields(costs)]
    assert not any(a.flags.writeable for a in arrays if isinstance(a, np.ndarray))


def test_reserve_is_a_whole_number_of_permille() -> None:
    scenario = city_scenario()
    assert reserve_permille(scenario) == 200
    odd = replace(scenario.cable, reserve_share=figure(0.29))  # 290.0 - 1 ulp in floats
    assert reserve_permille(replace(scenario, cable=odd)) == 290


@given(st.integers(0, 2000), st.integers(0, 500))
def test_cables_are_the_smallest_that_suffice(cores: int, reserve: int) -> None:
    sizes = [12, 24, 48, 96, 144, 288]
    counts = cable_sizes(cores, sizes, reserve)[0]
    needed = -(-cores * (1000 + reserve) // 1000)
    held = int((counts * sizes).sum())
    assert held >= needed
    assert counts[-1] >= needed // 288
    rest = needed - 288 * (needed // 288)
    smallest = min((s for s in sizes if s >= rest), default=0) if rest else 0
    assert held == 288 * (needed // 288) + smallest
