"""Forced and forbidden edges, and a network that exists, for Steiner problems of both kinds.

Forbidden edges are deleted; forced edges and those that exist are contracted. What is contracted
belongs to every tree: it becomes a terminal (a required node) unless it holds the root. So the
solvers need to know nothing of locks, and every bound of theirs plus ``fixed_cost`` is a bound
of the locked problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.errors import Fault, InfeasibleError, InputError
from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.optimize.steiner.prize_graph import PrizeInstance
from geoplan.text import Text

__all__ = ["Locked", "apply_locks"]

Instance = TypeVar("Instance", SteinerInstance, PrizeInstance)
Edges = Sequence[int] | NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Locked(Generic[Instance]):
    """A problem without locks that stands for one with locks, and the way back.

    Parameters
    ----------
    instance
        The problem to solve: no self-loops from contraction, its own node and edge ids.
    fixed_edges
        int32, edges of the original that belong to every tree, ascending: the forced ones, and
        of the existing ones as many as hang their nodes together.
    fixed_cost
        What the forced edges cost; existing ones cost nothing.
    edge_map
        int32 (m',), the original edge that each edge of ``instance`` is.
    node_map
        int32 (n,), the node of ``instance`` that each original node is in.
    """

    instance: Instance
    fixed_edges: NDArray[np.int32]
    fixed_cost: int
    edge_map: NDArray[np.int32]
    node_map: NDArray[np.int32]

    def original_edges(self, edges: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the original tree, ascending edge ids, that a tree of ``instance`` stands for."""
        return np.sort(np.concatenate([self.fixed_edges, self.edge_map[edges]])).astype(np.int32)


def apply_locks(
    instance: Instance,
    *,
    forced: Edges = (),
    forbidden: Edges = (),
    existing: Edges = (),
) -> Locked[Instance]:
    """Delete forbidden edges, contract forced and existing ones.

    Parameters
    ----------
    instance
        A plain or a prize-collecting problem.
    forced
        Edges that every tree must hold; they may not form a ring.
    forbidden
        Edges that no tree may hold.
    existing
        Edges that are there already: they belong to the tree and cost nothing. They may form
        rings (of a ring all but one edge are taken, in the order of ids).

    Raises
    ------
    InputError
        When ids are out of range, an edge is locked both ways, or forced edges form a ring
        (among themselves or with what exists); every fault found is listed.
    InfeasibleError
        When a terminal, a required node or a forced edge is cut off by the locks.
    """
    tree, banned, built = _checked(instance, forced, forbidden, existing)
    taken = np.zeros(instance.n_edges, np.bool_)
    taken[tree] = True
    _, node_map = _components(instance.n_nodes, instance.tail[tree], instance.head[tree])
    keep = ~taken
    keep[banned] = False
    keep &= node_map[instance.tail] != node_map[instance.head]
    edge_map = np.flatnonzero(keep).astype(np.int32)
    locked = _contract(instance, node_map, edge_map, node_map[instance.tail[tree]])
    fixed = np.sort(tree).astype(np.int32)
    for array in (fixed, edge_map, node_map):
        array.setflags(write=False)
    _refuse_cut_off(instance, locked, node_map)
    return Locked(
        instance=locked,
        fixed_edges=fixed,
        fixed_cost=int(instance.cost[built].sum()),
        edge_map=edge_map,
        node_map=node_map,
    )


def _checked(
    instance: SteinerInstance | PrizeInstance, forced: Edges, forbidden: Edges, existing: Edges
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges to contract, to delete, and those contracted that must be paid.

    Raises
    ------
    InputError
        With every fault of the locks.
    """
    lists = {"forced": forced, "forbidden": forbidden, "existing": existing}
    given: dict[str, NDArray[np.int64]] = {
        name: np.unique(np.asarray(edges, np.int64)) for name, edges in lists.items()
    }
    m = instance.n_edges
    ids = {name: edges[(edges >= 0) & (edges < m)] for name, edges in given.items()}
    spanned = _spanning(instance, ids["existing"], ids["forced"])
    faults = [*_range_faults(given, m), *_contradictions(ids), *spanned.faults]
    if faults:
        raise InputError(faults)
    paid = np.setdiff1d(spanned.edges, ids["existing"])
    return spanned.edges, ids["forbidden"], paid


class _Spanned(NamedTuple):
    """Edges to contract, a forest; and a fault per forced edge that closes a ring."""

    edges: NDArray[np.int64]
    faults: list[Fault]


def _fault(rule: str, row: str, what: Text, cure: Text) -> Fault:
    return Fault(rule=f"locks.{rule}", layer="edges", row=row, what=what, cure=cure)


def _range_faults(ids: dict[str, NDArray[np.int64]], n_edges: int) -> list[Fault]:
    return [
        _fault(
            "range",
            str(e),
            Text(f"{name} 中没有这条边", f"{name}: there is no such edge"),
            Text(f"编号须小于 {n_edges}", f"ids are below {n_edges} and not negative"),
        )
        for name, edges in ids.items()
        for e in edges.tolist()
        if not 0 <= e < n_edges
    ]


def _contradictions(ids: dict[str, NDArray[np.int64]]) -> list[Fault]:
    """Edges that are locked in and locked out."""
    return [
        _fault(
            "contradiction",
            str(e),
            Text("同一条边既须采用又被禁止", f"the edge is {name} and forbidden"),
            Text("去掉其中一个锁定", "take one of the two locks away"),
        )
        for name in ("forced", "existing")
        for e in np.intersect1d(ids[name], ids["forbidden"]).tolist()
    ]


def _spanning(
    instance: SteinerInstance | PrizeInstance,
    existing: NDArray[np.int64],
    forced: NDArray[np.int64],
) -> _Spanned:
    """Take the existing edges first, then the forced ones, as long as they close no ring."""
    group = np.arange(instance.n_nodes)

    def top(v: int) -> int:
        while group[v] != v:
            group[v] = group[group[v]]
            v = int(group[v])
        return v

    chosen, faults = [], []
    extra = np.setdiff1d(forced, existing)
    for number, e in enumerate([*existing.tolist(), *extra.tolist()]):
        one, other = top(int(instance.tail[e])), top(int(instance.head[e]))
        if one != other:
            group[one] = other
            chosen.append(e)
        elif number >= len(existing):
            faults.append(
                _fault(
                    "ring",
                    str(e),
                    Text("必选边构成环", "the edge closes a ring of forced edges"),
                    Text("去掉环上的一条必选边", "force one edge of the ring less"),
                )
            )
    return _Spanned(np.array(chosen, np.int64), faults)


def _components(
    n_nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]
) -> tuple[int, NDArray[np.int32]]:
    """Return the number of connected parts and each node's part."""
    links = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(n_nodes, n_nodes))
    count, part = connected_components(links, directed=False)
    return int(count), np.asarray(part, np.int32)


def _contract(
    instance: Instance,
    node_map: NDArray[np.int32],
    edge_map: NDArray[np.int32],
    fixed_nodes: NDArray[np.int32],
) -> Instance:
    """Return the instance over the contracted nodes and the edges that are left."""
    n = int(node_map.max()) + 1 if len(node_map) else 0
    tail, head = node_map[instance.tail[edge_map]], node_map[instance.head[edge_map]]
    cost = instance.cost[edge_map]
    if isinstance(instance, SteinerInstance):
        terminals = np.union1d(node_map[instance.terminals], fixed_nodes).astype(np.int32)
        return SteinerInstance(n, tail, head, cost, terminals)
    prizes = np.zeros(n, np.int64)
    np.add.at(prizes, node_map, instance.prizes)
    required = np.union1d(node_map[instance.needs], fixed_nodes).astype(np.int32)
    root = int(node_map[instance.root])
    return PrizeInstance(n, tail, head, cost, root, prizes, required)


def _refuse_cut_off(
    instance: SteinerInstance | PrizeInstance,
    locked: SteinerInstance | PrizeInstance,
    node_map: NDArray[np.int32],
) -> None:
    """Raise when what must hang together does not.

    Raises
    ------
    InfeasibleError
        With a fault for every node that is cut off.
    """
    if isinstance(locked, SteinerInstance):
        must = locked.terminals
        root = int(must[0]) if len(must) else 0
    else:
        must = np.flatnonzero(locked.needs).astype(np.int32)
        root = locked.root
    _, part = _components(locked.n_nodes, locked.tail, locked.head)
    lost = must[part[must] != part[root]] if len(must) else must
    if len(lost) == 0:
        return
    # name each part by the smallest of its original nodes
    first = np.full(locked.n_nodes, instance.n_nodes, np.int64)
    np.minimum.at(first, node_map, np.arange(instance.n_nodes))
    raise InfeasibleError(
        _fault(
            "cut_off",
            str(v),
            Text(f"节点 {v} 被锁定隔断", f"node {v} is cut off by the locks"),
            Text("放开一条禁止边", "allow an edge that is forbidden"),
        )
        for v in sorted(first[lost].tolist())
    )
