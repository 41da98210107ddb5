"""Rules on core paths: complete, a real walk, opened in time, connected, figures recomputed."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import Facts
from geoplan.verify.report import RuleResult, different, judge

__all__ = [
    "fibre_and_closures",
    "paths_connected",
    "paths_figures",
    "paths_loss",
    "paths_opened",
    "paths_walk",
    "paths_ways",
    "paths_witness",
]

LENGTH_TOLERANCE_M = 0.0501
LOSS_TOLERANCE_DB = 0.001001


def paths_ways(facts: Facts) -> RuleResult:
    """Check that each served site has the ways it needs, each once and to its own home.

    On a ring between two cores way 1 of a hub ends at the first, way 2 at the other.
    """
    sites, paths = facts["sites"], facts["core_paths"]
    ways: list[list[int]] = [[] for _ in range(sites.count)]
    for row, way in zip(facts.path_site.tolist(), paths["way"].tolist(), strict=True):
        ways[row].append(way)
    faults = []
    for row in range(sites.count):
        need = list(range(1, int(sites["ways_required"][row]) + 1))
        have = sorted(ways[row])
        if have != need and (sites["served"][row] or have):
            name = sites["site_id"][row]
            faults.append(
                Text(f"{name}有路径{have}，应为{need}", f"{name} has ways {have}, needs {need}")
            )
    ids = [f"{s}/{w}" for s, w in zip(paths["site_id"], paths["way"].tolist(), strict=True)]
    names = paths["path_id"]
    faults += different("core_paths", names, "path_id", names, np.array(ids, dtype=object))
    home = _path_ends(facts)
    faults += different("core_paths", names, "home_id", paths["home_id"], home)
    faults += different("core_paths", names, "phase", paths["phase"], facts.path_phase)
    cores = sites["cores_per_way"][facts.path_site]
    faults += different("core_paths", names, "cores", paths["cores"], cores)
    return judge(
        "paths.ways",
        faults,
        Text(f"{paths.count}条纤芯路径齐全", f"{paths.count} core paths, every way is there"),
    )


def _path_ends(facts: Facts) -> NDArray[np.object_]:
    """Return the site at which each path has to end."""
    sites, paths, rings = facts["sites"], facts["core_paths"], facts["rings"]
    ends = np.array(sites["home_id"][facts.path_site], dtype=object)
    ring_of = {hub: row for row in range(rings.count) for hub in json.loads(rings["hub_ids"][row])}
    for path, site in enumerate(facts.path_site.tolist()):
        row = ring_of.get(str(sites["site_id"][site]))
        if row is not None and sites["level"][site] == "district":
            column = "core_id" if paths["way"][path] == 1 else "end_core_id"
            ends[path] = str(rings[column][row])
    return ends


def paths_walk(facts: Facts) -> RuleResult:
    """Check that each path walks over joining stretches from its site to its home, no loop."""
    edges, sites = facts["candidate_edges"], facts["sites"]
    tails, heads = edges["tail_node"].tolist(), edges["head_node"].tolist()
    nodes, names = sites["node_id"].tolist(), facts["core_paths"]["path_id"]
    faults = []
    for path in range(len(facts.path_site)):
        node = nodes[facts.path_site[path]]
        seen = {node}
        for edge in facts.steps(path).tolist():
            if node not in (tails[edge], heads[edge]):
                edge_id = edges["edge_id"][edge]
                faults.append(
                    Text(f"{names[path]}在{edge_id}处断开", f"{names[path]} breaks at {edge_id}")
                )
                break
            node = heads[edge] if tails[edge] == node else tails[edge]
            if node in seen:
                faults.append(
                    Text(f"{names[path]}重复经过{node}", f"{names[path]} meets node {node} twice")
                )
                break
            seen.add(node)
        else:
            if node != nodes[facts.path_home[path]] or node < 0:
                faults.append(
                    Text(f"{names[path]}未到归属节点", f"{names[path]} does not end at its home")
                )
    return judge(
        "paths.walk",
        faults,
        Text("每条路径首尾相接且无环", "every path joins site and home without a loop"),
    )


def paths_opened(facts: Facts) -> RuleResult:
    """Check that served paths use only stretches that are opened by their phase."""
    phase = facts.path_phase[facts.step_path]
    opened = facts.route_phase[facts.step_edge]
    bad = np.flatnonzero((phase > 0) & ((opened == 0) | (opened > phase)))
    names = facts["core_paths"]["path_id"][facts.step_path]
    ids = facts["candidate_edges"]["edge_id"][facts.step_edge]
    faults = [
        Text(
            f"{names[step]}（第{phase[step]}期）所用{ids[step]}未按期开通（{opened[step]}）",
            f"{names[step]} (phase {phase[step]}) uses {ids[step]}, opened in "
            f"{opened[step] or 'no phase'}",
        )
        for step in bad
    ]
    return judge(
        "paths.opened",
        faults,
        Text("所用路由段均已按期开通", "every stretch is opened by the phase that uses it"),
    )


def paths_connected(facts: Facts) -> RuleResult:
    """Check per phase that every site in service hangs together with a core in service."""
    edges, sites = facts["candidate_edges"], facts["sites"]
    tails, heads = edges["tail_node"].tolist(), edges["head_node"].tolist()
    faults = []
    for phase in range(1, facts.n_phases + 1):
        neighbours: dict[int, list[int]] = {}
        for edge in np.flatnonzero((facts.route_phase > 0) & (facts.route_phase <= phase)):
            neighbours.setdefault(tails[edge], []).append(heads[edge])
            neighbours.setdefault(heads[edge], []).append(tails[edge])
        live = (sites["phase"] > 0) & (sites["phase"] <= phase)
        cores = live & (sites["level"] == "core") & (sites["node_id"] >= 0)
        todo = sites["node_id"][cores].tolist()
        reached = set(todo)
        while todo:
            fresh = [n for n in neighbours.get(todo.pop(), ()) if n not in reached]
            reached.update(fresh)
            todo += fresh
        faults += [
            Text(
                f"第{phase}期{sites['site_id'][row]}与核心不连通",
                f"phase {phase}: {sites['site_id'][row]} is not connected to the core",
            )
            for row in np.flatnonzero(live)
            if int(sites["node_id"][row]) not in reached
        ]
    return judge(
        "paths.connected",
        faults,
        Text("各期已接入站点均与核心连通", "in every phase all served sites reach the core"),
    )


def fibre_and_closures(facts: Facts) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return fibre in metres and joints that a path meets on each candidate edge (m,)."""
    edges, figure = facts["candidate_edges"], facts.figure
    slack = 1 + figure["cable.slack_share"]
    sheath = edges["length_m"] * slack + figure["cable.reserve_m_per_stretch"]
    fibre = np.where(edges["method"] == "light", edges["length_m"], np.rint(sheath * 10) / 10)
    joints = np.maximum(1, np.ceil(fibre / figure["cable.drum_m"])).astype(np.int64)
    return fibre, joints


