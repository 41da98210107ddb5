"""Prize-collecting Steiner problems: the instance, a smaller one, and its directed form.

Rooted prize-collecting asks for a tree that holds the root and all required nodes, and pays for
its edges and for every prize it leaves. As an arborescence: each node s with a prize gets a
terminal s' that is entered from s for nothing or from the root for the prize. So the bounds of
the plain problem hold as they are, on a digraph of 2 m + 2 k arcs (k prizes)::

    arcs e and M + e       edge e forth and back, M = m + 2 k
    arc m + i              root -> s'_i at the prize: the prize is left
    arc m + k + i          s_i -> s'_i for nothing: the prize is collected

I. Ljubic et al., "An algorithmic framework for the exact solution of the prize-collecting
Steiner tree problem" (2006).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.dual_ascent import dual_ascent
from geoplan._kernels.steiner_prizes import FAR, grow_nodes, merge_chains, peel
from geoplan._kernels.steiner_reduce_dual import distance_from, two_nearest
from geoplan.errors import Fault, InputError
from geoplan.optimize.graph_arrays import Adjacency, adjacency, arcs_by_head
from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.text import Text

__all__ = [
    "Ascent", "Digraph", "PrizeInstance", "SmallPrizes", "ascend", "begin_small", "check_prizes",
    "digraph", "doomed", "fix", "original_edges", "reached", "shrink",
]  # fmt: skip

_MOST = 2**53
_ROUNDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class PrizeInstance:
    """Connect a root with nodes that are worth it, in an undirected multigraph.

    Parameters
    ----------
    n_nodes
        Number of nodes.
    tail, head
        int32 (m,), ends of the edges; parallel edges and self-loops allowed.
    cost
        int64 (m,) >= 0; the sum of all stays below 2**53.
    root
        The node that every tree holds.
    prizes
        int64 (n,) >= 0, what each node is worth; the sum of all stays below 2**53.
    required
        int32, nodes that must be connected, or None.
    """

    n_nodes: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    cost: NDArray[np.int64]
    root: int
    prizes: NDArray[np.int64]
    required: NDArray[np.int32] | None = None

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)

    @property
    def needs(self) -> NDArray[np.bool_]:
        """Mask (n,) of the root and the required nodes."""
        mask = np.zeros(self.n_nodes, np.bool_)
        mask[self.root] = True
        if self.required is not None:
            mask[self.required] = True
        return mask

    def adjacency(self) -> Adjacency:
        """Return the adjacency of the graph."""
        return adjacency(self.n_nodes, self.tail, self.head)


@dataclass(frozen=True, slots=True, eq=False)
class SmallPrizes:
    """A smaller instance and the way back.

    Edge e of ``instance`` stands for the original edges ``items[item_ptr[e]:item_ptr[e + 1]]``;
    prizes worth ``lost`` are left by every tree of ``instance``.
    """

    instance: PrizeInstance
    lost: int
    item_ptr: NDArray[np.int64]
    items: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Digraph:
    """The directed form: see the module. ``closed`` bool (2M,) marks arcs that do not exist."""

    steiner: SteinerInstance
    root: int
    n_edges: int
    holders: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    cost: NDArray[np.int64]
    closed: NDArray[np.bool_]
    in_ptr: NDArray[np.int64]
    in_arc: NDArray[np.int32]
    out_ptr: NDArray[np.int64]
    out_arc: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Ascent:
    """A lower bound and the reduced costs int64 (2M,) that belong to it."""

    bound: int
    reduced: NDArray[np.int64]


def check_prizes(instance: PrizeInstance) -> None:
    """Refuse an instance that breaks what :class:`PrizeInstance` says.

    Raises
    ------
    InputError
        With every fault found.
    """
    n = instance.n_nodes
    required = np.zeros(0, np.int32) if instance.required is None else instance.required
    rows = (
        ("edges", "ends", _outside(instance.tail, n) + _outside(instance.head, n)),
        ("nodes", "root", _outside(np.array([instance.root]), n)),
        ("nodes", "required", _outside(required, n)),
        ("edges", "cost", int((instance.cost < 0).sum())),
        ("nodes", "prizes", int((instance.prizes < 0).sum())),
        ("edges", "cost", int(sum(instance.cost.tolist()) >= _MOST)),
        ("nodes", "prizes", int(sum(instance.prizes.tolist()) >= _MOST)),
        ("nodes", "prizes", int(len(instance.prizes) != n)),
        ("edges", "cost", int(not len(instance.tail) == len(instance.head) == len(instance.cost))),
    )
    faults = [
        Fault(
            rule=f"prizes.{row}",
            layer=layer,
            row="",
            what=Text(f"{row} 有 {count} 处错误", f"{row}: {count} values are at fault"),
            cure=Text(
                "编号须在范围内, 数值须为非负且总和小于 2^53",
                "ids within range; values not negative, in total below 2^53",
            ),
        )
        for layer, row, count in rows
        if count
    ]
    if faults:
        raise InputError(faults)


def _outside(ids: NDArray[np.int32] | NDArray[np.int64], n: int) -> int:
    return int(((ids < 0) | (ids >= n)).sum())


def begin_small(instance: PrizeInstance, *, all_pay: bool = False) -> SmallPrizes | None:
    """Return the first smaller instance; None when a required node can't be reached."""
    m = instance.n_edges
    whole = SmallPrizes(
        instance=instance,
        lost=0,
        item_ptr=np.arange(m + 1, dtype=np.int64),
        items=np.arange(m, dtype=np.int32),
    )
    return shrink(whole, np.ones(m, np.bool_), all_pay=all_pay)


