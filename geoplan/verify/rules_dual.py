"""The bound on the bill, added up again from its certificate, without any solver.

The certificate is a slope ``B_e`` per stretch (``bound_lines``, 0 where none is listed) and cuts
with their duals (``bound_cuts``). Three things are checked on the file alone:

1. ``A_e = min over q of (bill_e(q) - B_e q)``, q as far as there is room, from lengths, crossings
   and prices of the file;
2. each cut separates: without its arcs the core reaches no attached site that a plan must reach
   (kind ``in``), a hub no longer reaches the core (``out``), or not without the stretches of one
   risk group either (``group``); a row of kind ``link`` is no cut: what leaves a node other than
   the core has entered it by another arc than its twin, so its dual moves from those to this one;
3. ``equipment + splitters + sum of cores x least length in B of the ways + duals of cuts + sum_e
   min(0, left_e)``, where a site that shares cores counts its even part of them, and splitters
   those of full trees, home by home, with ``left_e`` the lesser of what the cuts leave of ``A_e``
   on its two arcs, is at least the bound.

Why that is a bound: ``docs/proof.md``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.every_way import no_design_below
from geoplan.verify.facts import Facts
from geoplan.verify.report import RuleResult, judge, not_assessed
from geoplan.verify.ring_partitions import ring_more_cents
from geoplan.verify.rules_access import architecture_of, sharing
from geoplan.verify.stretch_bills import StretchBills, most_cores
from geoplan.verify.way_lengths import way_cents

__all__ = [
    "LINK",
    "CutGraph",
    "bound_dual",
    "charge_link",
    "cut_arcs",
    "cut_graph",
    "least_intercepts",
    "slopes",
    "splitter_part_cents",
]

LINK = "link"
KINDS = ("in", "out", "group", LINK)


_Star = tuple[tuple[tuple[int, int], ...], ...]
"""Per node the (arc, other end) of its arcs."""


@dataclass(frozen=True, slots=True, eq=False)
class CutGraph:
    """Candidate stretches, all cores one node; arc ``m + e`` runs from head to tail of ``e``.

    ``must`` and ``twice`` are the nodes of sites to reach, and of hubs that need two ways;
    ``stands_for`` is the node that each node (in the order of its number in the file) counts as.
    """

    root: int
    stands_for: tuple[int, ...]
    tail: tuple[int, ...]
    head: tuple[int, ...]
    into: _Star
    out_of: _Star
    must: frozenset[int]
    twice: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A row of ``bound_cuts``: arcs as edge rows (forward) and m + edge rows (backward)."""

    number: int
    kind: str
    group: int
    cents: int
    arcs: NDArray[np.int64]


def bound_dual(facts: Facts) -> RuleResult:
    """Recompute the bound on the bill from its certificate."""
    bound = facts.data.certificate.get("bound_cents")
    if type(bound) is not int:
        return not_assessed(
            "bound.dual",
            "方案未接入全部站点，没有费用下界",
            "the plan serves fewer than all sites: there is no bound on the bill",
        )
    faults: list[Text] = []
    slope = slopes(facts, "bound_lines", faults)
    graph = cut_graph(facts)
    fixed = least_intercepts(facts, slope)
    left = np.concatenate([fixed, fixed])
    total = 0
    for cut in _cuts(facts, faults):
        if cut.kind == LINK:
            if not charge_link(graph, cut.arcs, cut.cents, left, -1):
                faults.append(
                    Text(f"衔接行{cut.number}无效", f"row {cut.number} links nothing to an arc")
                )
            continue
        if not _separates(facts, graph, cut):
            faults.append(
                Text(f"割{cut.number}未分隔任何站点", f"cut {cut.number} separates no site")
            )
        total += cut.cents
        left[cut.arcs] -= cut.cents
    half = len(fixed)
    short = np.minimum(left[:half], left[half:])
    total += int(short[short < 0].sum()) + sum(way_cents(facts, slope).values())
    total += _equipment_cents(facts) + _splitter_cents(facts)
    claimed = facts.data.certificate.get("cut_bound_cents")
    if type(claimed) is not int or claimed > total:
        faults.append(
            Text(
                f"割所证下界{claimed}高于重算所得{total}",
                f"the cuts are said to prove {claimed}, they prove {total}",
            )
        )
    resting = Text("", "")
    if type(claimed) is int and bound != claimed:
        resting = _beyond_cuts(facts, total, slope, faults)
    return judge(
        "bound.dual",
        faults,
        Text(
            f"由{facts['bound_cuts'].count}个割重算下界：{total}分{resting.zh}",
            f"{facts['bound_cuts'].count} cuts prove at least {total} cents{resting.en}",
        ),
    )


