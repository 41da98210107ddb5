"""The planning run: every stage one line, one value in, one value out.

::

    Layers + Scenario -> CandidateGraph -> Problem -> Solution -> Network -> Plan

A what-if is :func:`dataclasses.replace` on the scenario and the same walk again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.bill import make_bill
from geoplan.candidates import CandidateGraph, build_candidates
from geoplan.cost import EdgeCosts, edge_costs
from geoplan.demand import site_demand
from geoplan.errors import Fault, GeoplanError, InfeasibleError, InputError
from geoplan.existing import check_plant
from geoplan.layers import Layers
from geoplan.network import build_network
from geoplan.optimize.problem import Problem, build_problem
from geoplan.optimize.resolve_locks import resolve_locks
from geoplan.optimize.solve import solve
from geoplan.optimize.way_limits import limit_ways
from geoplan.plan import Plan, assemble_plan
from geoplan.policy import assess_policy
from geoplan.progress import Progress, silent
from geoplan.scenario import Scenario
from geoplan.scenario_toml import scenario_faults
from geoplan.stopping import Interruption
from geoplan.text import Text

__all__ = ["Prepared", "make_plan", "prepare"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The Problem of one run and what it was made of; ``site_rows`` as of ``build_problem``."""

    graph: CandidateGraph
    costs: EdgeCosts
    demand: pd.DataFrame
    problem: Problem
    site_rows: NDArray[np.int64]


def make_plan(
    scenario: Scenario,
    layers: Layers,
    *,
    progress: Progress = silent,
    interruption: Interruption | None = None,
) -> Plan:
    """Plan one scenario on one set of layers.

    Everything is decided by the arguments and the scenario's seed: the same input gives the
    same plan, wherever and however often it runs (``certificate["seconds"]`` apart).

    Parameters
    ----------
    scenario, layers
        As read by :mod:`geoplan.read`, or changed by :func:`dataclasses.replace`.
    progress
        Told how far each stage is.
    interruption
        A request to end the search early, from :func:`geoplan.ctrl_c.ctrl_c` or made by another
        thread: the best plan found by then is returned, with status ``interrupted``. Before the
        first whole design there is none, and the request waits for it.

    Raises
    ------
    InputError
        A what-if's values are no scenario (a negative price ...), the existing plant
        contradicts itself, or a site has no home.
    InfeasibleError
        The rules can't hold together: the faults name them and the ways out.
    NoPlanError
        No plan was found within the limits.
    """
    began_s = time.perf_counter()
    made = prepare(scenario, layers, progress=progress)
    graph, costs, demand, problem, site_rows = (
        *(made.graph, made.costs, made.demand, made.problem),
        made.site_rows,
    )
    try:
        solution = solve(
            problem,
            seed=scenario.solve.seed,
            work_limit=scenario.solve.work_limit,
            time_limit_s=scenario.solve.time_limit_s,
            interruption=interruption,
            progress=progress,
        )
    except GeoplanError as error:
        raise type(error)([_named(f, layers.sites, site_rows) for f in error.faults]) from error
    _log.info("solution: %s, %d cents", solution.status, solution.design.cost_cents)
    progress("network", 0.0)
    network = build_network(
        layers=layers,
        graph=graph,
        costs=costs,
        scenario=scenario,
        demand=demand,
        problem=problem,
        site_rows=site_rows,
        solution=solution,
    )
    bill = make_bill(network, scenario)
    policy = assess_policy(network, scenario, layers)
    plan = assemble_plan(
        layers=layers,
        scenario=scenario,
        network=network,
        bill=bill,
        policy=policy,
        solution=solution,
        site_rows=site_rows,
        notes=graph.notes,
        seconds=time.perf_counter() - began_s,
    )
    progress("network", 1.0)
    return plan


def prepare(scenario: Scenario, layers: Layers, *, progress: Progress = silent) -> Prepared:
    """Turn scenario and layers into the Problem, and keep what it was made of.

    Raises
    ------
    InputError, InfeasibleError
        As :func:`make_plan`, for what shows before the optimizer starts.
    """
    faults = [
        *scenario_faults(scenario),
        *check_plant(layers.existing_ducts, layers.existing_cables),
    ]
    if faults:
        raise InputError(faults)
    graph = build_candidates(layers, scenario, progress=progress)
    _log.info("candidate graph: %d nodes, %d edges", graph.n_nodes, graph.n_edges)
    _refuse_hopeless(graph, layers.sites, scenario)
    costs = edge_costs(graph, scenario)
    demand = site_demand(layers.sites, layers.districts, scenario)
    problem, site_rows = build_problem(graph, costs, layers.sites, demand, scenario)
    problem = resolve_locks(problem, graph, layers.sites, site_rows, scenario.locks, layers.built)
    if scenario.longest_way is not None:
        problem, too_far = limit_ways(problem, scenario.longest_way)
        if too_far:
            raise InfeasibleError([_named(f, layers.sites, site_rows) for f in too_far])
    return Prepared(graph, costs, demand, problem, site_rows)


def _refuse_hopeless(graph: CandidateGraph, sites: gpd.GeoDataFrame, scenario: Scenario) -> None:
    """Refuse a graph that already shows that a core or hub can't be served as the rules ask.

    Townships and units that can't be reached are left out with a note; without its hub a whole
    district would be left out, and that is never done silently.

    Raises
    ------
    InfeasibleError
        Names every such core and hub, what it lacks and the cure.
    """
    backbone = set(sites.loc[sites["level"].isin(["core", "district"]), "site_id"])
    fatal = {"candidates.unattached"}
    if scenario.policy.hub_ways > 1:
        fatal.add("hub.single_way")
    faults = [note for note in graph.notes if note.rule in fatal and note.row in backbone]
    if faults:
        raise InfeasibleError(faults)


def _named(fault: Fault, sites: gpd.GeoDataFrame, site_rows: NDArray[np.int64]) -> Fault:
    """Return a fault of the optimizer, which only knows numbers, with the site's id and name."""
    if fault.layer != "sites" or not fault.row.isdigit():
        return fault
    site = sites.iloc[int(site_rows[int(fault.row)])]
    what = Text(f"{site['name']}：{fault.what.zh}", f"{site['name']}: {fault.what.en}")
    return replace(fault, row=str(site["site_id"]), what=what)
