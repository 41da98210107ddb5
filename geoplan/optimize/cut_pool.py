"""Cuts found so far, each with the terminals it may stand around: cheap to look through again.

A cut that was slack and left the LP often comes back with another sum of money; and the cuts of
the bound on the bill, which need whole terminals, hold for shares of them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.cut_separation import terminals_behind
from geoplan._kernels.dual_ascent import dual_ascent_cuts
from geoplan._kernels.routing import Net
from geoplan.optimize.cut_proof import CutKind, CutProof
from geoplan.optimize.orientation import OrientationGraph

__all__ = ["CutPool", "seed_cuts"]

_SEEDS_EACH = 1000
_SEED_ITEMS = 400_000


@dataclass(frozen=True, slots=True, eq=False)
class CutPool:
    """Cuts of one kind, CSR both ways.

    Parameters
    ----------
    kind, group
        What the cuts are; int32 (k,) the risk group of each, -1 for none.
    ptr, arcs
        int64 (k + 1,), int32: arcs of each cut (for a group cut both of every edge), ascending.
    target_ptr, targets
        int64 (k + 1,), int32: index of every terminal behind the cut, at least one.
    """

    kind: CutKind
    group: NDArray[np.int32]
    ptr: NDArray[np.int64]
    arcs: NDArray[np.int32]
    target_ptr: NDArray[np.int64]
    targets: NDArray[np.int32]

    def violated(
        self, amount: NDArray[np.float64], share: NDArray[np.float64], least: float
    ) -> list[tuple[int, int]]:
        """Return (cut, target) of each cut that less enters than its neediest target's share.

        Parameters
        ----------
        amount, share
            float64 (2m,), float64 (t,): taken of each arc, wanted by each terminal.
        least
            Smallest shortfall that counts.
        """
        if not len(self.group):
            return []
        entering = np.add.reduceat(amount[self.arcs], self.ptr[:-1])
        wanted = share[self.targets]
        most = np.maximum.reduceat(wanted, self.target_ptr[:-1])
        found = np.flatnonzero(most - entering > least)
        return [
            (c, int(self.targets[first + int(np.argmax(wanted[first:last]))]))
            for c, first, last in zip(
                found.tolist(),
                self.target_ptr[found].tolist(),
                self.target_ptr[found + 1].tolist(),
                strict=True,
            )
        ]

    def row(self, cut: int) -> NDArray[np.int32]:
        """Return the arcs of one cut."""
        return self.arcs[self.ptr[cut] : self.ptr[cut + 1]]


def seed_cuts(
    graph: OrientationGraph,
    net: Net,
    cents: NDArray[np.int64],
    nodes: NDArray[np.int32],
    hubs: NDArray[np.int32],
    proof: CutProof,
) -> list[CutPool]:
    """Return the cuts that dual ascent raises when all are served, and those of a proof.

    Parameters
    ----------
    cents
        int64 (m,), price of each edge.
    nodes, hubs
        int32, nodes of all sites, and of the hubs that need two ways: targets of (in), and of
        (out) and (group).
    """
    m = graph.n_edges
    allowed = graph.tail != graph.head
    both = np.concatenate([cents, cents])
    price = np.where(allowed, both, both.sum() + 1).astype(np.int64)
    pools = []
    for kind in (CutKind.IN, CutKind.OUT, CutKind.GROUP):
        targets = nodes if kind == CutKind.IN else hubs
        if not len(targets):
            continue
        rows: list[NDArray[np.int32]] = []
        if kind != CutKind.GROUP:
            _, ptr, arcs = dual_ascent_cuts(
                *graph.side(kind == CutKind.IN),
                price,
                graph.root,
                targets,
                _SEEDS_EACH,
                _SEED_ITEMS,
            )
            rows = [np.sort(arcs[a:b]) for a, b in pairwise(ptr.tolist())]
        groups = [-1] * len(rows)
        for c in np.flatnonzero(proof.kind == kind).tolist():
            row = proof.members[proof.ptr[c] : proof.ptr[c + 1]]
            rows.append(np.concatenate([row, row + m]) if kind == CutKind.GROUP else np.sort(row))
            groups.append(int(proof.group[c]))
        if rows:
            pools.append(_pool(graph, net, kind, groups, rows, targets))
    return pools


def _pool(
    graph: OrientationGraph,
    net: Net,
    kind: CutKind,
    groups: list[int],
    rows: list[NDArray[np.int32]],
    targets: NDArray[np.int32],
) -> CutPool:
    m = graph.n_edges
    barred = rows
    if kind == CutKind.GROUP:  # crossed nowhere but inside the group
        inside = [net.group_edges[net.group_ptr[g] : net.group_ptr[g + 1]] for g in groups]
        barred = [np.concatenate([row, e, e + m]) for row, e in zip(rows, inside, strict=True)]
    side = (graph.in_ptr, graph.in_arc, graph.tail)
    if kind == CutKind.IN:
        side = (graph.out_ptr, graph.out_arc, graph.head)
    target_ptr, behind = terminals_behind(*side, graph.root, *_csr(barred), targets)
    keep = np.flatnonzero(np.diff(target_ptr) > 0)
    ptr, arcs = _csr([rows[c] for c in keep.tolist()])
    return CutPool(
        kind=kind,
        group=np.array(groups, dtype=np.int32)[keep],
        ptr=ptr,
        arcs=arcs,
        target_ptr=np.concatenate([[0], np.cumsum(np.diff(target_ptr)[keep])]).astype(np.int64),
        targets=behind,
    )


def _csr(rows: list[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    ptr = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=ptr[1:])
    return ptr, np.concatenate([*rows, np.zeros(0, dtype=np.int32)]).astype(np.int32)
