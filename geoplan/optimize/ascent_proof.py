"""What dual ascent alone proves of the fixed cost of every design: a bound without any LP.

The cuts that dual ascent raises are a packing of the rows (in) and (out) of
:mod:`geoplan.optimize.orientation_lp`: raised one after the other, each by what its cheapest arc
still has left, no arc is ever overdrawn. So the sum of the raises is (S) with nothing to take off,
in exact integers, and the raised cuts are its certificate. It takes a blink where the LP takes
seconds, and proves a few percent less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.dual_ascent import dual_ascent_cuts
from geoplan.optimize.cut_proof import CutKind, CutProof
from geoplan.optimize.orientation import OrientationGraph

__all__ = ["ascent_proof"]

_MOST_ITEMS = 1_500_000
_MOST_EACH = 1_000


def ascent_proof(
    graph: OrientationGraph,
    cents: NDArray[np.int64],
    sites: NDArray[np.int32],
    hubs: NDArray[np.int32],
) -> CutProof:
    """Return cuts and duals that dual ascent raises into the sites and out of the hubs.

    Parameters
    ----------
    cents
        int64 (m,) >= 0, fixed part of each edge.
    sites, hubs
        int32, nodes to be entered, and to be left as well; none of them the root.
    """
    allowed = graph.tail != graph.head
    left = np.concatenate([cents, cents]).astype(np.int64)
    # dearer than all others together: a loop at the root is in no cut, and never runs empty
    reduced = np.where(allowed, left, left.sum() + 1)
    kinds: list[CutKind] = []
    raised: list[int] = []
    rows: list[NDArray[np.int32]] = []
    for kind, targets in ((CutKind.IN, sites), (CutKind.OUT, hubs)):
        if not len(targets):
            continue
        _, ptr, arcs = dual_ascent_cuts(
            *graph.side(kind == CutKind.IN),
            reduced,
            graph.root,
            targets,
            _MOST_EACH,
            _MOST_ITEMS,
        )
        for first, last in zip(ptr[:-1].tolist(), ptr[1:].tolist(), strict=True):
            cut = np.sort(arcs[first:last])
            by = int(left[cut].min())
            if by > 0:
                left[cut] -= by
                kinds.append(kind)
                raised.append(by)
                rows.append(cut)
    pointer = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=pointer[1:])
    arrays = (
        np.array(kinds, dtype=np.int8),
        np.full(len(rows), -1, dtype=np.int32),
        np.array(raised, dtype=np.int64),
        pointer,
        np.concatenate([*rows, np.zeros(0, dtype=np.int32)]).astype(np.int32),
    )
    for array in arrays:
        array.setflags(write=False)
    return CutProof(*arrays, sum(raised))
