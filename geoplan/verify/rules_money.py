"""Rules on money: the bill, the phases and their budgets, the shares of the sites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import EQUIPMENT, NEW_ROUTE, Facts, from_scenario
from geoplan.verify.report import RuleResult, different, judge
from geoplan.verify.rules_cost import CROSSINGS, crossings

__all__ = [
    "bill_lines",
    "bill_prices",
    "budgets_rule",
    "cost_total",
    "phases_budget",
    "phases_cost",
    "sites_cost_share",
    "sites_equipment",
]

_QUANTITY_TOLERANCE = 0.0501
"""Bills add lengths up in another order; a kilometre figure is compared in metres."""

Key = tuple[str, str, int, str]
"""Category, price id, phase and lot of a line of the bill."""


def _plant(facts: Facts) -> Iterator[tuple[Key, float, int]]:
    """Yield key, quantity and cents of every item of routes and cables."""
    routes, cables, price = facts["routes"], facts["cables"], facts.price
    across = {kind: crossings(facts, kind).tolist() for kind in CROSSINGS}
    for row in range(routes.count):
        where = (int(routes["phase"][row]), str(routes["lot"][row]))
        method = str(routes["method"][row])
        if method in NEW_ROUTE:
            cents = int(routes["trench_cents"][row])
            yield ("trench", f"trench_{method}", *where), float(routes["length_m"][row]), cents
        for kind, count in across.items():
            if count[row]:
                name = f"crossing_{kind}"
                yield ("crossing", name, *where), count[row], count[row] * price[name]
    for row in range(cables.count):
        where = (int(cables["phase"][row]), str(cables["lot"][row]))
        size, joints = int(cables["size_cores"][row]), int(cables["closures"][row])
        sheath = float(cables["sheath_m"][row])
        parts = {
            part: int(cables[f"{part}_cents"][row])
            for part in ("material", "laying", "closure", "splice")
        }
        yield ("cable", f"cable_{size}", *where), sheath, parts["material"]
        yield ("laying", "cable_laying", *where), sheath, parts["laying"]
        yield ("closure", "closure", *where), joints, parts["closure"]
        yield ("splice", "splice_core", *where), joints * size, parts["splice"]


def _service(facts: Facts) -> Iterator[tuple[Key, float, int]]:
    """Yield key, quantity and cents of lighting and equipment, in the lot of the site."""
    edges, sites = facts["candidate_edges"], facts["sites"]
    rate = facts.price["core_lighting"]
    phase = facts.path_phase[facts.step_path]
    lit = (edges["method"][facts.step_edge] == "light") & facts.step_pays
    for step in np.flatnonzero(lit).tolist():
        cores = int(facts.step_cores[step])
        lot = str(sites["lot"][facts.path_site[facts.step_path[step]]])
        yield ("lighting", "core_lighting", int(phase[step]), lot), cores, cores * rate
    feeders = facts["feeders"]
    live = (feeders["phase"] > 0) & (feeders["architecture"] == "splitter")
    for row in np.flatnonzero(live).tolist():
        key = ("splitter", "splitter", int(feeders["phase"][row]), str(feeders["lot"][row]))
        yield key, int(feeders["cores"][row]), int(feeders["cost_cents"][row])
    for row in np.flatnonzero(sites["phase"] > 0).tolist():
        price_id = EQUIPMENT[str(sites["level"][row])]
        key = ("equipment", price_id, int(sites["phase"][row]), str(sites["lot"][row]))
        yield key, 1, int(sites["equipment_cents"][row])


def bill_lines(facts: Facts) -> RuleResult:
    """Add the bill up again, per category, price, phase and lot, from routes, cables, sites."""
    quantity: dict[Key, float] = {}
    cents: dict[Key, int] = {}
    for source in (_plant(facts), _service(facts)):
        for key, amount, cost in source:
            quantity[key] = quantity.get(key, 0) + amount
            cents[key] = cents.get(key, 0) + cost
    bill = facts["bill"]
    stored: dict[Key, list[float]] = {}
    for row in range(bill.count):
        key = (
            str(bill["category"][row]),
            str(bill["price_id"][row]),
            int(bill["phase"][row]),
            str(bill["lot"][row]),
        )
        scale = 1000 if str(bill["unit"][row]).endswith("_km") else 1
        line = stored.setdefault(key, [0.0, 0.0])
        line[0] += float(bill["quantity"][row]) * scale
        line[1] += int(bill["cost_cents"][row])
    faults = []
    for key in sorted({*stored, *cents}):
        amount, paid = stored.get(key, [0.0, 0.0])
        cost = int(paid)
        name = " ".join(str(part) for part in key)
        if cost != cents.get(key, 0):
            want = cents.get(key, 0)
            faults.append(
                Text(f"{name}合价{cost}分，应为{want}", f"{name}: {cost} cents, not {want}")
            )
        if abs(amount - quantity.get(key, 0)) > _QUANTITY_TOLERANCE:
            right = quantity.get(key, 0)
            faults.append(
                Text(f"{name}数量{amount}，应为{right}", f"{name}: quantity {amount}, not {right}")
            )
    return judge(
        "bill.lines",
        faults,
        Text(f"清单{bill.count}行逐分相符", f"{bill.count} lines agree to the cent"),
    )


def bill_prices(facts: Facts) -> RuleResult:
    """Check that unit, price and kind of each line are those of the table of prices."""
    bill, prices = facts["bill"], facts["prices"]
    at = {name: row for row, name in enumerate(prices["price_id"])}
    known = np.array([name in at for name in bill["price_id"]], dtype=np.bool_)
    ids = bill["item_id"]
    faults = [
        Text(f"清单{ids[row]}的单价无来源", f"bill {ids[row]}: no such price")
        for row in np.flatnonzero(~known)
    ]
    row = np.array([at[name] for name in bill["price_id"][known]], dtype=np.int64)
    for column, source in (
        ("unit", "per"),
        ("unit_price_cents", "value_cents"),
        ("price_kind", "kind"),
    ):
        faults += different("bill", ids[known], column, bill[column][known], prices[source][row])
    return judge("bill.prices", faults, Text("单价与依据相符", "unit prices and their kinds agree"))


def phases_cost(facts: Facts) -> RuleResult:
    """Recompute what each phase spends and carries over."""
    phases, routes, sites = facts["phases"], facts["routes"], facts["sites"]
    spent = np.zeros(facts.n_phases + 1, dtype=np.int64)
    plant = routes["trench_cents"] + routes["crossing_cents"] + routes["cable_cents"]
    np.add.at(spent, routes["phase"], plant)
    np.add.at(spent, sites["phase"], sites["equipment_cents"])
    light = facts["candidate_edges"]["method"][facts.step_edge] == "light"
    lit = light & facts.step_pays
    lighting = np.where(lit, facts.step_cores * facts.price["core_lighting"], 0)
    np.add.at(spent, facts["feeders"]["phase"], facts["feeders"]["cost_cents"])
    np.add.at(spent, facts.path_phase[facts.step_path], lighting)
    number = phases["number"]
    carry = np.cumsum(phases["budget_cents"]) - np.cumsum(phases["cost_cents"])
    faults = [
        *different("phases", number, "cost_cents", phases["cost_cents"], spent[1:]),
        *different("phases", number, "carry_cents", phases["carry_cents"], carry),
    ]
    return judge(
        "phases.cost", faults, Text("各期费用与结转相符", "spending and carry agree to the cent")
    )


def phases_budget(facts: Facts) -> RuleResult:
    """Check that no phase has spent more than was released so far."""
    phases = facts["phases"]
    released = np.cumsum(phases["budget_cents"])
    spent = np.cumsum(phases["cost_cents"])
    faults = [
        Text(
            f"第{phases['number'][row]}期累计支出{spent[row]}分，超过拨款{released[row]}分",
            f"by phase {phases['number'][row]} {spent[row]} cents are spent, "
            f"{released[row]} released",
        )
        for row in np.flatnonzero((spent > released) | (phases["budget_cents"] < 0))
    ]
    return judge("phases.budget", faults, Text("各期均在资金之内", "every phase keeps its budget"))


def budgets_rule(facts: Facts) -> RuleResult:
    """Recompute the money released per phase: given, or from the bill of the least design."""
    given = from_scenario(facts.data, "budgets", "yuan")
    rules = from_scenario(facts.data, "phases") or []
    phases = facts["phases"]
    if given is not None:
        expected = [int(np.floor(float(yuan) * 100 + 0.5)) for yuan in given]
    else:
        factor = Fraction(round(1000 * (from_scenario(facts.data, "budgets", "factor") or 0)), 1000)
        step = round(100 * (from_scenario(facts.data, "budgets", "round_to_yuan") or 0))
        # the least design that was found: the plan's own may cost more and reach more early
        design = facts.data.certificate.get("budget_basis_cents")
        shares = [Fraction(str(rule.get("share", 0))) for rule in rules]
        if type(design) is not int or not factor or step <= 0 or not sum(shares):
            odd = Text("预算规则不完整", "the budget rule is incomplete")
            return judge("budgets.rule", [odd], odd)
        expected = [-(-(design * factor * s / sum(shares)) // step) * step for s in shares]
    if len(expected) != facts.n_phases:
        odd = Text("分期数与预算不符", "there are not as many budgets as phases")
        return judge("budgets.rule", [odd], odd)
    faults = different(
        "phases",
        phases["number"],
        "budget_cents",
        phases["budget_cents"],
        np.array([int(value) for value in expected], dtype=np.int64),
    )
    return judge(
        "budgets.rule", faults, Text("各期资金符合预算规则", "budgets follow the scenario's rule")
    )


def sites_equipment(facts: Facts) -> RuleResult:
    """Check the equipment of each site against the price of its level."""
    sites = facts["sites"]
    price = np.array([facts.price[EQUIPMENT[level]] for level in sites["level"]], dtype=np.int64)
    ids = sites["site_id"]
    return judge(
        "sites.equipment",
        different("sites", ids, "equipment_cents", sites["equipment_cents"], price),
        Text("设备费与单价相符", "equipment agrees with the prices"),
    )


def _evenly(share: NDArray[np.int64], sites: Sequence[int], cents: int) -> None:
    """Add to the shares of sites what they bear of a sum together, odd cents to the first."""
    for place, site in enumerate(sites):
        share[site] += cents // len(sites) + (place < cents % len(sites))


def sites_cost_share(facts: Facts) -> RuleResult:
    """Split every route's cost over its paths again: largest remainder, ties in path order.

    Paths on the same cores stand as one and split their part evenly, as the served sites behind a
    splitter do with its price.
    """
    sites, routes, feeders = facts["sites"], facts["routes"], facts["feeders"]
    share = np.where(sites["phase"] > 0, sites["equipment_cents"], 0)
    live = np.flatnonzero(facts.path_phase[facts.step_path] > 0)
    with_me: dict[int, list[int]] = {}
    on_edge: dict[int, list[tuple[int, int]]] = {}
    for step in live.tolist():
        path, run = int(facts.step_path[step]), int(facts.step_run[step])
        if run not in with_me:
            users = on_edge.setdefault(int(facts.step_edge[step]), [])
            users.append((path, int(facts.step_cores[step])))
        with_me.setdefault(run, []).append(int(facts.path_site[path]))
    together = {
        (int(facts.step_path[step]), int(facts.step_edge[step])): with_me[facts.step_run[step]]
        for step in live.tolist()
    }
    for row in np.flatnonzero(feeders["phase"] > 0).tolist():
        on_it = facts.path_site[np.flatnonzero(facts.path_feeder == row)]
        behind = [site for site in on_it.tolist() if sites["phase"][site] > 0]
        _evenly(share, behind, int(feeders["cost_cents"][row]))
    for row, edge in enumerate(facts.route_edge.tolist()):
        users = sorted(on_edge.get(edge, []))
        cost, cores = int(routes["cost_cents"][row]), sum(taken for _, taken in users)
        if not cores:
            continue
        left = cost - sum(cost * taken // cores for _, taken in users)
        ranked = sorted(users, key=lambda user: (-(cost * user[1] % cores), user[0]))
        for place, (path, taken) in enumerate(ranked):
            part = cost * taken // cores + (place < left)
            _evenly(share, together[path, edge], part)
    ids = sites["site_id"]
    return judge(
        "sites.cost_share",
        different("sites", ids, "cost_share_cents", sites["cost_share_cents"], share),
        Text("分摊费用合计等于总费用", "shares of cost agree and add up to the cost"),
    )


def cost_total(facts: Facts) -> RuleResult:
    """Check that routes, splitters and equipment, bill, phases, shares, certificate agree."""
    sites = facts["sites"]
    live = sites["phase"] > 0
    sums: dict[Text, Any] = {
        Text("路由与设备", "routes + equipment"): int(facts["routes"]["cost_cents"].sum())
        + int(facts["feeders"]["cost_cents"][facts["feeders"]["phase"] > 0].sum())
        + int(sites["equipment_cents"][live].sum()),
        Text("清单", "bill"): int(facts["bill"]["cost_cents"].sum()),
        Text("分期", "phases"): int(facts["phases"]["cost_cents"].sum()),
        Text("分摊", "shares"): int(sites["cost_share_cents"].sum()),
        Text("证明", "certificate"): facts.data.certificate.get("cost_cents"),
    }
    zh = "、".join(f"{name.zh}{cents}" for name, cents in sums.items())
    en = ", ".join(f"{name.en} {cents}" for name, cents in sums.items())
    line = Text(f"合计（分）：{zh}", f"sums in cents: {en}")
    return judge("cost.total", [] if len(set(sums.values())) == 1 else [line], line)
