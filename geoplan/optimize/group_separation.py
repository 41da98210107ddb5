"""Cuts that say: what one digger cuts together must not be all that a hub hangs on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.cut_separation import UNIT, separate_shares
from geoplan._kernels.routing import Net
from geoplan.optimize.orientation import OrientationGraph

__all__ = ["violated_group_cuts"]


def violated_group_cuts(
    graph: OrientationGraph,
    net: Net,
    amount: NDArray[np.float64],
    hubs: NDArray[np.int32],
    need: NDArray[np.int64],
    *,
    creep: int,
    nested: int,
    most_items: int,
) -> Iterator[tuple[int, int, NDArray[np.int32]]]:
    """Yield (group, index into ``hubs``, arcs) of cuts that hold too little without the group.

    Parameters
    ----------
    amount
        float64 (2m,), how much of each arc the LP takes.
    hubs, need
        Nodes, and what each must keep when a group is gone, in steps of 1 / UNIT.
    creep, nested, most_items
        As for ``separate_shares``; ``most_items`` for each group.
    """
    if not len(hubs):
        return
    m = graph.n_edges
    passable = graph.tail != graph.head
    used = np.minimum(1.0, amount[:m] + amount[m:])
    whole = np.rint(np.concatenate([used, used]) * UNIT).astype(np.int64)
    group_of = np.repeat(np.arange(net.n_risk_groups), np.diff(net.group_ptr))
    active = np.bincount(
        group_of, weights=used[net.group_edges] > 1.0 / UNIT, minlength=net.n_risk_groups
    )
    for group in np.flatnonzero(active > 1).tolist():
        inside = net.group_edges[net.group_ptr[group] : net.group_ptr[group + 1]]
        allowed = passable.copy()
        allowed[inside] = allowed[m + inside] = False
        ptr, arcs, around = separate_shares(
            *graph.side(True),
            graph.head,
            whole,
            graph.root,
            hubs,
            need,
            creep,
            nested,
            most_items,
            allowed,
        )
        for i, terminal in enumerate(around.tolist()):
            edges = np.unique(arcs[ptr[i] : ptr[i + 1]] % m)
            yield group, terminal, np.concatenate([edges, edges + m]).astype(np.int32)
