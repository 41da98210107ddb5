"""The least design in rings by listing every way there is, for graphs small enough to list them.

The model is (14)-(18) of :mod:`geoplan.optimize.choice_model` with the least bill (17). CP-SAT with
one worker, steered by deterministic work. When it proves its answer, that is the least bill of
every design in rings: no relaxation is left.
"""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from geoplan.optimize.choice_model import ChoiceModel, rings_of
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_sets import Ring
from geoplan.optimize.way_lists import Path, list_choices, ringed_hubs
from geoplan.stopping import NO_LIMIT, Clock

__all__ = ["ExactRings", "exact_rings"]

_WORK = 20.0
_LONGEST_S = 1e6
"""Stands for no limit: the solver wants a finite one."""


@dataclass(frozen=True, slots=True)
class ExactRings:
    """Rings, a path for every other site, and whether no design in rings is cheaper.

    ``impossible`` is true when all ways were listed and there is no design (then all is empty).
    """

    rings: list[Ring]
    paths: dict[int, Path]
    proven: bool
    impossible: bool = False


def exact_rings(
    problem: Problem, *, seed: int, work_limit: float, clock: Clock = NO_LIMIT
) -> ExactRings | None:
    """Return the best design in rings of a small graph.

    Returns
    -------
    None when the graph has too many ways to list, or nothing was found within the work.
    """
    choices = list_choices(problem)
    if choices is None:
        return None
    if not all(choices):
        return ExactRings([], {}, proven=False, impossible=True)
    design = ChoiceModel(problem, choices)
    design.model.minimize(design.bill())
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = _WORK * work_limit
    solver.parameters.max_time_in_seconds = min(_LONGEST_S, max(0.01, clock.left_s()))
    # its own way of catching Ctrl-C leaves the process without any afterwards
    solver.parameters.catch_sigint_signal = False
    with clock.interruption.stopping(solver.stop_search):
        status = solver.solve(design.model)
    if clock.interrupted:  # then CP-SAT was seen to call an answer optimal that was not
        return None
    if status == cp_model.INFEASIBLE:
        return ExactRings([], {}, proven=False, impossible=True)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    chosen = design.chosen(solver)
    on_ring = ringed_hubs(problem)
    # a hub in its core's node has the empty path twice
    paths = {s: ways[0] for s, ways in enumerate(chosen) if ways and s not in on_ring}
    return ExactRings(rings_of(problem, chosen), paths, status == cp_model.OPTIMAL)