def _beyond_cuts(facts: Facts, total: int, slope: NDArray[np.int64], faults: list[Text]) -> Text:
    """Say what a bound above that of the cuts rests on; a fault where that does not bear it."""
    said = facts.data.certificate
    bound, method = int(said["bound_cents"]), str(said.get("bound_method_en"))
    if bound < int(said["cut_bound_cents"]):
        faults.append(_not_cuts(bound))
        return Text("", "")
    if method.startswith(("every way listed", "every ring and every way listed")):
        return _listing(facts, bound, faults)
    more = ring_more_cents(facts, slope)
    if more is None:
        faults.append(_not_cuts(bound))
        return Text("", "")
    if bound > total + more:
        faults.append(
            Text(
                f"下界{bound}高于任意成环划分所证的{total + more}",
                f"the bound is said to be {bound}, partitions into rings prove {total + more}",
            )
        )
    return Text(
        f"；成环划分另加{more}分",
        f"; any partition of the hubs into rings adds {more}",
    )


def _listing(facts: Facts, bound: int, faults: list[Text]) -> Text:
    """Say what a listing of every way proves: it is done again where the network is small."""
    proven = no_design_below(facts, bound)
    if proven is None:
        return Text(
            f"；{bound}分由列出全部路由得出，规模较大或有已建部分，未核查",
            f"; the bound of {bound} rests on a listing of every way, not assessed: the network "
            "is too large for it, or a part of it is built",
        )
    if not proven:
        faults.append(
            Text(f"有费用低于{bound}分的设计", f"there is a design that costs less than {bound}")
        )
    return Text(
        f"；已重新列出全部路由，没有费用低于{bound}分的设计",
        f"; every way listed again: no design costs less than {bound}",
    )


def _not_cuts(bound: int) -> Text:
    return Text(f"下界{bound}不是割所证的值", f"the bound {bound} is not what cuts prove")


def charge_link(
    graph: CutGraph,
    arcs: NDArray[np.int64],
    dual: int,
    charge: NDArray[np.int64] | list[int],
    sign: int,
) -> bool:
    """Charge the arcs into the node that an arc leaves, but its twin, and credit that arc.

    Parameters
    ----------
    arcs
        The one arc of the link.
    charge
        (2m,), changed in place by ``sign * dual``; false, and unchanged, where it is no link.
    """
    if len(arcs) != 1:
        return False
    arc, m = int(arcs[0]), len(graph.tail) // 2
    node, twin = graph.tail[arc], arc - m if arc >= m else arc + m
    if node == graph.root:  # nothing need enter the core
        return False
    for entering, _ in graph.into[node]:
        if entering != twin:
            charge[entering] += sign * dual
    charge[arc] -= sign * dual
    return True


def slopes(facts: Facts, table: str, faults: list[Text]) -> NDArray[np.int64]:
    """Return ``B_e`` by candidate row from a table of lines."""
    slope = np.zeros(facts["candidate_edges"].count, dtype=np.int64)
    lines = facts[table]
    for edge, cents in zip(lines["edge_id"].tolist(), lines["slope_cents"].tolist(), strict=True):
        if edge not in facts.edge_row or cents < 0:
            faults.append(Text(f"段{edge}的斜率无效", f"the slope of stretch {edge} is invalid"))
        else:
            slope[facts.edge_row[edge]] = cents
    return slope


def _cuts(facts: Facts, faults: list[Text]) -> Iterator[_Cut]:
    """Yield the cuts that can be read; the others are faults."""
    table = facts["bound_cuts"]
    for row in range(table.count):
        number, kind = int(table["cut_id"][row]), str(table["kind"][row])
        cents = int(table["dual_cents"][row])
        arcs = cut_arcs(facts, table["members"][row], kind)
        if arcs is None or cents < 0:
            faults.append(Text(f"割{number}无法识读", f"cut {number} can't be read"))
            continue
        if len(np.unique(arcs)) < len(arcs):
            faults.append(Text(f"割{number}重复计段", f"cut {number} names an arc twice"))
            continue
        yield _Cut(number, kind, int(table["group_id"][row]), cents, arcs)


def cut_arcs(facts: Facts, members: str, kind: str) -> NDArray[np.int64] | None:
    """Return the arcs of a cut as edge rows (m + row backwards); ``None`` if they can't be read."""
    m = facts["candidate_edges"].count
    try:
        signed = json.loads(members)
        edge = np.array([facts.edge_row[abs(v) - 1] for v in signed], dtype=np.int64)
    except (ValueError, TypeError, KeyError):
        return None
    if kind not in KINDS:
        return None
    if kind == "group":
        return np.concatenate([edge, edge + m])
    back = np.array([v < 0 for v in signed], dtype=bool)
    return np.where(back, edge + m, edge)


