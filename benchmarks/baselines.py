"""geoplan's design against the two methods in use in public planning tools, same graph and prices.

    python benchmarks/baselines.py [--roads FILE]

Both baselines choose which sites to link and then route each link by its shortest path:

* `mst`: the minimum spanning tree over shortest paths (Kruskal), as in the ITU's platform;
* `prim`: Prim over straight-line distances times 1.2, as in the Giga model.

Neither knows of second ways, cables or cores. So that all are priced alike, the trenches that a
baseline chose are taken as open, hubs get their pairs of ways and every way is routed by marginal
cost over what is open first (the same step that geoplan starts from); then the whole bill counts.

Nor do they know of phases. As planners do by hand, each finished network is then cut into phases
greedily: within the money of a phase, again and again what brings most weight per cost with all
that it needs. `least` is that on the least network geoplan finds when the bill is asked for first:
what is lost when routes are fixed before phases. `greedy` is that on the network of geoplan's plan:
what is lost by the order alone. All get the same money, that of geoplan's plan; what money is not
enough for is left out.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial.distance import cdist

from geoplan.candidates import build_candidates
from geoplan.candidates.graph import CandidateGraph
from geoplan.cost import edge_costs
from geoplan.datasets import tianjin_scenario
from geoplan.demand import site_demand
from geoplan.optimize.phasing import plan_phases
from geoplan.optimize.problem import Problem, build_problem
from geoplan.optimize.solution import Design
from geoplan.optimize.solve import bare_design, solve
from geoplan.optimize.survivable import design_on, single_use_cents
from geoplan.read import read_layers, read_scenario
from geoplan.stopping import Clock

NO_LIMIT_S = 1e6
"""Work limits alone end the search: on a busy machine the table is the same, only later."""


def instance(
    roads: str | None, path: Path | None = None
) -> tuple[Problem, CandidateGraph, int, float]:
    """The problem of a scenario, the embedded one by default, on other roads where given."""
    scenario = read_scenario(path or tianjin_scenario())
    if roads:
        roads = str(Path(roads).resolve())
        scenario = replace(scenario, layers=replace(scenario.layers, roads=roads))
    layers = read_layers(scenario)
    graph = build_candidates(layers, scenario)
    demand = site_demand(layers.sites, layers.districts, scenario)
    problem, _ = build_problem(graph, edge_costs(graph, scenario), layers.sites, demand, scenario)
    return problem, graph, scenario.solve.seed, scenario.solve.work_limit


def opened_by(problem: Problem, graph: CandidateGraph, straight: bool) -> NDArray[np.bool_]:
    """Edges on the shortest paths of the links that a baseline chooses."""
    cents = single_use_cents(problem).astype(np.float64)
    lower = np.minimum(problem.tail, problem.head).astype(np.int64)
    upper = np.maximum(problem.tail, problem.head).astype(np.int64)
    order = np.lexsort((cents, upper, lower))
    first = np.r_[True, (np.diff(lower[order]) != 0) | (np.diff(upper[order]) != 0)]
    kept = order[first]
    n = problem.n_nodes
    # free edges keep a weight above zero, or the sparse matrix would lose them
    net = sp.coo_matrix((cents[kept] + 1.0, (lower[kept], upper[kept])), shape=(n, n)).tocsr()
    edge_of = dict(
        zip(
            zip(lower[kept].tolist(), upper[kept].tolist(), strict=True),
            kept.tolist(),
            strict=False,
        )
    )
    nodes = np.unique(problem.site_node)
    away, before = dijkstra(net, directed=False, indices=nodes, return_predecessors=True)
    xy = np.asarray(graph.node_xy)[nodes]
    metric = cdist(xy, xy) * 1.2 + 1e-6 if straight else away[:, nodes]
    tree = minimum_spanning_tree(sp.csr_matrix(np.triu(metric, 1))).tocoo()
    opened = np.zeros(problem.n_edges, dtype=np.bool_)
    for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
        v = int(nodes[b])
        while v != nodes[a]:
            u = int(before[a, v])
            opened[edge_of[min(u, v), max(u, v)]] = True
            v = u
    return opened


@dataclass(frozen=True, slots=True)
class Row:
    """One way of planning: its whole network, and its phases within the same money.

    ``cost_cents`` is the bill of the whole network, also where the money does not build all of it;
    ``spent_cents`` and ``weight`` are int64 (p,), cumulative; ``value`` is the phase objective.
    """

    name: str
    cost_cents: int
    spent_cents: NDArray[np.int64]
    weight: NDArray[np.int64]
    value: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Table:
    """All ways of planning, geoplan first, with the bounds that hold for every one."""

    rows: tuple[Row, ...]
    bound_cents: int
    budgets_cents: NDArray[np.int64]
    weight_bound: NDArray[np.int64]
    all_weight: int


def compare(problem: Problem, graph: CandidateGraph, *, seed: int, work_limit: float) -> Table:
    """Plan in every way, on the same graph, prices and money."""
    began = time.perf_counter()
    ours = solve(problem, seed=seed, work_limit=work_limit, time_limit_s=NO_LIMIT_S)
    phases = ours.phases
    rows = [
        Row(
            "geoplan",
            ours.design.cost_cents,
            np.cumsum(phases.cost_cents),
            phases.weight,
            phases.value,
            time.perf_counter() - began,
        )
    ]
    same_money = replace(problem, budgets_cents=phases.budgets_cents)

    def cut_greedily(name: str, design: Design, began: float) -> None:
        # a clock that is out leaves the greedy plan as it is: nothing is searched
        choice = plan_phases(same_money, design, seed=seed, work_limit=1.0, clock=Clock(-math.inf))
        seconds = time.perf_counter() - began
        spent = np.cumsum(choice.cost_cents)
        rows.append(Row(name, design.cost_cents, spent, choice.weight, choice.value, seconds))

    cut_greedily("greedy", ours.design, time.perf_counter())
    began = time.perf_counter()
    least = solve(
        replace(problem, cost_first=True), seed=seed, work_limit=work_limit, time_limit_s=NO_LIMIT_S
    )
    cut_greedily("least", least.design, began)
    for name, straight in (("mst", False), ("prim", True)):
        began = time.perf_counter()
        routing = design_on(problem, opened_by(problem, graph, straight))
        if len(routing.unrouted()):
            raise SystemExit(f"{name}: no way for sites {routing.unrouted().tolist()}")
        cut_greedily(name, bare_design(problem, routing), began)
    return Table(
        rows=tuple(rows),
        bound_cents=ours.design.bound_cents,
        budgets_cents=phases.budgets_cents,
        weight_bound=phases.weight_bound,
        all_weight=int(problem.site_weight.sum()),
    )


def lines(table: Table) -> list[str]:
    """Write the table: the whole networks, then phase by phase."""
    first = table.rows[0]
    text = ["whole network    million yuan  over the bound  dearer than geoplan   seconds"]
    for row in table.rows:
        over, dearer = row.cost_cents / table.bound_cents - 1, row.cost_cents / first.cost_cents - 1
        text.append(
            f"{row.name:<16} {row.cost_cents / 1e8:12.2f} {over:15.2%} {dearer:20.2%} "
            f"{row.seconds:9.1f}"
        )
    released = np.cumsum(table.budgets_cents)
    for k, money in enumerate(released.tolist()):
        most = table.weight_bound[k] / table.all_weight
        text.append("")
        text.append(f"phase {k + 1}: {money / 1e8:.2f} million yuan so far, at most {most:.2%}")
        text.append("                 million yuan          weight       geoplan has more")
        for row in table.rows:
            share = row.weight[k] / table.all_weight
            more = (first.weight[k] - row.weight[k]) / table.all_weight
            text.append(
                f"{row.name:<16} {row.spent_cents[k] / 1e8:12.2f} {share:15.2%} {more:22.2%}"
            )
    text.append("")
    text.append("phase objective         value   geoplan has more")
    for row in table.rows:
        more = first.value / max(1, row.value) - 1
        text.append(f"{row.name:<16} {row.value:12d} {more:18.2%}")
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description="geoplan against the methods of public tools")
    parser.add_argument("--roads", help="a roads layer; the embedded corridors when left out")
    problem, graph, seed, work_limit = instance(parser.parse_args().roads)
    print("\n".join(lines(compare(problem, graph, seed=seed, work_limit=work_limit))))


if __name__ == "__main__":
    main()
