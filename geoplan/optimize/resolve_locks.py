"""From the locks of a scenario to those of a Problem: ids become numbers, faults are told.

Every lock that names a site, a district, a stretch or a built way that is not there is a fault,
and all of them are told at once: a lock that is silently dropped is a promise broken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.candidates.graph import METHODS, CandidateGraph
from geoplan.cost import new_route_mask
from geoplan.errors import Fault, InputError
from geoplan.layers import BuiltPlan
from geoplan.lock_rules import LockRules, RouteRule
from geoplan.optimize.locks import CashLimit, Commitment, KeptWay, Locks, RouteLock, SiteLock
from geoplan.optimize.problem import Problem
from geoplan.text import Text, nearest

__all__ = ["resolve_locks"]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What locks are resolved against, and the faults found on the way."""

    graph: CandidateGraph
    sites: pd.DataFrame
    problem: Problem
    number: Mapping[str, int]
    faults: list[Fault]

    def fault(self, rule: str, name: str, what: Text, cure: Text) -> None:
        layer, _, row = name.partition(" ")
        self.faults.append(Fault(f"locks.{rule}", f"[{layer}]", row, what, cure))


def resolve_locks(
    problem: Problem,
    graph: CandidateGraph,
    sites: pd.DataFrame,
    site_rows: NDArray[np.int64],
    rules: LockRules,
    built: BuiltPlan | None,
) -> Problem:
    """Return the problem with the locks of its scenario, and one way of digging each stretch.

    Parameters
    ----------
    sites, site_rows
        ``Layers.sites``, and the row of each site of the problem.
    built
        What an earlier plan has built; its sites keep their phases and its ways their edges.

    Raises
    ------
    InputError
        With every lock that names something that is not there.
    """
    ids = sites["site_id"].astype(str).to_numpy()
    number = {str(ids[row]): n for n, row in enumerate(site_rows.tolist())}
    known = _Known(graph, sites, problem, number, [])
    limits = rules.cash_limits_cents or ()
    routes = _routes(known, rules)
    forbidden = {edge for lock in routes if not lock.must for edge in lock.edges}
    held, kept, capacity = _built(known, built, forbidden)
    locks = Locks(
        sites=(*_sites(known, rules), *held),
        routes=routes,
        cash=tuple(
            CashLimit(f"locks.cash_limits_yuan {k}", k, cents)
            for k, cents in enumerate(limits, start=1)
        ),
        commitments=_commitments(known, rules),
        kept=kept,
    )
    if known.faults:
        raise InputError(known.faults)
    capacity[_dug_beside(known, routes, kept)] = 0
    capacity.setflags(write=False)
    return replace(problem, locks=locks, capacity_cores=capacity)


def _sites(known: _Known, rules: LockRules) -> tuple[SiteLock, ...]:
    found = []
    for row, rule in enumerate(rules.sites, start=1):
        name = f"locks.sites {row}"
        number = _site(known, name, rule.site_id)
        if number is not None:
            found.append(SiteLock(name, number, rule.allowed(known.problem.n_phases)))
    return tuple(found)


def _site(known: _Known, name: str, site_id: str) -> int | None:
    """Return the number of a site of the problem that may be locked, else note a fault."""
    there = known.sites["site_id"].astype(str)
    if site_id not in set(there):
        close = nearest(site_id, there)
        known.fault(
            "unknown_site",
            name,
            Text(f"没有站点 {site_id}", f"there is no site {site_id}"),
            Text(f"是否应为 {close}？", f"did you mean {close}?")
            if close
            else Text("用图层 sites 中的 site_id", "take a site_id of the layer sites"),
        )
        return None
    if known.sites.loc[there == site_id, "level"].iloc[0] == "core":
        known.fault(
            "core",
            name,
            Text(f"{site_id} 是核心节点，总在第一期", f"{site_id} is a core: always in phase 1"),
            Text("删除这项锁定", "remove the lock"),
        )
        return None
    if site_id not in known.number:
        known.fault(
            "unattached_site",
            name,
            Text(f"{site_id} 未接入候选图", f"{site_id} is not attached to the candidate graph"),
            Text("补上位置或道路，或删除锁定", "give its position or roads, or remove the lock"),
        )
        return None
    return known.number[site_id]


def _routes(known: _Known, rules: LockRules) -> tuple[RouteLock, ...]:
    found = []
    for row, rule in enumerate(rules.routes, start=1):
        name = f"locks.routes {row}"
        edges = _edges(known.graph, rule)
        if not len(edges):
            said = _said(rule)
            known.fault(
                "unknown_route",
                name,
                Text(f"候选图中没有 {said}", f"the candidate graph has no {said}"),
                Text(
                    "用同一数据的方案文件 candidate_edges 中的编号",
                    "take numbers of candidate_edges in a plan file of the same layers",
                ),
            )
            continue
        by_phase = rule.by_phase or known.problem.n_phases
        found.append(RouteLock(name, tuple(edges.tolist()), rule.must, by_phase))
    return tuple(found)


def _edges(graph: CandidateGraph, rule: RouteRule) -> NDArray[np.int64]:
    if rule.edge_id is not None:
        return np.flatnonzero(np.arange(graph.n_edges) == rule.edge_id)
    if rule.stretch is not None:
        return np.flatnonzero(graph.stretch == rule.stretch)
    return np.flatnonzero(graph.existing_id.astype(str) == str(rule.existing_id))


def _said(rule: RouteRule) -> str:
    for key in ("edge_id", "stretch", "existing_id"):
        if getattr(rule, key) is not None:
            return f"{key} {getattr(rule, key)}"
    return "edge"


