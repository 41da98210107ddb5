"""Adjacency of a Problem in the form the kernels take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.routing import Net

if TYPE_CHECKING:  # the Steiner core starts without the tables that a problem is built from
    from geoplan.optimize.problem import Problem

__all__ = ["Adjacency", "adjacency", "arcs_by_head", "build_net"]


@dataclass(frozen=True, slots=True, eq=False)
class Adjacency:
    """CSR of an undirected multigraph: neighbours and edge ids of each node, by edge id."""

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    eid: NDArray[np.int32]


def adjacency(n_nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> Adjacency:
    """Return the adjacency of the graph (each edge stands at both of its ends)."""
    m = len(tail)
    ends = np.concatenate([tail, head]).astype(np.int64)
    other = np.concatenate([head, tail]).astype(np.int32)
    edge = np.concatenate([np.arange(m), np.arange(m)]).astype(np.int32)
    order = np.lexsort((edge, ends))
    ptr = np.zeros(n_nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends, minlength=n_nodes), out=ptr[1:])
    return Adjacency(ptr=ptr, nbr=other[order], eid=edge[order])


def arcs_by_head(
    n_nodes: int, arc_head: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return (ptr, arcs): the arcs that enter each node, CSR, in the order of arc ids."""
    order = np.argsort(arc_head, kind="stable").astype(np.int32)
    ptr = np.zeros(n_nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(arc_head, minlength=n_nodes), out=ptr[1:])
    return ptr, order


def build_net(problem: Problem) -> Net:
    """Return the kernel's view of a problem (its own writable copies)."""
    graph = adjacency(problem.n_nodes, problem.tail, problem.head)
    edge_of = np.repeat(np.arange(problem.n_edges), np.diff(problem.risk_ptr)).astype(np.int32)
    by_group = np.argsort(problem.risk_groups, kind="stable")
    group_ptr = np.zeros(problem.n_risk_groups + 1, dtype=np.int64)
    np.cumsum(np.bincount(problem.risk_groups, minlength=problem.n_risk_groups), out=group_ptr[1:])
    demands = np.unique(problem.site_cores[problem.site_ways > 0])
    return Net(
        ptr=graph.ptr,
        nbr=graph.nbr,
        eid=graph.eid,
        fixed=problem.fixed_cents.copy(),
        core=problem.core_cents.copy(),
        takes_cable=problem.takes_cable.copy(),
        step_cores=problem.step_cores.copy(),
        step_cents=np.ascontiguousarray(problem.step_cents).copy(),
        reserve_permille=problem.reserve_permille,
        capacity_cores=problem.capacity_cores.copy(),
        capacity_cables=problem.capacity_cables.copy(),
        risk_ptr=problem.risk_ptr.copy(),
        risk_groups=problem.risk_groups.copy(),
        n_risk_groups=problem.n_risk_groups,
        group_ptr=group_ptr,
        group_edges=edge_of[by_group],
        demands=demands.astype(np.int64),
        tie=np.zeros(problem.n_edges, dtype=np.int64),
        tail=problem.tail.copy(),
        head=problem.head.copy(),
        ahead=np.zeros((0, len(demands), problem.n_nodes), dtype=np.int64),
        ahead_row=np.full(problem.n_nodes, -1, dtype=np.int32),
        length_dm=(problem.length_dm if len(problem.length_dm) else 0 * problem.fixed_cents).copy(),
        dm_ahead=np.zeros((0, problem.n_nodes), dtype=np.int64),
    )
