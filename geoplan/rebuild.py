"""From a plan back to its problem: the same inputs, checked, and the plan's own answer.

A question about a plan ("why is this site so late?") is answered by solving again, and that
takes the problem the plan was made from. It is built anew from scenario and layers; where these
are not those of the plan, there is no answer but a fault: an answer about another problem would
look the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, InputError
from geoplan.layers import Layers
from geoplan.optimize.access import core_runs, cores_on_edges
from geoplan.optimize.problem import RING_PAIR, SPLITTER, Problem
from geoplan.optimize.solution import Design, Feeders
from geoplan.pipeline import Prepared, prepare
from geoplan.plan import Plan
from geoplan.progress import Progress, silent
from geoplan.scenario import Scenario
from geoplan.scenario_toml import render_scenario
from geoplan.text import Text

__all__ = ["Rebuilt", "rebuild"]

_METRES = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """A plan's problem, with the plan's own design and phases as arrays of it.

    Parameters
    ----------
    problem
        With the money of each phase as the plan has it.
    site_id, site_phase
        object (s,), int8 (s,): id and phase (0: never) of each site of the problem.
    """

    plan: Plan
    problem: Problem
    design: Design
    site_id: NDArray[np.object_]
    site_phase: NDArray[np.int8]


def rebuild(
    plan: Plan, scenario: Scenario, layers: Layers, *, progress: Progress = silent
) -> Rebuilt:
    """Build the problem of a plan again from the inputs it was made from.

    Raises
    ------
    InputError
        The scenario or a layer is not the one the plan was made from (each is named), or this
        version makes another candidate graph of them.
    """
    faults = [*_scenario_faults(plan, scenario), *_layer_faults(plan, layers)]
    if faults:
        raise InputError(faults)
    made = prepare(scenario, layers, progress=progress)
    if not _same_graph(plan, made):
        raise InputError([_other_version(plan)])
    ids = layers.sites["site_id"].astype(str).to_numpy(dtype=object)[made.site_rows]
    phase = plan["sites"].set_index("site_id")["phase"].reindex(ids).to_numpy(dtype=np.int8)
    budgets = plan.phases["budget_cents"].to_numpy(dtype=np.int64)
    problem = replace(made.problem, budgets_cents=budgets)
    return Rebuilt(plan, problem, _design(plan, problem, ids), ids, phase)


def _scenario_faults(plan: Plan, scenario: Scenario) -> list[Fault]:
    """Return a fault per section of the scenario that is not the plan's."""
    said = _sections(str(plan.provenance["scenario_toml"]))
    now = _sections(render_scenario(scenario))
    cure = Text(
        "用 --scenario 给出编制该方案的情景文件，或重新编制方案",
        "name the scenario of the plan with --scenario, or plan again",
    )
    what = Text("与方案所用情景不同", "is not as in the scenario of the plan")
    other = [name for name in dict.fromkeys([*said, *now]) if said.get(name) != now.get(name)]
    return [Fault("plan.other_scenario", "scenario", name, what, cure) for name in other]


def _sections(toml: str) -> dict[str, str]:
    """Return the text of each section of a rendered scenario; lists of one name together."""
    sections: dict[str, str] = {}
    name = "format"
    for line in toml.splitlines():
        if line.startswith("["):
            name = line
        sections[name] = sections.get(name, "") + line + "\n"
    return sections


def _layer_faults(plan: Plan, layers: Layers) -> list[Fault]:
    """Return a fault per layer whose file is not the one the plan was made from."""
    said, now = dict(plan.provenance["input_hashes"]), dict(layers.hashes)
    cure = Text(
        "给出编制该方案时的文件（道路用 --roads），或重新编制方案",
        "name the file that the plan was made from (roads: --roads), or plan again",
    )
    what = Text("与编制方案时的文件不同", "is not the file that the plan was made from")
    other = sorted(name for name in said.keys() | now.keys() if said.get(name) != now.get(name))
    return [Fault("plan.other_input", name, "", what, cure) for name in other]