def _commitments(known: _Known, rules: LockRules) -> tuple[Commitment, ...]:
    found = []
    sites = known.sites
    for row, rule in enumerate(rules.commitments, start=1):
        name = f"locks.commitments {row}"
        code = sites["district_code"].fillna("").astype(str)
        own = sites[(sites["level"] == "township") & (code == rule.district_code)]
        if own.empty:
            known.fault(
                "unknown_district",
                name,
                Text(
                    f"区 {rule.district_code} 没有乡镇街道",
                    f"there is no township in a district {rule.district_code}",
                ),
                Text("用图层 districts 中的 code", "take a code of the layer districts"),
            )
            continue
        least = rule.townships or math.ceil((rule.share or 0.0) * len(own) - 1e-9)
        there = [known.number[s] for s in own["site_id"].astype(str) if s in known.number]
        if least > len(there):
            known.fault(
                "too_many_promised",
                name,
                Text(
                    f"承诺 {least} 个，而能接入的只有 {len(there)} 个（共 {len(own)} 个）",
                    f"promises {least} townships, only {len(there)} of {len(own)} are attached",
                ),
                Text(f"至多承诺 {len(there)} 个", f"promise {len(there)} at most"),
            )
            continue
        found.append(Commitment(name, tuple(there), least, rule.by_phase))
    return tuple(found)


# ---- what is built ----------------------------------------------------------------------------


def _built(
    known: _Known, built: BuiltPlan | None, forbidden: set[int]
) -> tuple[tuple[SiteLock, ...], tuple[KeptWay, ...], NDArray[np.int64]]:
    """Return locks of built sites, their ways, and capacities with what was pulled as limit.

    A built stretch carries the cores of its cables less the reserve.
    """
    problem = known.problem
    capacity = problem.capacity_cores.copy()
    if built is None:
        return (), (), capacity
    p = problem.n_phases
    held = []
    for site_id, phase in built.site_phase.items():
        number = _site(known, f"locks.built {site_id}", site_id)
        if number is not None:
            allowed = tuple(k == phase for k in range(1, p + 1))
            held.append(SiteLock("locks.built", number, (*allowed, False)))
    edge_of = _matched(known, built.edges, forbidden)
    keep = 1000 + problem.reserve_permille
    for old, cores in zip(built.edges["edge_id"], built.edges["cable_cores"], strict=True):
        edge = edge_of.get(int(old))
        if edge is not None and cores >= 0:
            capacity[edge] = int(cores) * 1000 // keep
    kept = tuple(
        KeptWay(known.number[way.site_id], way.way, tuple(edge_of[e] for e in way.edges))
        for way in built.ways
        if way.site_id in known.number and all(e in edge_of for e in way.edges)
    )
    return tuple(held), kept, capacity


def _dug_beside(
    known: _Known, routes: tuple[RouteLock, ...], kept: tuple[KeptWay, ...]
) -> list[int]:
    """Return the edges that are never dug, as their stretch is dug in another way.

    A stretch is dug once (P7). What is built stays, then what locks ask for most often, then the
    cheapest way that is not forbidden: with the same cables in each, no other can cost less.
    """
    graph = known.graph
    built = {edge for way in kept for edge in way.edges}
    wanted = [edge for lock in routes if lock.must for edge in lock.edges]
    forbidden = {edge for lock in routes if not lock.must for edge in lock.edges}
    ways: dict[int, list[int]] = {}
    for edge in np.flatnonzero(new_route_mask(graph)).tolist():
        ways.setdefault(int(graph.stretch[edge]), []).append(edge)

    def rank(edge: int) -> tuple[bool, int, bool, int, int]:
        cents = int(known.problem.fixed_cents[edge])
        return edge not in built, -wanted.count(edge), edge in forbidden, cents, edge

    return [edge for some in ways.values() for edge in sorted(some, key=rank)[1:]]


def _matched(known: _Known, old: pd.DataFrame, forbidden: set[int]) -> dict[int, int]:
    """Return the edge of the present graph for each built one: same method, plant, ends, length."""
    graph = known.graph
    method = np.array(METHODS, dtype=object)[graph.method]
    now: dict[tuple[object, ...], int] = {}
    for e in range(graph.n_edges - 1, -1, -1):
        now[_key(method[e], graph.existing_id[e], graph.length_m[e], graph.geometry[e])] = e
    found = {}
    rows = old[["edge_id", "method", "existing_id", "length_m", "geometry"]]
    for edge_id, how, plant, length_m, line in rows.itertuples(index=False):
        edge = now.get(_key(how, plant, length_m, line))
        if edge is None or edge in forbidden:
            gone = edge is None
            known.fault(
                "built_route",
                f"locks.built {edge_id}",
                Text("已建路段不在候选图中", "a built stretch is not in the candidate graph")
                if gone
                else Text("已建路段被禁用", "a built stretch must not be used"),
                Text("沿用当时的图层与敷设规则", "keep the layers and methods it was planned on")
                if gone
                else Text("删除 [[locks.routes]] 中的禁用", "remove it from [[locks.routes]]"),
            )
            continue
        found[int(edge_id)] = edge
    return found


def _key(method: object, plant: object, length_m: float, line: object) -> tuple[object, ...]:
    ends = shapely.get_coordinates(line)[[0, -1]].round(1).tolist()
    name = plant if isinstance(plant, str) else ""
    return (str(method), name, round(float(length_m), 1), *map(tuple, sorted(ends)))