def cut_graph(facts: Facts) -> CutGraph:
    """Return the candidate graph, nodes numbered from 0."""
    edges, sites = facts["candidate_edges"], facts["sites"]
    known = np.unique(np.concatenate([edges["tail_node"], edges["head_node"]]))
    attached = sites["attached"] & np.isin(sites["node_id"], known)
    core = attached & (sites["level"] == "core")
    node = np.searchsorted(known, np.where(attached, sites["node_id"], known[0]))
    stands_for = np.arange(len(known))
    root = int(node[core][0]) if core.any() else 0
    stands_for[node[core]] = root
    hub = attached & (sites["level"] == "district") & (sites["ways_required"] == 2)
    u = stands_for[np.searchsorted(known, edges["tail_node"])].tolist()
    v = stands_for[np.searchsorted(known, edges["head_node"])].tolist()
    tail, head = (*u, *v), (*v, *u)
    return CutGraph(
        root=root,
        stands_for=tuple(stands_for.tolist()),
        tail=tail,
        head=head,
        into=_star(len(known), head, tail),
        out_of=_star(len(known), tail, head),
        must=frozenset(stands_for[node[attached]].tolist()) - {root},
        twice=frozenset(stands_for[node[hub]].tolist()) - {root},
    )


def _star(n_nodes: int, at: Sequence[int], other: Sequence[int]) -> _Star:
    arcs: list[list[tuple[int, int]]] = [[] for _ in range(n_nodes)]
    for arc, (node, end) in enumerate(zip(at, other, strict=True)):
        arcs[node].append((arc, end))
    return tuple(tuple(row) for row in arcs)


def _separates(facts: Facts, graph: CutGraph, cut: _Cut) -> bool:
    """Return whether a site (hub) is cut off from the core without the arcs of the cut.

    The search starts behind the cut and runs away from the core's side: where it meets neither
    the core nor leaves a site out, the cut separates. Only if it does meet the core, because
    some arc of the cut lies elsewhere, every site is tried.
    """
    m = len(graph.tail) // 2
    barred = set(cut.arcs.tolist())
    if cut.kind == "group":
        inside = [e for e, groups in enumerate(facts.groups) if cut.group in groups]
        barred |= {*inside, *(m + e for e in inside)}
    outward = cut.kind == "out"
    star = graph.out_of if outward else graph.into
    targets = graph.must if cut.kind == "in" else graph.twice
    behind = {(graph.tail if outward else graph.head)[arc] for arc in cut.arcs.tolist()}
    for start in [*([node] for node in behind), *([node] for node in targets)]:
        held = set(start)
        stack = list(start)
        while stack and graph.root not in held:
            for arc, end in star[stack.pop()]:
                if arc not in barred and end not in held:
                    held.add(end)
                    stack.append(end)
        if graph.root not in held and held & targets:
            return True
    return False


def least_intercepts(facts: Facts, slope: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64 (m,): the least of bill minus slope times cores, over all numbers of cores."""
    bills = StretchBills(facts)
    least = np.full(len(slope), np.iinfo(np.int64).max)
    for cores in range(1, max(1, most_cores(facts)) + 1):
        cents, room = bills.at(cores)
        # more than there is room for on a stretch is used by no plan; one core counts anyway
        least = np.minimum(least, np.where(room | (cores == 1), cents - slope * cores, least))
    intercept: NDArray[np.int64] = bills.fixed_cents + least
    return intercept


def _splitter_cents(facts: Facts) -> int:
    """Return what splitters cost at least: as many trees per home as it takes full ones."""
    sites = facts["sites"]
    homes: dict[str, int] = {}
    most = cores = 1
    for row in np.flatnonzero(sites["attached"]).tolist():
        level = str(sites["level"][row])
        if architecture_of(facts, level) == "splitter":
            homes[sites["home_id"][row]] = homes.get(sites["home_id"][row], 0) + 1
            most, cores = sharing(facts, level), int(sites["cores_per_way"][row])
    trees = sum(-(-count // most) for count in homes.values())
    return trees * cores * facts.price.get("splitter", 0)


def splitter_part_cents(facts: Facts, row: int) -> int:
    """Return the even part of a full splitter of the site in one row, rounded down."""
    sites = facts["sites"]
    level = str(sites["level"][row])
    if architecture_of(facts, level) != "splitter":
        return 0
    whole = int(sites["cores_per_way"][row]) * facts.price.get("splitter", 0)
    return whole // sharing(facts, level)


def _equipment_cents(facts: Facts) -> int:
    sites = facts["sites"]
    return int(sites["equipment_cents"][sites["attached"]].sum())