def reached(instance: PrizeInstance, edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the nodes that hang together with the root over the marked edges."""
    graph = adjacency(instance.n_nodes, instance.tail[edges], instance.head[edges])
    inside = np.zeros(instance.n_nodes, np.bool_)
    inside[instance.root] = True
    zero = np.zeros(int(edges.sum()), np.int64)
    worth = np.ones(instance.n_nodes, np.int64)
    grown = grow_nodes(graph.ptr, graph.nbr, graph.eid, zero, worth, inside)
    return np.asarray(grown)


def shrink(
    small: SmallPrizes, keep: NDArray[np.bool_], *, all_pay: bool = False
) -> SmallPrizes | None:
    """Delete edges; cut dead ends that do not pay; of parallel edges keep one; merge chains.

    With ``all_pay`` every prize counts as worth any way, as it may be under a budget.

    Returns None when a required node can't be reached any more.
    """
    for _ in range(_ROUNDS):
        now = small.instance
        keep = keep & (now.tail != now.head) & _cheapest(now)
        inside = reached(now, keep)
        if (now.needs & ~inside).any():
            return None
        keep &= inside[now.tail]
        ids = np.flatnonzero(keep)
        graph = adjacency(now.n_nodes, now.tail[ids], now.head[ids])
        worth = np.where(now.prizes > 0, FAR, 0) if all_pay else now.prizes
        gone = peel(graph.ptr, graph.nbr, graph.eid, now.cost[ids], worth, now.needs)
        keep[ids[gone]] = False
        after = _rebuild(small, keep)
        stalled = after.instance.n_edges == now.n_edges
        small = after
        keep = np.ones(after.instance.n_edges, np.bool_)
        if stalled:
            break
    return small


def _cheapest(now: PrizeInstance) -> NDArray[np.bool_]:
    """Mark one cheapest edge of every pair of nodes."""
    low, high = np.minimum(now.tail, now.head), np.maximum(now.tail, now.head)
    order = np.lexsort((np.arange(now.n_edges), now.cost, high, low))
    first = np.ones(now.n_edges, np.bool_)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    mask = np.zeros(now.n_edges, np.bool_)
    mask[order[first]] = True
    return mask


def _rebuild(small: SmallPrizes, keep: NDArray[np.bool_]) -> SmallPrizes:
    """Merge chains of the kept edges, and number the nodes that are left anew."""
    now = small.instance
    ids = np.flatnonzero(keep)
    graph = adjacency(now.n_nodes, now.tail[ids], now.head[ids])
    degree = np.diff(graph.ptr)
    key = (degree > 0) & ((degree != 2) | (now.prizes > 0))
    key |= now.needs
    tail, head, cost, ptr, chain = merge_chains(graph.ptr, graph.nbr, graph.eid, now.cost[ids], key)
    old = ids[chain[: ptr[-1]]]
    lengths = small.item_ptr[old + 1] - small.item_ptr[old]
    starts = np.repeat(small.item_ptr[old] - (np.cumsum(lengths) - lengths), lengths)
    items = small.items[starts + np.arange(int(lengths.sum()))]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    left = key.copy()
    number = (np.cumsum(left) - 1).astype(np.int32)
    required = None if now.required is None else np.unique(number[now.required]).astype(np.int32)
    return SmallPrizes(
        instance=PrizeInstance(
            n_nodes=int(left.sum()),
            tail=number[tail],
            head=number[head],
            cost=cost,
            root=int(number[now.root]),
            prizes=now.prizes[left],
            required=required,
        ),
        lost=small.lost + int(now.prizes[~left].sum()),
        item_ptr=ends[ptr].astype(np.int64),
        items=items,
    )


def original_edges(small: SmallPrizes, edges: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the original edges that edges of the smaller instance stand for."""
    if len(edges) == 0:
        return np.zeros(0, np.int32)
    parts = [small.items[small.item_ptr[e] : small.item_ptr[e + 1]] for e in edges.tolist()]
    return np.sort(np.concatenate(parts)).astype(np.int32)


def nodes_of(small: SmallPrizes, edges: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Mark the nodes of the smaller instance that original edges run through."""
    used = np.zeros(int(small.items.max(initial=-1)) + 1, np.bool_)
    used[edges[edges < len(used)]] = True
    missing = np.concatenate([[0], np.cumsum(~used[small.items])])
    whole = missing[small.item_ptr[1:]] == missing[small.item_ptr[:-1]]
    inside = np.zeros(small.instance.n_nodes, np.bool_)
    inside[small.instance.tail[whole]] = True
    inside[small.instance.head[whole]] = True
    return inside


def digraph(instance: PrizeInstance) -> Digraph:
    """Return the directed form of an instance."""
    n, m, root = instance.n_nodes, instance.n_edges, instance.root
    needs = instance.needs
    holders = np.flatnonzero((instance.prizes > 0) & ~needs).astype(np.int32)
    k = len(holders)
    copies = np.arange(n, n + k, dtype=np.int32)
    tail = np.concatenate([instance.tail, np.full(k, root, np.int32), holders])
    head = np.concatenate([instance.head, copies, copies])
    cost = np.concatenate([instance.cost, instance.prizes[holders], np.zeros(k, np.int64)])
    total = m + 2 * k
    closed = np.zeros(2 * total, np.bool_)
    closed[total + m :] = True
    closed |= np.concatenate([head, tail]) == root
    terminals = np.concatenate([np.flatnonzero(needs).astype(np.int32), copies])
    both_tail = np.concatenate([tail, head]).astype(np.int32)
    both_head = np.concatenate([head, tail]).astype(np.int32)
    in_ptr, in_arc = arcs_by_head(n + k, both_head)
    out_ptr, out_arc = arcs_by_head(n + k, both_tail)
    return Digraph(
        steiner=SteinerInstance(n + k, tail, head, cost, terminals),
        root=root,
        n_edges=m,
        holders=holders,
        tail=both_tail,
        head=both_head,
        cost=np.where(closed, FAR, np.concatenate([cost, cost])),
        closed=closed,
        in_ptr=in_ptr,
        in_arc=in_arc,
        out_ptr=out_ptr,
        out_arc=out_arc,
    )


def ascend(graph: Digraph, order: int) -> Ascent:
    """Raise cuts around the terminals: all at once (0), dear ones first (1), or last (2)."""
    terminals = graph.steiner.terminals
    k = len(graph.holders)
    first, copies = terminals[: len(terminals) - k], terminals[len(terminals) - k :]
    prize = graph.steiner.cost[graph.n_edges : graph.n_edges + k]
    dear = prize > np.median(prize) if k else np.zeros(0, np.bool_)
    batches = (
        (terminals,),
        (first, copies[dear], copies[~dear]),
        (copies[~dear], copies[dear], first),
    )[order]
    reduced = graph.cost.copy()
    bound = 0
    for batch in batches:
        part = dual_ascent(
            graph.in_ptr, graph.in_arc, graph.tail, reduced, graph.root, batch.astype(np.int32)
        )
        bound += max(0, int(part))
    return Ascent(bound, reduced)


def doomed(graph: Digraph, ascent: Ascent, limit: int) -> NDArray[np.bool_]:
    """Mark the arcs, bool (2M,), whose use adds ``limit`` or more to the bound."""
    goals = graph.steiner.terminals[graph.steiner.terminals != graph.root]
    if limit <= 0 or len(goals) == 0:
        return np.ones(len(graph.tail), np.bool_)
    reduced = np.minimum(np.where(graph.closed, FAR, ascent.reduced), FAR)
    from_root = distance_from(graph.out_ptr, graph.out_arc, graph.head, reduced, graph.root, limit)
    to_goal, _ = two_nearest(graph.in_ptr, graph.in_arc, graph.tail, reduced, goals, limit)
    return np.asarray(from_root[graph.tail] + reduced + to_goal[graph.head] >= limit)


def fix(
    small: SmallPrizes, graph: Digraph, out: NDArray[np.bool_], *, all_pay: bool = False
) -> SmallPrizes | None:
    """Delete what doomed arcs rule out and shrink; None when nothing is left to find."""
    now = small.instance
    m, k = graph.n_edges, len(graph.holders)
    total = m + 2 * k
    keep = ~(out[:m] & out[total : total + m])
    never = np.zeros(now.n_nodes, np.bool_)
    never[graph.holders[out[m + k : m + 2 * k]]] = True
    must = graph.holders[out[m : m + k]]
    if never[must].any():
        return None
    keep &= ~(never[now.tail] | never[now.head])
    needs = now.needs
    needs[must] = True
    required = np.flatnonzero(needs).astype(np.int32)
    return shrink(replace(small, instance=replace(now, required=required)), keep, all_pay=all_pay)
