"""The network of a plan: every table that follows from the edges chosen and their phases.

Formulas: ``docs/plan-file.md``. Totals are sums of the integers in :class:`EdgeCosts`; the
phase totals are held against the optimizer's, to the cent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.candidates.graph import METHODS, RISK_KINDS, CandidateGraph
from geoplan.cost import EdgeCosts
from geoplan.errors import Fault
from geoplan.layers import Layers
from geoplan.network.feeders import SharedCores, feeder_table, shared_cores
from geoplan.network.left_out import left_out_notes
from geoplan.network.paths import Paths, path_table, schedule_rows, trace_paths
from geoplan.network.phases import phase_table
from geoplan.network.reasons import site_reasons
from geoplan.network.rings import ring_table
from geoplan.network.shares import first_payers, site_shares, splitter_paths
from geoplan.optimize.problem import CORE, Problem
from geoplan.optimize.solution import Solution
from geoplan.scenario import Scenario
from geoplan.schema import PLAN_TABLES, Table
from geoplan.tables import conform
from geoplan.units import round_m

__all__ = ["MUNICIPAL_LOT", "Network", "build_network"]

MUNICIPAL_LOT = "M"
"""Lot of municipal units and of stretches outside every district."""

_TABLES: dict[str, Table] = {table.name: table for table in PLAN_TABLES}


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The tables of one network, each exactly as in ``schema.PLAN_TABLES``, and its notes."""

    sites: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    cables: gpd.GeoDataFrame
    hubs: gpd.GeoDataFrame
    core_paths: gpd.GeoDataFrame
    witness_paths: gpd.GeoDataFrame
    rings: gpd.GeoDataFrame
    feeders: gpd.GeoDataFrame
    candidate_edges: gpd.GeoDataFrame
    core_schedule: pd.DataFrame
    risk_groups: pd.DataFrame
    phases: pd.DataFrame
    notes: tuple[Fault, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "notes"}