def paths_figures(facts: Facts) -> RuleResult:
    """Recompute route length, fibre length and closures of every path."""
    paths = facts["core_paths"]
    names = paths["path_id"]
    fibre, joints = fibre_and_closures(facts)
    length = facts.sum_over_paths(facts["candidate_edges"]["length_m"])
    along = facts.sum_over_paths(fibre)
    closures = facts.sum_over_paths(joints).astype(np.int64)
    metres = LENGTH_TOLERANCE_M
    faults = [
        *different("core_paths", names, "length_m", paths["length_m"], length, metres),
        *different("core_paths", names, "fibre_m", paths["fibre_m"], along, metres),
        *different("core_paths", names, "closures", paths["closures"], closures),
    ]
    return judge(
        "paths.figures",
        faults,
        Text("路径长度与接头数相符", "lengths and closures agree with the stretches"),
    )


def _link_loss(
    facts: Facts, kind: str, fibre_m: float, joints: int, empty: bool
) -> tuple[float, str]:
    """Return loss and optic ("": none) of one link: the first of its kind that bears it."""
    optics, figure = facts["optics"], facts.figure
    plugs = figure["optics.connectors"] * figure["optics.connector_db"]
    if kind == "pon":  # the splitter, spliced in at both ends
        plugs += figure["access.splitter.loss_db"] + 2 * figure["optics.splice_db"]
    loss = 0.0
    for row in np.flatnonzero(optics["link"] == kind).tolist():
        per_km = figure[f"optics.attenuation_{optics['wavelength_nm'][row]}_db_per_km"]
        fixed = (joints + 2) * figure["optics.splice_db"] + plugs
        loss = float(np.round(plugs if empty else fibre_m / 1000 * per_km + fixed, 3))
        fits = optics["min_loss_db"][row] <= loss <= optics["budget_db"][row]
        if empty or (fits and fibre_m <= optics["reach_km"][row] * 1000):
            return loss, str(optics["name"][row])
    return loss, ""


