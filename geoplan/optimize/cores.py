"""Cables and cores: what the cores used on an edge cost, and which core serves which way.

The smallest sufficient set of cables for ``q`` cores, with ``q' = ceil(q (1000 + r) / 1000)``
and ``L`` the largest size::

    n_L = q' // L,   and one cable of min {size >= q' mod L} when q' mod L > 0           (2)

The bill of an edge follows from (2) by equation (1) of :mod:`geoplan.optimize.problem`. The
schedule gives every way consecutive cores in one cable of each edge it runs over; ways that share
cores (:mod:`geoplan.optimize.access`) have the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.cost import cable_sizes
from geoplan.errors import Fault, InfeasibleError
from geoplan.optimize.access import core_runs
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Design
from geoplan.text import Text

__all__ = ["assign_cores", "cable_steps", "edge_bill_cents"]


def cable_steps(problem: Problem, edge_cores: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of new cables of each size on each edge: equation (2).

    Parameters
    ----------
    edge_cores
        int64 (m,), cores used on each edge; an edge with 0 takes no cable.

    Returns
    -------
    int64 (m, k), columns in the order of ``problem.step_cores``.
    """
    pulled = np.where(problem.takes_cable, edge_cores, 0)
    return cable_sizes(pulled, problem.step_cores, problem.reserve_permille)


def edge_bill_cents(problem: Problem, edge_cores: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what each edge costs with the cores used on it: equation (1), 0 where unused.

    Parameters
    ----------
    edge_cores
        int64 (m,), cores used on each edge.

    Returns
    -------
    int64 (m,), cents.
    """
    cables = (cable_steps(problem, edge_cores) * problem.step_cents).sum(axis=1)
    bill = problem.fixed_cents + problem.core_cents * edge_cores + cables
    return np.where(edge_cores > 0, bill, 0).astype(np.int64)


def assign_cores(
    problem: Problem, design: Design
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Return the core schedule of a design and its cables.

    One cable holds all ways of an edge in the order of the ways, then those that share cores;
    where an edge needs several, ways go first-fit, the thickest first. A way never splits over
    two cables. The reserve
    normally makes room for that; where it does not, the rules can't hold together.

    Returns
    -------
    schedule
        int64 (r, 5), rows ``way, position, edge, cable, first core``: see
        :class:`~geoplan.optimize.solution.Solution`.
    cable_edge, cable_size
        int32 (c,), int64 (c,): every new cable, in the order of edge and number.

    Raises
    ------
    InfeasibleError
        When the cables of rule (2) can't take the ways of an edge unsplit, rule
        ``cable.split``.
    """
    steps = cable_steps(problem, design.edge_cores)
    cable_edge, cable_size, cable_ptr = _number_cables(problem, steps)
    n_rows = len(design.path_edges)
    way = np.repeat(np.arange(len(design.path_site)), np.diff(design.path_ptr))
    position = np.arange(n_rows) - design.path_ptr[way]
    runs = core_runs(problem, design.path_ptr, design.path_edges, design.path_site, design.feeders)
    n_runs = len(runs.edge)
    cable = np.zeros(n_runs, dtype=np.int64)
    start = np.flatnonzero(np.r_[True, runs.edge[1:] != runs.edge[:-1]][:n_runs])
    before = np.cumsum(runs.cores) - runs.cores
    length = np.diff(np.r_[start, n_runs])
    first = before - np.repeat(before[start], length) + 1

    crowded = np.flatnonzero(np.diff(cable_ptr)[runs.edge[start]] > 1)
    split = []
    for group in crowded:
        span = slice(start[group], start[group] + length[group])
        e = int(runs.edge[start[group]])
        sizes = cable_size[cable_ptr[e] : cable_ptr[e + 1]]
        packed = _first_fit(runs.cores[span], sizes)
        if packed is None:
            split.append(_split_fault(e, int(length[group]), sizes))
            continue
        cable[span], first[span] = packed
    if split:
        raise InfeasibleError(split)
    row, edge = runs.row_run, design.path_edges
    schedule = np.column_stack([way, position, edge, cable[row], first[row]]).astype(np.int64)
    for array in (schedule, cable_edge, cable_size):
        array.setflags(write=False)
    return schedule, cable_edge, cable_size


def _number_cables(
    problem: Problem, steps: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """List cables by edge, the largest first, with the CSR pointer (m + 1,) into the list."""
    falling = steps[:, ::-1]
    edge, step = np.nonzero(falling)
    count = falling[edge, step]
    cable_edge = np.repeat(edge, count).astype(np.int32)
    cable_size = np.repeat(problem.step_cores[::-1][step], count).astype(np.int64)
    pointer = np.zeros(len(steps) + 1, dtype=np.int64)
    np.cumsum(steps.sum(axis=1), out=pointer[1:])
    return cable_edge, cable_size, pointer


def _first_fit(
    cores: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Put ways into cables, the thickest way first, each into the first cable with room.

    With ways of one thickness ``c`` this fills every cable with ``size // c`` ways, which no
    packing can beat.
    """
    used = [0] * len(sizes)
    cable = np.zeros(len(cores), dtype=np.int64)
    first = np.zeros(len(cores), dtype=np.int64)
    lowest, thickness = 0, -1
    for i in np.argsort(-cores, kind="stable").tolist():
        need = int(cores[i])
        if need != thickness:  # a thinner way may fit where a thicker one did not
            lowest, thickness = 0, need
        while lowest < len(used) and used[lowest] + need > sizes[lowest]:
            lowest += 1
        if lowest == len(used):
            return None
        cable[i], first[i] = lowest, used[lowest] + 1
        used[lowest] += need
    return cable, first


def _split_fault(edge: int, n_ways: int, sizes: NDArray[np.int64]) -> Fault:
    """Say that the ways of an edge don't fit into its cables unsplit."""
    listed = " + ".join(str(size) for size in sizes.tolist())
    return Fault(
        rule="cable.split",
        layer="[cable]",
        row=str(edge),
        what=Text(
            f"该段 {n_ways} 条纤芯路径无法在不拆分的前提下装入光缆（{listed} 芯）",
            f"{n_ways} ways do not fit into the cables of this stretch ({listed} cores) unsplit",
        ),
        cure=Text(
            "提高 cable.reserve_share，或在 cable.sizes_cores 中增加更大的规格",
            "raise cable.reserve_share or add a larger size to cable.sizes_cores",
        ),
    )
