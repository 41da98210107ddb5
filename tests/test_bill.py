from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from instances import CITY_COST, CITY_PHASE_COST, build_city_network, city, city_unfinished

from geoplan.bill import CATEGORIES, make_bill


def bill_of(made) -> pd.DataFrame:
    return make_bill(build_city_network(made), made.scenario)


def test_the_bill_is_the_cost_to_the_cent() -> None:
    bill = bill_of(city())
    assert bill["cost_cents"].sum() == CITY_COST
    assert tuple(bill.groupby("phase")["cost_cents"].sum()) == CITY_PHASE_COST
    assert bill_of(city_unfinished())["cost_cents"].sum() == 3_160_000


def test_items_of_the_last_phase_by_hand() -> None:
    bill = bill_of(city())
    rows = bill.loc[bill["phase"] == 3, ["price_id", "quantity", "unit", "cost_cents"]]
    assert rows.to_numpy().tolist() == [
        ["trench_direct_buried", 300.0, "route_m", 300_000],
        ["crossing_water", 1.0, "crossing", 100_000],
        ["cable_12", 0.3, "sheath_km", 30_000],
        ["cable_laying", 300.0, "sheath_m", 30_000],
        ["closure", 1.0, "closure", 10_000],
        ["splice_core", 12.0, "core_splice", 12_000],
        ["equipment_township", 1.0, "site", 20_000],
    ]


def test_lighting_goes_to_the_lot_of_the_site() -> None:
    bill = bill_of(city())
    rows = bill[bill["category"] == "lighting"]
    assert rows[["phase", "lot", "quantity", "cost_cents"]].to_numpy().tolist() == [
        [1, "M", 2.0, 12_000]
    ]


def test_rows_are_grouped_ordered_and_priced() -> None:
    bill = bill_of(city())
    assert not bill.duplicated(["category", "price_id", "phase", "lot"]).any()
    assert bill["item_id"].tolist() == [f"B{k:04d}" for k in range(1, len(bill) + 1)]
    order = bill["category"].map(CATEGORIES.index)
    for _, rows in bill.assign(order=order).groupby(["phase", "lot"]):
        assert rows["order"].is_monotonic_increasing
    assert (bill["unit_price_cents"] * bill["quantity"]).round().eq(bill["cost_cents"]).all()
    assert set(bill["price_kind"]) == {"placeholder"}
    # no water crossing before phase 3, so no row without quantity
    assert (bill["quantity"] > 0).all()


def test_a_total_that_is_not_the_plans_is_refused() -> None:
    made = city()
    network = build_city_network(made)
    routes = network.routes.copy()
    routes.loc[0, "trench_cents"] += 1
    with pytest.raises(ValueError, match="the bill adds up to 3662001"):
        make_bill(replace(network, routes=routes), made.scenario)
