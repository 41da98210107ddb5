"""The certificate of a bound on the weight in service, and what it proves, in integers.

Say that a unit of weight is worth ``worth`` and count all money in ``1 / scale`` cents. Cuts with
duals pi >= 0 charge every stretch, and every site that they stand around. A **link** says that an
arc is taken only if another arc than its twin enters the node it leaves: its dual is charged to
the arcs that enter and taken off the arc's own charges. What is left of the worth after all
charges is the **surplus** E, and no plan that spends at most C has more than::

    (C scale + E) / worth                                                                 (W)

in service, with E the sum of

- per edge ``max(0, charges - A scale)``: charges of the dearer of its two arcs, group cuts on both,
  links taken off;
- per municipal unit what its net worth ``worth w - scale P - charge`` is above 0;
- per hub what its own net worth and that of its townships (each as far as above 0) are together
  above 0: a township counts only with its own hub (P6). Where townships wait for all hubs, the
  better of the hubs above 0 alone, and all hubs with all townships above 0.

A is the fixed part of the line under an edge's bill, P the equipment of a site and the least
length of its ways in the slopes. A node's (in) charges are shared out among its sites: municipal
units first, then townships, each up to its worth, the rest goes to the hub. (W) holds whatever
the duals are; ``docs/proof.md`` says why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.orientation import OrientationGraph
from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem

__all__ = [
    "Prizes",
    "WeightProof",
    "charge_links",
    "collect_prizes",
    "surplus",
]

_ORDER = {MUNICIPAL: 0, TOWNSHIP: 1, HUB: 2}


@dataclass(frozen=True, slots=True, eq=False)
class Prizes:
    """What can be won and what it costs at least; money in cents.

    Parameters
    ----------
    edge_cents
        int64 (m,), A of each edge.
    sites
        int64 (r,), sites that are no cores, by node, in the order in which charges are shared.
    node, cents, weight, level
        (s,) of every site: its node in the graph, P, weight and level.
    gate
        int64 (s,), the hub without which the site counts nothing, -1 for none.
    all_hubs
        Whether a township waits for all hubs.
    """

    graph: OrientationGraph
    edge_cents: NDArray[np.int64]
    sites: NDArray[np.int64]
    node: NDArray[np.int32]
    cents: NDArray[np.int64]
    weight: NDArray[np.int64]
    level: NDArray[np.int8]
    gate: NDArray[np.int64]
    all_hubs: bool


@dataclass(frozen=True, slots=True, eq=False)
class WeightProof:
    """Cuts with their duals and the worth of weight: the certificate of (W).

    Parameters
    ----------
    worth, scale
        A unit of weight is worth ``worth / scale`` cents; both > 0.
    kind, group
        int8 (k,), int32 (k,): as in :class:`~geoplan.optimize.cut_proof.CutProof`.
    site
        int32 (k,), the site that the cut stands around: for (in) any site of that node, for the
        other kinds the hub.
    dual
        int64 (k,) > 0, in ``1 / scale`` cents.
    ptr, members
        int64 (k + 1,), int32: arcs of each row (edges, for a group cut).
    link_arc, link_dual
        int32 (l,), int64 (l,) > 0: arcs that something must enter before, and the duals of that.
    surplus
        E of equation (W), in ``1 / scale`` cents.
    """

    worth: int
    scale: int
    kind: NDArray[np.int8]
    group: NDArray[np.int32]
    site: NDArray[np.int32]
    dual: NDArray[np.int64]
    ptr: NDArray[np.int64]
    members: NDArray[np.int32]
    link_arc: NDArray[np.int32]
    link_dual: NDArray[np.int64]
    surplus: int

    def most_weight(self, money_cents: int) -> int:
        """Return (W), rounded down: the weight is whole."""
        return (money_cents * self.scale + self.surplus) // self.worth


def collect_prizes(
    problem: Problem,
    graph: OrientationGraph,
    edge_cents: NDArray[np.int64],
    way_cents: NDArray[np.int64],
) -> Prizes:
    """Return the prizes of a problem under given lines.

    Parameters
    ----------
    edge_cents, way_cents
        int64 (m,), int64 (s,): A of each edge, and what the ways of each site cost at least.
    """
    level = problem.site_level
    sites = np.flatnonzero(level != CORE)
    node = graph.node_of[problem.site_node]
    order = np.array([_ORDER[int(kind)] for kind in level[sites]], dtype=np.int64)
    home = problem.site_home.astype(np.int64)
    gated = (level == TOWNSHIP) & (level[home] == HUB)
    return Prizes(
        graph=graph,
        edge_cents=edge_cents,
        sites=sites[np.lexsort((sites, order, node[sites]))],
        node=node,
        cents=problem.site_cents + way_cents,
        weight=problem.site_weight,
        level=level,
        gate=np.where(gated, home, -1),
        all_hubs=problem.all_hubs_first,
    )


def charge_links(
    graph: OrientationGraph,
    link_arc: NDArray[np.int32],
    link_dual: NDArray[np.int64],
    arc_dual: NDArray[np.int64],
) -> None:
    """Add the duals of links to the charges ``arc_dual``, int64 (2m,), in place."""
    for arc, dual in zip(link_arc.tolist(), link_dual.tolist(), strict=True):
        arc_dual[graph.before(arc)] += dual
        arc_dual[arc] -= dual


def surplus(
    prizes: Prizes,
    worth: int,
    scale: int,
    arc_dual: NDArray[np.int64],
    node_dual: NDArray[np.int64],
    hub_dual: NDArray[np.int64],
) -> int:
    """Return E of equation (W) in ``1 / scale`` cents.

    Parameters
    ----------
    arc_dual
        int64 (2m,), sum of the duals of the cuts with each arc; a group cut counts on both; links
        as :func:`charge_links` adds them.
    node_dual
        int64 (n,), sum of the duals of the (in) cuts around each node.
    hub_dual
        int64 (s,), sum of the duals of the (out) and (group) cuts around each site.
    """
    m = prizes.graph.n_edges
    charged = np.maximum(arc_dual[:m], arc_dual[m:])
    # compared by whole parts first: an edge of any price fits into 64 bits so
    dear = charged // scale >= prizes.edge_cents
    total: int = sum((charged[dear] - prizes.edge_cents[dear] * scale).tolist())
    net = _net_worth(prizes, worth, scale, node_dual)
    hubs = dict.fromkeys((s for s in net if prizes.level[s] == HUB), 0)
    for hub in hubs:
        hubs[hub] = net[hub] - int(hub_dual[hub])
    waiting = 0
    for site, value in net.items():
        gate = int(prizes.gate[site])
        if site in hubs or value <= 0:
            continue
        if prizes.all_hubs and prizes.level[site] == TOWNSHIP:
            waiting += value
        elif gate >= 0:
            hubs[gate] += value
        else:
            total += value
    alone = sum(max(0, value) for value in hubs.values())
    return total + max(alone, sum(hubs.values()) + waiting if prizes.all_hubs else 0)


def _net_worth(
    prizes: Prizes, worth: int, scale: int, node_dual: NDArray[np.int64]
) -> dict[int, int]:
    """Return worth less price less its share of the (in) charges of its node, per site."""
    left: dict[int, int] = {}
    net: dict[int, int] = {}
    for site in prizes.sites.tolist():
        node = int(prizes.node[site])
        value = worth * int(prizes.weight[site]) - scale * int(prizes.cents[site])
        charge = left.get(node, int(node_dual[node]))
        if prizes.level[site] != HUB:
            charge = min(charge, max(0, value))
        left[node] = left.get(node, int(node_dual[node])) - charge
        net[site] = value - charge
    return net