def _same_graph(plan: Plan, made: Prepared) -> bool:
    edges, graph = plan["candidate_edges"], made.graph
    return (
        len(edges) == graph.n_edges
        and np.array_equal(edges["tail_node"], graph.tail)
        and np.array_equal(edges["head_node"], graph.head)
        and bool(np.allclose(edges["length_m"], graph.length_m, rtol=0.0, atol=_METRES))
    )


def _other_version(plan: Plan) -> Fault:
    version = plan.provenance["geoplan_version"]
    return Fault(
        "plan.other_version",
        "candidate_edges",
        "",
        Text(
            f"当前版本由同样数据得到的候选图与方案（版本 {version}）不同",
            f"this version makes another candidate graph than the plan's ({version})",
        ),
        Text("重新编制方案", "plan again with this version"),
    )


def _design(plan: Plan, problem: Problem, ids: NDArray[np.object_]) -> Design:
    """Return the full design of a plan from its core paths, in the order of sites and ways."""
    number = {name: row for row, name in enumerate(ids.tolist())}
    paths = plan["core_paths"]
    rows = sorted(
        (number[str(site)], int(way), json.loads(edges))
        for site, way, edges in zip(paths["site_id"], paths["way"], paths["edge_ids"], strict=True)
    )
    site = np.array([s for s, _, _ in rows], dtype=np.int32)
    edges = np.array([e for _, _, way in rows for e in way], dtype=np.int32)
    ptr = np.concatenate([[0], np.cumsum([len(way) for _, _, way in rows])]).astype(np.int64)
    feeders = _feeders(plan, problem, number, rows)
    runs = core_runs(problem, ptr, edges, site, feeders)
    said = plan.certificate
    return Design(
        path_ptr=ptr,
        path_edges=edges,
        path_site=site,
        path_way=np.array([w for _, w, _ in rows], dtype=np.int8),
        edge_cores=cores_on_edges(problem, runs),
        cost_cents=int(said["design_cost_cents"]),
        bound_cents=int(said["bound_cents"] or 0),
        bound_method=str(said["bound_method_en"]),
        complete=True,
        feeders=feeders,
    )


def _feeders(
    plan: Plan, problem: Problem, number: dict[str, int], rows: list[tuple[int, int, list[int]]]
) -> Feeders | None:
    """Return who shares cores in a plan, for its paths in the order of ``rows``."""
    table = plan["feeders"]
    if not len(table):
        return None
    of = {name: k for k, name in enumerate(table["feeder_id"])}
    paths = plan["core_paths"]
    told = {
        (number[str(site)], int(way)): (of.get(str(feeder), -1), int(place))
        for site, way, feeder, place in zip(
            *(paths[name] for name in ("site_id", "way", "feeder_id", "place")), strict=True
        )
    }
    node = table["node_id"].to_numpy(dtype=np.int32)
    access = np.where(table["architecture"] == "splitter", SPLITTER, RING_PAIR).astype(np.int8)
    feeder = np.array([told[s, w][0] for s, w, _ in rows], dtype=np.int32)
    own = np.array([len(way) for _, _, way in rows], dtype=np.int64)
    for row, (site, _, way) in enumerate(rows):
        at = int(problem.site_node[site])
        if feeder[row] >= 0 and access[feeder[row]] == RING_PAIR:
            own[row] = 0
        elif feeder[row] >= 0:  # up to the splitter
            for position, edge in enumerate(way):
                if at == node[feeder[row]]:
                    own[row] = position
                    break
                tail, head = int(problem.tail[edge]), int(problem.head[edge])
                at = head if tail == at else tail
    return Feeders(
        way_feeder=feeder,
        way_place=np.array([told[s, w][1] for s, w, _ in rows], dtype=np.int32),
        way_own=own,
        access=access,
        home=np.array([number[str(home)] for home in table["home_id"]], dtype=np.int32),
        node=node,
    )
