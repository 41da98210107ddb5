"""The bill of quantities: what is built and paid, by item, price, phase and lot."""

from __future__ import annotations

import pandas as pd

from geoplan.cost import EQUIPMENT_PRICE, NEW_ROUTE_METHODS
from geoplan.network import Network
from geoplan.scenario import Scenario
from geoplan.schema import PLAN_TABLES
from geoplan.tables import conform

__all__ = ["CATEGORIES", "make_bill"]

CATEGORIES: tuple[str, ...] = (
    "trench",
    "crossing",
    "cable",
    "laying",
    "closure",
    "splice",
    "lighting",
    "splitter",
    "equipment",
)
"""Categories of items, in the order of the bill."""

_BILL = next(table for table in PLAN_TABLES if table.name == "bill")
_ITEM = ["category", "price_id", "phase", "lot"]
_CROSSINGS = ("water", "motorway", "rail")


def make_bill(network: Network, scenario: Scenario) -> pd.DataFrame:
    """Return the bill of quantities of everything opened and served.

    Amounts are the sums of the plan's own rounded components, so that the bill's total is the
    cost of the plan to the cent; quantity times unit price may differ from an amount by the
    rounding of its parts (at most half a cent per stretch or cable).

    Raises
    ------
    ValueError
        The total is not that of the phases: a fault of the program.
    """
    price = {name: item.value_cents for name, item in scenario.prices.items()}
    items = pd.concat(
        [
            _routes(network, price),
            _cables(network),
            _lighting(network, price),
            *_splitters(network),
            _equipment(network),
        ],
        ignore_index=True,
    )
    bill = items.groupby(_ITEM, as_index=False, sort=False)[["quantity", "cost_cents"]].sum()
    bill = bill[bill["cost_cents"].ne(0) | bill["quantity"].ne(0)]
    bill["order"] = bill["category"].map({name: k for k, name in enumerate(CATEGORIES)})
    bill["size"] = bill["price_id"].str.extract(r"(\d+)$", expand=False).fillna("0").astype(int)
    bill = bill.sort_values(["phase", "lot", "order", "size", "price_id"], kind="stable")
    prices = bill["price_id"].map(scenario.prices)
    bill["item_id"] = [f"B{number:04d}" for number in range(1, len(bill) + 1)]
    bill["quantity"] = bill["quantity"].round(4)
    bill["unit"] = [item.per for item in prices]
    bill["unit_price_cents"] = [item.value_cents for item in prices]
    bill["price_kind"] = [item.kind for item in prices]
    total, plan = int(bill["cost_cents"].sum()), int(network.phases["cost_cents"].sum())
    if total != plan:
        raise ValueError(f"the bill adds up to {total} cents, the phases to {plan}")
    return conform(bill, _BILL)


def _items(
    rows: pd.DataFrame,
    category: str,
    price_id: str | pd.Series,
    quantity: pd.Series,
    cost_cents: pd.Series,
) -> pd.DataFrame:
    """Return one item per row, with the row's phase and lot."""
    return pd.DataFrame(
        {
            "category": category,
            "price_id": price_id,
            "phase": rows["phase"],
            "lot": rows["lot"],
            "quantity": quantity.astype("float64"),
            "cost_cents": cost_cents.astype("int64"),
        }
    )


def _routes(network: Network, price: dict[str, int]) -> pd.DataFrame:
    """Return trench and crossings of the new routes."""
    routes = network.routes[network.routes["method"].isin(NEW_ROUTE_METHODS)]
    crossed = network.candidate_edges.set_index("edge_id").loc[routes["edge_id"]]
    parts = [
        _items(
            routes,
            "trench",
            "trench_" + routes["method"],
            routes["length_m"],
            routes["trench_cents"],
        )
    ]
    for what in _CROSSINGS:
        count = pd.Series(crossed[f"crossings_{what}"].to_numpy(), index=routes.index)
        price_id = f"crossing_{what}"
        parts.append(_items(routes, "crossing", price_id, count, count * price[price_id]))
    return pd.concat(parts, ignore_index=True)


def _cables(network: Network) -> pd.DataFrame:
    """Return material, laying, closures and splices of the new cables."""
    cables = network.cables
    kilometres, joints = cables["sheath_m"] / 1000, cables["closures"]
    size_price = "cable_" + cables["size_cores"].astype("str")
    splices = joints * cables["size_cores"]
    return pd.concat(
        [
            _items(cables, "cable", size_price, kilometres, cables["material_cents"]),
            _items(cables, "laying", "cable_laying", cables["sheath_m"], cables["laying_cents"]),
            _items(cables, "closure", "closure", joints, cables["closure_cents"]),
            _items(cables, "splice", "splice_core", splices, cables["splice_cents"]),
        ],
        ignore_index=True,
    )


def _lighting(network: Network, price: dict[str, int]) -> pd.DataFrame:
    """Return the lighting of existing cores: paid by phase and lot of the site served.

    Cores that sites share are lit once, for the first of them by phase, then in path order.
    """
    light = network.routes.loc[network.routes["method"] == "light", "edge_id"]
    rows = network.core_schedule[network.core_schedule["edge_id"].isin(light)]
    lots = network.sites.set_index("site_id")["lot"]
    rows = rows.sort_values("phase", kind="stable")
    rows = rows.drop_duplicates(["edge_id", "cable_id", "core_first"])
    rows = rows.assign(lot=rows["site_id"].map(lots))
    cores = rows["core_last"] - rows["core_first"] + 1
    return _items(rows, "lighting", "core_lighting", cores, cores * price["core_lighting"])


def _splitters(network: Network) -> list[pd.DataFrame]:
    """Return the splitters, of the phase of the first site behind them, in the home's lot."""
    trees = network.feeders
    trees = trees[trees["architecture"].eq("splitter") & trees["phase"].gt(0)]
    if trees.empty:
        return []
    return [_items(trees, "splitter", "splitter", trees["cores"], trees["cost_cents"])]


def _equipment(network: Network) -> pd.DataFrame:
    """Return the equipment of the sites served."""
    served = network.sites[network.sites["served"]]
    one = pd.Series(1, index=served.index)
    price_id = served["level"].map(EQUIPMENT_PRICE)
    return _items(served, "equipment", price_id, one, served["equipment_cents"])