def _links(facts: Facts, path: int) -> list[tuple[str, float, int, bool]]:
    """Return the links of a path: kind of optic, fibre, joints, whether it has no stretch.

    One, the path itself; on a ring pair two, whose fibre and joints follow from the stretches.
    """
    paths, feeders = facts["core_paths"], facts["feeders"]
    feeder = int(facts.path_feeder[path])
    if feeder < 0 or feeders["architecture"][feeder] == "splitter":
        kind = "duplex" if feeder < 0 else "pon"
        metres, joints = float(paths["fibre_m"][path]), int(paths["closures"][path])
        return [(kind, metres, joints, len(facts.steps(path)) == 0)]
    fibre, closures = fibre_and_closures(facts)
    hops, place = facts.ring_hops(feeder), facts.on_feeder(feeder).index(path)
    return [
        (
            "single_fibre",
            float(np.rint(fibre[hop].sum() * 10) / 10),
            int(closures[hop].sum()),
            not hop,
        )
        for hop in hops[place : place + 2]
    ]


def paths_loss(facts: Facts) -> RuleResult:
    """Recompute the link loss of every path, and the first optic that bears it.

    On a ring pair a path has a link to either neighbour: the one without an optic counts, of
    two that have one (or none) the one with more loss.
    """
    paths = facts["core_paths"]
    loss = np.zeros(paths.count)
    taken = np.full(paths.count, "", dtype=object)
    for path in range(paths.count):
        found = [_link_loss(facts, *link) for link in _links(facts, path)]
        loss[path], taken[path] = min(found, key=lambda link: (link[1] != "", -link[0]))
    names = paths["path_id"]
    faults = [
        *different("core_paths", names, "loss_db", paths["loss_db"], loss, LOSS_TOLERANCE_DB),
        *different("core_paths", names, "optic", paths["optic"], taken),
    ]
    notes = facts["notes"]
    told = " ".join([*map(str, notes["row"]), *map(str, notes["what_en"])])
    for path in np.flatnonzero((taken == "") & (facts.path_phase > 0)).tolist():
        if str(names[path]) not in told and str(paths["site_id"][path]) not in told:
            faults.append(
                Text(
                    f"{names[path]}无合适光模块且未提示",
                    f"no optic fits {names[path]} and no note says so",
                )
            )
    return judge("paths.loss", faults, Text("衰耗与光模块相符", "loss and optic agree"))


def paths_witness(facts: Facts) -> RuleResult:
    """Check that ``witness_paths`` repeats the core paths of the hubs, no more and no less."""
    paths, witness, sites = facts["core_paths"], facts["witness_paths"], facts["sites"]
    hub = sites["level"][facts.path_site] == "district"
    columns = list(paths.columns)
    wanted = {paths["path_id"][row]: row for row in np.flatnonzero(hub)}
    faults = []
    for row, name in enumerate(witness["path_id"]):
        twin = wanted.pop(name, None)
        if twin is None:
            faults.append(Text(f"{name}不是汇聚节点路径", f"{name} is no path of a hub"))
            continue
        for column in columns:
            left, right = witness[column][row], paths[column][twin]
            if column == "edge_ids":
                left, right = json.loads(left), json.loads(right)
            if left != right:
                faults.append(
                    Text(
                        f"witness_paths {name} {column}与core_paths不同",
                        f"witness_paths {name} {column} differs from core_paths",
                    )
                )
    faults += [Text(f"缺少见证路径{name}", f"witness path {name} is missing") for name in wanted]
    return judge("paths.witness", faults, Text("见证路径相符", "witness paths agree"))
