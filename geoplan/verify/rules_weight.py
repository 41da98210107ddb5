"""The bounds on the weight in service, added up again from their certificates, without a solver.

A phase's certificate is the worth of a unit of weight (``weight_bounds``: ``worth / scale`` cents;
worth 0: nothing is claimed but that no more than all is in service), a slope per stretch
(``weight_lines``) and cuts with their duals in ``1 / scale`` cents (``weight_cuts``), each around
one site. Checked on the file alone:

1. each cut separates its site: without its arcs the core does not reach it (``in``), it does not
   reach the core (``out``, hubs), or not without the stretches of a risk group either (``group``);
   a row of kind ``link`` stands around no site but for one arc: what leaves a node other than the
   core has entered it by another arc than its twin, which follows from the graph alone;
2. no plan has more in service than money and surplus are worth::

       weight <= (money scale + surplus) / worth

   with the surplus as ``docs/proof.md`` defines it, in whole numbers of any size;
3. ``weight_bound_share`` and ``phase_bound`` follow from the bounds of the phases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.report import RuleResult, judge
from geoplan.verify.rules_dual import (
    LINK,
    CutGraph,
    charge_link,
    cut_arcs,
    cut_graph,
    least_intercepts,
    slopes,
    splitter_part_cents,
)
from geoplan.verify.way_lengths import way_cents

__all__ = ["bound_weight"]

_SHARE_TOLERANCE = 1e-9
_FIRST_CHARGED = {"municipal": 0, "township": 1, "district": 2}


@dataclass(frozen=True, slots=True, eq=False)
class _Prices:
    """What can be won and what it costs at least, in cents; sites by their row."""

    graph: CutGraph
    node: Mapping[int, int]
    fixed: tuple[int, ...]
    price: Mapping[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Charges:
    """Duals added up: per arc, per node that is entered, per hub row that has two ways."""

    arc: list[int]
    node: dict[int, int] = field(default_factory=dict)
    hub: dict[int, int] = field(default_factory=dict)


def bound_weight(facts: Facts) -> RuleResult:
    """Recompute the bound on the weight of every phase from its certificate."""
    faults: list[Text] = []
    phases, table, sites = facts["phases"], facts["weight_bounds"], facts["sites"]
    attached = sites["attached"]
    counted = _counted(facts)
    whole, total = int(sites["weight"][attached].sum()), int(sites["weight"][counted].sum())
    if table["phase"].tolist() != phases["number"].tolist():
        odd = Text("权重上界与分期不对应", "the bounds on the weight are not those of the phases")
        return judge("bound.weight", [odd], odd)
    prices = _prices(facts, faults)
    charges = _charges(facts, prices, faults)
    core = counted & (sites["level"] == "core")
    money = np.cumsum(phases["budget_cents"]) - int(sites["equipment_cents"][core].sum())
    claims = table["weight_bound"].tolist()
    for row, phase in enumerate(table["phase"].tolist()):
        most = total
        worth, scale = int(table["worth"][row]), int(table["scale"][row])
        if worth > 0 and scale > 0:
            left = _surplus(facts, prices, charges[phase], worth, scale)
            reached = (max(0, int(money[row])) * scale + left) // worth
            most = min(total, reached + int(sites["weight"][core].sum()))
        if claims[row] < most:
            faults.append(
                Text(
                    f"第{phase}期权重上界{claims[row]}低于所证的{most}",
                    f"phase {phase}: the bound on the weight is {claims[row]}, proven is {most}",
                )
            )
        share = min(1.0, claims[row] / max(whole, 1))
        if abs(share - phases["weight_bound_share"][row]) > _SHARE_TOLERANCE:
            faults.append(
                Text(
                    f"第{phase}期权重占比上界不等于{share:.6f}",
                    f"phase {phase}: weight_bound_share is not {share:.6f}",
                )
            )
    summed = sum(g * w for g, w in zip(phases["gain"].tolist(), claims, strict=True))
    claimed, said = facts.data.certificate.get("phase_bound"), facts.data.certificate
    listed = str(said.get("phase_bound_method_en")).startswith("all phases: every way listed")
    if claimed != summed and not (listed and type(claimed) is int and claimed < summed):
        faults.append(
            Text(f"分期上界不等于{summed}", f"phase_bound is not {summed}, the sum of the phases")
        )
    resting = Text("", "")
    if listed and not faults:  # the listing would have to be done again
        resting = Text(
            f"；合计上界{claimed}由列出全部路由得出，未核查",
            f"; the bound of {claimed} on the sum rests on a listing of every way, not assessed",
        )
    return judge(
        "bound.weight",
        faults,
        Text(
            f"由{facts['weight_cuts'].count}个割重算各期权重上界，相符{resting.zh}",
            f"{facts['weight_cuts'].count} cuts prove the most weight of every phase{resting.en}",
        ),
    )


def _counted(facts: Facts) -> NDArray[np.bool_]:
    """Return which site rows a plan can serve: attached, and so are their homes up to the core."""
    sites = facts["sites"]
    attached: NDArray[np.bool_] = sites["attached"]
    home = np.array([facts.site_row.get(str(name), -1) for name in sites["home_id"]])
    near: NDArray[np.bool_] = attached & (home >= 0) & attached[home]
    whole: NDArray[np.bool_] = near & near[home]
    return whole


def _prices(facts: Facts, faults: list[Text]) -> _Prices:
    """Return A of each candidate row and P of each site row."""
    slope = slopes(facts, "weight_lines", faults)
    graph = cut_graph(facts)
    sites, edges = facts["sites"], facts["candidate_edges"]
    known = np.unique(np.concatenate([edges["tail_node"], edges["head_node"]]))
    ways = way_cents(facts, slope)
    node, price = {}, {}
    counted = _counted(facts)
    for row, cents in ways.items():
        if sites["level"][row] != "core" and counted[row]:
            at = int(np.searchsorted(known, sites["node_id"][row]))
            node[row] = graph.stands_for[at]
            equipment = int(sites["equipment_cents"][row])
            price[row] = equipment + cents + splitter_part_cents(facts, row)
    return _Prices(graph, node, tuple(least_intercepts(facts, slope).tolist()), price)


def _charges(facts: Facts, prices: _Prices, faults: list[Text]) -> dict[int, _Charges]:
    """Add up the duals of each phase; cuts that separate nothing are faults."""
    n_arcs = 2 * facts["candidate_edges"].count
    found = {number: _Charges([0] * n_arcs) for number in facts["phases"]["number"].tolist()}
    table, sites = facts["weight_cuts"], facts["sites"]
    seen: dict[tuple[str, int, int, str], bool] = {}
    for row in range(table.count):
        number, kind = int(table["cut_id"][row]), str(table["kind"][row])
        group, members = int(table["group_id"][row]), str(table["members"][row])
        dual, phase = int(table["dual"][row]), int(table["phase"][row])
        if kind == LINK:
            arc = cut_arcs(facts, members, kind)
            if (
                dual < 0
                or arc is None
                or phase not in found
                or not charge_link(prices.graph, arc, dual, found[phase].arc, 1)
            ):
                faults.append(
                    Text(f"权重衔接行{number}无法识读", f"weight link {number} can't be read")
                )
            continue
        site = facts.site_row.get(str(table["site_id"][row]), -1)
        arcs = cut_arcs(facts, members, kind)
        if arcs is None or site not in prices.node or phase not in found or dual < 0:
            faults.append(Text(f"权重割{number}无法识读", f"weight cut {number} can't be read"))
            continue
        if len(np.unique(arcs)) < len(arcs):
            faults.append(
                Text(f"权重割{number}重复计段", f"weight cut {number} names an arc twice")
            )
            continue
        key = (kind, group, site, members)
        if key not in seen:  # two phases may use one cut
            seen[key] = _separates(facts, prices, kind, group, site, set(arcs.tolist()))
        if not seen[key]:
            faults.append(
                Text(
                    f"权重割{number}未分隔其站点",
                    f"weight cut {number} does not separate {sites['site_id'][site]}",
                )
            )
            continue
        charge = found[phase]
        for arc in arcs.tolist():
            charge.arc[arc] += dual
        held, key_of = (charge.node, prices.node[site]) if kind == "in" else (charge.hub, site)
        held[key_of] = held.get(key_of, 0) + dual
    return found


def _separates(
    facts: Facts, prices: _Prices, kind: str, group: int, site: int, barred: set[int]
) -> bool:
    """Return whether core and site are apart without the arcs of the cut."""
    graph, sites = prices.graph, facts["sites"]
    two_ways = sites["level"][site] == "district" and sites["ways_required"][site] == 2
    if kind != "in" and not two_ways:
        return False
    m = facts["candidate_edges"].count
    if kind == "group":
        inside = [e for e, groups in enumerate(facts.groups) if group in groups]
        barred = barred | {*inside, *(m + e for e in inside)}
    star = graph.out_of if kind == "out" else graph.into
    held = {prices.node[site]}
    stack = list(held)
    while stack and graph.root not in held:
        for arc, end in star[stack.pop()]:
            if arc not in barred and end not in held:
                held.add(end)
                stack.append(end)
    return graph.root not in held


def _surplus(facts: Facts, prices: _Prices, charges: _Charges, worth: int, scale: int) -> int:
    """Return what is left of the worth of everything after all charges, in 1 / scale cents."""
    m = len(prices.fixed)
    total = 0
    for edge, cents in enumerate(prices.fixed):
        total += max(0, max(charges.arc[edge], charges.arc[m + edge]) - cents * scale)
    sites = facts["sites"]
    level, weight = sites["level"].tolist(), sites["weight"].tolist()
    order = sorted(prices.node, key=lambda row: (_FIRST_CHARGED[level[row]], row))
    owed = dict(charges.node)
    hubs = {row: 0 for row in order if level[row] == "district"}
    towns: dict[int, int] = {}
    for row in order:
        net = worth * int(weight[row]) - scale * prices.price[row]
        node = prices.node[row]
        charge = owed.get(node, 0)
        if row not in hubs:
            charge = min(charge, max(0, net))
        owed[node] = owed.get(node, 0) - charge
        if row in hubs:
            hubs[row] = net - charge - charges.hub.get(row, 0)
        elif level[row] == "township":
            towns[row] = max(0, net - charge)
        else:
            total += max(0, net - charge)
    if from_scenario(facts.data, "policy", "order") == "all_hubs":
        alone = sum(max(0, net) for net in hubs.values())
        return total + max(alone, sum(hubs.values()) + sum(towns.values()))
    for row, net in towns.items():
        home = facts.site_row[str(sites["home_id"][row])]
        if home in hubs:
            hubs[home] += net
        else:
            total += net
    return total + sum(max(0, net) for net in hubs.values())
