"""The planning run: every stage one line, one value in, one value out.

::

    Layers + Scenario -> CandidateGraph -> Problem -> Solution -> Network -> Plan

A what-if is :func:`dataclasses.replace` on the scenario and the same walk again.
"""

from __future__ import annotations

import logging
import time

from geoplan.bill import make_bill
from geoplan.candidates import build_candidates
from geoplan.cost import edge_costs
from geoplan.demand import site_demand
from geoplan.errors import InputError
from geoplan.existing import check_plant
from geoplan.layers import Layers
from geoplan.network import build_network
from geoplan.optimize import build_problem, solve
from geoplan.plan import Plan, assemble_plan
from geoplan.policy import assess_policy
from geoplan.progress import Progress, silent
from geoplan.scenario import Scenario

__all__ = ["make_plan"]

_log = logging.getLogger(__name__)


def make_plan(scenario: Scenario, layers: Layers, *, progress: Progress = silent) -> Plan:
    """Plan one scenario on one set of layers.

    Everything is decided by the arguments and the scenario's seed: the same input gives the
    same plan, wherever and however often it runs (``certificate["seconds"]`` apart).

    Parameters
    ----------
    scenario, layers
        As read by :mod:`geoplan.read`, or changed by :func:`dataclasses.replace`.
    progress
        Told how far each stage is.

    Raises
    ------
    InputError
        The existing plant contradicts itself, or a site has no home.
    InfeasibleError
        The rules can't hold together: the faults name them and the ways out.
    NoPlanError
        No plan was found within the limits.
    """
    began_s = time.perf_counter()
    faults = check_plant(layers.existing_ducts, layers.existing_cables)
    if faults:
        raise InputError(faults)
    graph = build_candidates(layers, scenario, progress=progress)
    _log.info("candidate graph: %d nodes, %d edges", graph.n_nodes, graph.n_edges)
    costs = edge_costs(graph, scenario)
    demand = site_demand(layers.sites, layers.districts, scenario)
    problem, site_rows = build_problem(graph, costs, layers.sites, demand, scenario)
    solution = solve(
        problem,
        seed=scenario.solve.seed,
        work_limit=scenario.solve.work_limit,
        time_limit_s=scenario.solve.time_limit_s,
        progress=progress,
    )
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
        notes=graph.notes,
        seconds=time.perf_counter() - began_s,
    )
    progress("network", 1.0)
    return plan
