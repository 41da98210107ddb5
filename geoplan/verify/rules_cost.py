"""Rules on what stretches and cables are and cost: every component to the cent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import NEW_ROUTE, Facts, from_scenario
from geoplan.verify.report import RuleResult, different, judge
from geoplan.verify.rules_paths import LENGTH_TOLERANCE_M
from geoplan.verify.rules_plant import cable_sizes

__all__ = [
    "cables_cost",
    "cables_figures",
    "cables_sizes",
    "crossings",
    "half_up",
    "lots",
    "routes_cost",
    "routes_edges",
    "routes_use",
]

CROSSINGS = ("water", "motorway", "rail")


def half_up(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round to whole cents, halves upwards."""
    return np.floor(values + 0.5).astype(np.int64)


def lots(district: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the lot by district code; ``M`` outside every district."""
    return np.where(district == "", "M", district)


def crossings(facts: Facts, kind: str) -> NDArray[np.int64]:
    """Return int64 per route: obstacles of one kind that a new route crosses."""
    edges = facts["candidate_edges"]
    new = np.isin(edges["method"].astype(str), NEW_ROUTE)
    count: NDArray[np.int64] = np.where(new, edges[f"crossings_{kind}"], 0)[facts.route_edge]
    return count


def routes_edges(facts: Facts) -> RuleResult:
    """Check that each route is one of the candidate edges, unchanged, in the lot it lies in."""
    routes, edges = facts["routes"], facts["candidate_edges"]
    ids = routes["edge_id"]
    faults: list[Text] = []
    for column in ("method", "existing_id", "district_code", "tail_node", "head_node", "length_m"):
        expected = edges[column][facts.route_edge]
        faults += different("routes", ids, column, routes[column], expected)
    faults += different("routes", ids, "lot", routes["lot"], lots(routes["district_code"]))
    return judge(
        "routes.edges",
        faults,
        Text(f"{routes.count}段路由均出自候选段", f"{routes.count} routes are candidate edges"),
    )


def routes_use(facts: Facts) -> RuleResult:
    """Recompute phase, cores and sites of each route from the paths of served sites."""
    routes, edges = facts["routes"], facts["candidate_edges"]
    ids = routes["edge_id"]
    phase = facts.path_phase[facts.step_path]
    live = phase > 0
    first = np.full(edges.count, facts.n_phases + 1, dtype=np.int64)
    np.minimum.at(first, facts.step_edge[live], phase[live])
    first[first > facts.n_phases] = 0
    site = facts.path_site[facts.step_path]
    pairs = np.unique(np.column_stack((facts.step_edge, site))[live], axis=0)
    sites_on = np.bincount(pairs[:, 0], minlength=edges.count)
    at = facts.route_edge
    faults = [
        *different("routes", ids, "phase", routes["phase"], first[at]),
        *different("routes", ids, "cores_used", routes["cores_used"], facts.served_cores[at]),
        *different("routes", ids, "sites_served", routes["sites_served"], sites_on[at]),
    ]
    return judge(
        "routes.use",
        faults,
        Text("分期与用芯和路径一致", "phase, cores and sites of routes follow from the paths"),
    )


def routes_cost(facts: Facts) -> RuleResult:
    """Recompute trench, crossings and lighting of each route, and sum its cables."""
    routes, price = facts["routes"], facts.price
    ids = routes["edge_id"]
    rate = np.array([price.get(f"trench_{m}", 0) for m in routes["method"]], dtype=np.int64)
    crossing = np.zeros(routes.count, dtype=np.int64)
    for kind in CROSSINGS:
        crossing += crossings(facts, kind) * price[f"crossing_{kind}"]
    light = routes["method"] == "light"
    lighting = np.where(light, routes["cores_used"] * price["core_lighting"], 0)
    cables = facts["cables"]
    row = np.array([facts.route_row[e] for e in cables["edge_id"].tolist()], dtype=np.int64)
    count = np.bincount(row, minlength=routes.count)
    sheath = np.bincount(row, weights=cables["sheath_m"], minlength=routes.count)
    cents = np.zeros(routes.count, dtype=np.int64)
    np.add.at(cents, row, cables["cost_cents"])
    total = (
        routes["trench_cents"]
        + routes["crossing_cents"]
        + routes["cable_cents"]
        + routes["lighting_cents"]
    )
    trench = half_up(routes["length_m"] * rate)
    faults = [
        *different("routes", ids, "trench_cents", routes["trench_cents"], trench),
        *different("routes", ids, "crossing_cents", routes["crossing_cents"], crossing),
        *different("routes", ids, "lighting_cents", routes["lighting_cents"], lighting),
        *different("routes", ids, "cables", routes["cables"], count),
        *different("routes", ids, "sheath_m", routes["sheath_m"], sheath, LENGTH_TOLERANCE_M),
        *different("routes", ids, "cable_cents", routes["cable_cents"], cents),
        *different("routes", ids, "cost_cents", routes["cost_cents"], total),
    ]
    return judge(
        "routes.cost",
        faults,
        Text("每段费用逐分相符", "every component of every route agrees to the cent"),
    )


def cables_sizes(facts: Facts) -> RuleResult:
    """Check that each opened stretch has the cables the full design asks for, by the rule."""
    cables, edges = facts["cables"], facts["candidate_edges"]
    laid: dict[int, list[tuple[int, int]]] = {}
    for edge, number, size in zip(
        cables["edge_id"].tolist(),
        cables["number"].tolist(),
        cables["size_cores"].tolist(),
        strict=True,
    ):
        laid.setdefault(facts.edge_row[edge], []).append((number, size))
    faults = []
    for row in facts.route_edge.tolist():
        need = (
            []
            if edges["method"][row] == "light"
            else cable_sizes(facts, int(facts.design_cores[row]))
        )
        have = sorted(laid.get(row, []))
        sizes = sorted((size for _, size in have), reverse=True)
        edge = edges["edge_id"][row]
        if sizes != need:
            faults.append(
                Text(
                    f"段{edge}的光缆为{sizes}芯，全设计应为{need}芯",
                    f"stretch {edge} has cables of {sizes} cores, the full design asks for {need}",
                )
            )
        if [number for number, _ in have] != list(range(1, len(have) + 1)):
            faults.append(Text(f"段{edge}光缆序号有误", f"cables of {edge} are numbered wrongly"))
    return judge(
        "cables.sizes",
        faults,
        Text("缆径符合全设计需求", "cable sizes are the rule's for the full design"),
    )


def cables_figures(facts: Facts) -> RuleResult:
    """Recompute id, sheath, closures, cores used, method, phase and lot of each cable."""
    cables, routes, figure = facts["cables"], facts["routes"], facts.figure
    ids = cables["cable_id"]
    row = np.array([facts.route_row[e] for e in cables["edge_id"].tolist()], dtype=np.int64)
    named = [
        f"N{edge}-{number}"
        for edge, number in zip(cables["edge_id"].tolist(), cables["number"].tolist(), strict=True)
    ]
    length = routes["length_m"][row] * (1 + figure["cable.slack_share"])
    sheath = np.rint((length + figure["cable.reserve_m_per_stretch"]) * 10) / 10
    closures = np.maximum(1, np.ceil(cables["sheath_m"] / figure["cable.drum_m"]))
    schedule = facts["core_schedule"]
    at = {cable: number for number, cable in enumerate(ids)}
    used = np.zeros(cables.count, dtype=np.int64)
    columns = (schedule[name].tolist() for name in ("cable_id", "core_first", "core_last"))
    for cable, first, last in set(zip(*columns, strict=True)):  # shared cores count once
        if cable in at:
            used[at[cable]] += last - first + 1
    faults = [
        *different("cables", ids, "cable_id", ids, np.array(named, dtype=object)),
        *different("cables", ids, "sheath_m", cables["sheath_m"], sheath, LENGTH_TOLERANCE_M),
        *different("cables", ids, "closures", cables["closures"], closures.astype(np.int64)),
        *different("cables", ids, "cores_used", cables["cores_used"], used),
        *different("cables", ids, "method", cables["method"], routes["method"][row]),
        *different("cables", ids, "phase", cables["phase"], routes["phase"][row]),
        *different("cables", ids, "lot", cables["lot"], routes["lot"][row]),
    ]
    return judge(
        "cables.figures",
        faults,
        Text(f"{cables.count}条新缆数据相符", f"{cables.count} new cables agree with their routes"),
    )


def cables_cost(facts: Facts) -> RuleResult:
    """Recompute material, laying, closures and splices of each cable."""
    cables, price = facts["cables"], facts.price
    ids, sheath, closures = cables["cable_id"], cables["sheath_m"], cables["closures"]
    series = {int(size) for size in from_scenario(facts.data, "cable", "sizes_cores")}
    rate = np.array(
        [price[f"cable_{s}"] if s in series else 0 for s in cables["size_cores"].tolist()],
        dtype=np.int64,
    )
    material = half_up(sheath / 1000 * rate)
    laying = half_up(sheath * price["cable_laying"])
    closure = closures * price["closure"]
    splice = closures * cables["size_cores"] * price["splice_core"]
    total = (
        cables["material_cents"]
        + cables["laying_cents"]
        + cables["closure_cents"]
        + cables["splice_cents"]
    )
    faults = [
        *different("cables", ids, "material_cents", cables["material_cents"], material),
        *different("cables", ids, "laying_cents", cables["laying_cents"], laying),
        *different("cables", ids, "closure_cents", cables["closure_cents"], closure),
        *different("cables", ids, "splice_cents", cables["splice_cents"], splice),
        *different("cables", ids, "cost_cents", cables["cost_cents"], total),
    ]
    return judge(
        "cables.cost",
        faults,
        Text("每条光缆费用逐分相符", "every component of every cable agrees to the cent"),
    )