@dataclass(frozen=True, slots=True, eq=False)
class _Plant:
    """What is opened, per edge (m,): phase and cores in service; and each new cable (c,)."""

    phase: NDArray[np.int64]
    cores: NDArray[np.int64]
    cable_edge: NDArray[np.int64]
    cable_size: NDArray[np.int64]  # index into step_cores
    cable_number: NDArray[np.int64]

    def cents(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return int64 (m,): ``values`` (c,) of the cables summed per edge."""
        total = np.zeros(len(self.phase), dtype=np.int64)
        np.add.at(total, self.cable_edge, values)
        return total

    def sheath_m(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return float64 (m,): sheath lengths ``values`` (c,) summed per edge."""
        total = np.zeros(len(self.phase), dtype=np.float64)
        np.add.at(total, self.cable_edge, values)
        return round_m(total)


def build_network(
    *,
    layers: Layers,
    graph: CandidateGraph,
    costs: EdgeCosts,
    scenario: Scenario,
    demand: pd.DataFrame,
    problem: Problem,
    site_rows: NDArray[np.int64],
    solution: Solution,
) -> Network:
    """Turn a solution into the tables of the plan.

    Parameters
    ----------
    demand
        Rows as ``layers.sites``: ``weight, weight_reason, home_id, ways_required,
        cores_per_way, equipment_cents``.
    site_rows
        int64 (s,): row of ``layers.sites`` of each site of the problem.

    Raises
    ------
    ValueError
        The solution contradicts itself or the prices: a fault of the program.
    """
    site_rows = np.asarray(site_rows, dtype=np.int64)
    site_phase = np.zeros(len(layers.sites), dtype=np.int64)
    site_phase[site_rows] = solution.phases.site_phase
    site_phase[site_rows[problem.site_level == CORE]] = 1
    paths = trace_paths(graph, problem, site_rows, solution, site_phase)
    cores = shared_cores(problem, solution, paths.phase)
    plant = _open_plant(paths, cores, costs, solution)

    feeders = solution.design.feeders
    core_paths, notes = path_table(paths, graph, costs, layers, scenario, feeders)
    schedule = schedule_rows(paths, core_paths, graph, layers, solution.schedule, cores.shared)
    schedule = conform(schedule, _TABLES["core_schedule"])
    cables = _cables(plant, graph, costs, schedule)
    routes = _routes(plant, paths, graph, costs)
    edge_cents = np.zeros(graph.n_edges, dtype=np.int64)
    edge_cents[routes["edge_id"]] = routes["cost_cents"]
    sites = _sites(layers, demand, graph, site_phase)
    trees = feeder_table(solution, problem, scenario, graph, sites, site_rows)
    behind = splitter_paths(paths, solution, problem.splitter_cents)
    sites["cost_share_cents"] = site_shares(
        paths, cores, edge_cents, behind, len(sites)
    ) + np.where(sites["served"], sites["equipment_cents"], 0)
    _worst_ways(sites, core_paths)
    hubs = _hubs(sites, paths, graph)
    light_m = np.where(costs.takes_cable, 0.0, graph.length_m)
    lit_cents = paths.sum_over(costs.core_cents, cores.pays).astype(np.int64) * paths.cores
    phases = phase_table(
        solution=solution,
        scenario=scenario,
        sites=sites,
        routes=routes,
        cables=cables,
        core_paths=core_paths,
        feeders=trees,
        lighting_cents=lit_cents,
        reused_core_m=paths.sum_over(light_m, cores.pays) * paths.cores,
    )
    sites["why_zh"], sites["why_en"] = site_reasons(
        sites=sites,
        paths=paths,
        edge_phase=plant.phase,
        open_cents=_open_cents(solution, costs),
        first_cents=lit_cents + first_payers(behind, paths),
        carry_cents=phases["carry_cents"].to_numpy(),
        all_hubs_first=problem.all_hubs_first,
        notes=graph.notes,
        phase_names=[phase.name for phase in scenario.phases],
        locked={rule.site_id for rule in scenario.locks.sites},
    )
    crs = layers.sites.crs
    hub_ids = set(sites.loc[sites["level"] == "district", "site_id"])
    return Network(
        sites=conform(sites, _TABLES["sites"], crs),
        routes=conform(routes, _TABLES["routes"], crs),
        cables=conform(cables, _TABLES["cables"], crs),
        hubs=conform(hubs, _TABLES["hubs"], crs),
        core_paths=core_paths,
        witness_paths=conform(
            core_paths[core_paths["site_id"].isin(hub_ids)], _TABLES["witness_paths"], crs
        ),
        rings=ring_table(
            solution,
            problem,
            site_rows,
            layers.sites["site_id"].astype(str).to_numpy(dtype=object),
            core_paths,
        ),
        feeders=conform(trees, _TABLES["feeders"], crs),
        candidate_edges=_candidate_edges(graph, crs),
        core_schedule=schedule,
        risk_groups=_risk_groups(graph),
        phases=phases,
        notes=(*notes, *left_out_notes(problem, solution, scenario)),
    )


def _open_plant(paths: Paths, shared: SharedCores, costs: EdgeCosts, solution: Solution) -> _Plant:
    """Return which edges the paths of served sites open, when, and the cables on them."""
    n_edges = len(costs.fixed_cents)
    served = paths.phase[paths.path] > 0
    edge, path = paths.edge[served], paths.path[served]
    never = np.iinfo(np.int64).max
    phase = np.full(n_edges, never, dtype=np.int64)
    np.minimum.at(phase, edge, paths.phase[path])
    phase[phase == never] = 0
    if not np.array_equal(phase, solution.phases.edge_phase):
        wrong = np.flatnonzero(phase != solution.phases.edge_phase)[:5].tolist()
        raise ValueError(f"phases of edges {wrong} are not those of the paths over them")
    cores = np.zeros(n_edges, dtype=np.int64)
    once = served & shared.pays
    np.add.at(cores, paths.edge[once], paths.cores[paths.path[once]])

    all_edges = solution.cable_edge.astype(np.int64)
    first = np.searchsorted(all_edges, all_edges)
    keep = phase[all_edges] > 0
    return _Plant(
        phase=phase,
        cores=cores,
        cable_edge=all_edges[keep],
        cable_size=np.searchsorted(costs.step_cores, solution.cable_size[keep]),
        cable_number=(np.arange(len(all_edges)) - first + 1)[keep],
    )


def _lots(district: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the lot of stretches by their district; outside every district it is ``M``."""
    return np.where(district == "", MUNICIPAL_LOT, district)


def _routes(
    plant: _Plant, paths: Paths, graph: CandidateGraph, costs: EdgeCosts
) -> gpd.GeoDataFrame:
    """Return the opened stretches with their cost, in the order of their ids."""
    edge = np.flatnonzero(plant.phase > 0)
    served = paths.phase[paths.path] > 0
    pairs = np.column_stack((paths.edge[served], paths.site_row[paths.path[served]]))
    sites_on = np.bincount(np.unique(pairs, axis=0)[:, 0], minlength=graph.n_edges)
    one = np.ones(len(plant.cable_edge), dtype=np.int64)
    cable_cents = plant.cents(costs.step_cents[plant.cable_edge, plant.cable_size])[edge]
    lighting = (costs.core_cents * plant.cores)[edge]
    return gpd.GeoDataFrame(
        {
            "edge_id": edge,
            "method": np.array(METHODS, dtype=object)[graph.method[edge]],
            "phase": plant.phase[edge],
            "lot": _lots(graph.district[edge]),
            "district_code": graph.district[edge],
            "length_m": graph.length_m[edge],
            "tail_node": graph.tail[edge],
            "head_node": graph.head[edge],
            "existing_id": graph.existing_id[edge],
            "cores_used": plant.cores[edge],
            "sites_served": sites_on[edge],
            "cables": plant.cents(one)[edge],
            "sheath_m": plant.sheath_m(costs.sheath_m[plant.cable_edge])[edge],
            "trench_cents": costs.trench_cents[edge],
            "crossing_cents": costs.crossing_cents[edge],
            "cable_cents": cable_cents,
            "lighting_cents": lighting,
            "cost_cents": costs.fixed_cents[edge] + cable_cents + lighting,
        },
        geometry=list(graph.geometry[edge]),
    )


def _cables(
    plant: _Plant, graph: CandidateGraph, costs: EdgeCosts, schedule: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return one row per new cable on an opened stretch."""
    edge, size = plant.cable_edge, plant.cable_size
    ids = pd.Series(
        [f"N{e}-{n}" for e, n in zip(edge.tolist(), plant.cable_number.tolist(), strict=True)],
        dtype="str",
    )
    fresh = schedule[schedule["edge_id"].isin(edge)]
    fresh = fresh.drop_duplicates(["edge_id", "cable_id", "core_first"])
    taken = fresh["core_last"] - fresh["core_first"] + 1
    used = taken.groupby(fresh["cable_id"]).sum()
    return gpd.GeoDataFrame(
        {
            "cable_id": ids,
            "edge_id": edge,
            "number": plant.cable_number,
            "size_cores": costs.step_cores[size],
            "cores_used": ids.map(used).fillna(0).to_numpy(),
            "sheath_m": costs.sheath_m[edge],
            "closures": costs.closures[edge],
            "method": np.array(METHODS, dtype=object)[graph.method[edge]],
            "phase": plant.phase[edge],
            "lot": _lots(graph.district[edge]),
            "material_cents": costs.material_cents[edge, size],
            "laying_cents": costs.laying_cents[edge],
            "closure_cents": costs.closure_cents[edge],
            "splice_cents": costs.splice_cents[edge, size],
            "cost_cents": costs.step_cents[edge, size],
        },
        geometry=list(graph.geometry[edge]),
    )


def _sites(
    layers: Layers, demand: pd.DataFrame, graph: CandidateGraph, site_phase: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Return the sites with their demand, phase and lot; paths and reasons come later."""
    sites = layers.sites.reset_index(drop=True).copy()
    for name in (
        *("weight", "weight_reason", "home_id", "ways_required", "cores_per_way"),
        "equipment_cents",
    ):
        sites[name] = demand[name].to_numpy()
    sites["placed"] = (sites.geometry.notna() & ~sites.geometry.is_empty).to_numpy()
    sites["node_id"] = graph.site_node
    sites["attached"] = graph.site_node >= 0
    sites["phase"] = site_phase
    sites["served"] = site_phase > 0
    code = sites["district_code"].fillna("").astype(str)
    municipal = (sites["level"] == "municipal") | (code == "")
    sites["lot"] = np.where(municipal, MUNICIPAL_LOT, code)
    return sites


def _worst_ways(sites: pd.DataFrame, core_paths: pd.DataFrame) -> None:
    """Set length, loss and optic of each served site to those of its way with most loss."""
    live = core_paths[core_paths["phase"] > 0]
    worst = live.sort_values(["loss_db", "way"], ascending=[False, True], kind="stable")
    worst = worst.drop_duplicates("site_id").set_index("site_id")
    sites["path_length_m"] = sites["site_id"].map(worst["length_m"])
    sites["loss_db"] = sites["site_id"].map(worst["loss_db"])
    sites["optic"] = sites["site_id"].map(worst["optic"])


def _hubs(sites: gpd.GeoDataFrame, paths: Paths, graph: CandidateGraph) -> gpd.GeoDataFrame:
    """Return the hubs: ways that share no risk group, and how many townships hang on them."""
    hubs = sites.loc[sites["level"] == "district"]
    townships = sites[sites["level"] == "township"]
    served = townships[townships["served"]]
    return gpd.GeoDataFrame(
        {
            "site_id": hubs["site_id"],
            "name": hubs["name"],
            "district_code": hubs["district_code"],
            "phase": hubs["phase"],
            "ways": [_disjoint_ways(row, paths, graph) for row in hubs.index],
            "townships": hubs["site_id"].map(townships["home_id"].value_counts()).fillna(0),
            "townships_served": hubs["site_id"].map(served["home_id"].value_counts()).fillna(0),
        },
        geometry=hubs.geometry,
    )


def _disjoint_ways(row: int, paths: Paths, graph: CandidateGraph) -> int:
    """Return how many ways of the site share no risk group with an earlier one."""
    seen: set[int] = set()
    ways = 0
    for path in np.flatnonzero(paths.site_row == row):
        groups: set[int] = set()
        for edge in paths.edge[paths.ptr[path] : paths.ptr[path + 1]]:
            span = slice(graph.risk_ptr[edge], graph.risk_ptr[edge + 1])
            groups.update(graph.risk_groups[span].tolist())
        if not groups & seen:
            ways += 1
            seen |= groups
    return ways


def _open_cents(solution: Solution, costs: EdgeCosts) -> NDArray[np.int64]:
    """Return int64 (m,): trench, crossings and cables of each stretch of the full design."""
    cents = np.where(solution.design.edge_cores > 0, costs.fixed_cents, 0)
    size = np.searchsorted(costs.step_cores, solution.cable_size)
    np.add.at(cents, solution.cable_edge, costs.step_cents[solution.cable_edge, size])
    return cents


def _candidate_edges(graph: CandidateGraph, crs: object) -> gpd.GeoDataFrame:
    bounds = graph.risk_ptr.tolist()
    groups = graph.risk_groups.tolist()
    frame = gpd.GeoDataFrame(
        {
            "edge_id": np.arange(graph.n_edges),
            "stretch": graph.stretch,
            "tail_node": graph.tail,
            "head_node": graph.head,
            "method": np.array(METHODS, dtype=object)[graph.method],
            "length_m": graph.length_m,
            "existing_id": graph.existing_id,
            "capacity_cores": graph.capacity_cores,
            "capacity_cables": graph.capacity_cables,
            "crossings_water": graph.crossings_water,
            "crossings_motorway": graph.crossings_motorway,
            "crossings_rail": graph.crossings_rail,
            "district_code": graph.district,
            "lead_in": graph.lead_in,
            "risk_groups": [json.dumps(groups[a:b]) for a, b in pairwise(bounds)],
        },
        geometry=list(graph.geometry),
    )
    return conform(frame, _TABLES["candidate_edges"], crs)


def _risk_groups(graph: CandidateGraph) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "group_id": np.arange(len(graph.risk_kind)),
            "kind": np.array(RISK_KINDS, dtype=object)[graph.risk_kind],
            "label": graph.risk_label,
        }
    )
    return conform(frame, _TABLES["risk_groups"])
