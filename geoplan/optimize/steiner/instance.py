"""Values of the Steiner tree problem in graphs: the instance, its reduced form, the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reduced", "SteinerInstance", "SteinerResult", "SteinerStatus"]

SteinerStatus = Literal["optimal", "feasible", "time_limit"]


@dataclass(frozen=True, slots=True, eq=False)
class SteinerInstance:
    """Connect all terminals of an undirected multigraph at least cost.

    Parameters
    ----------
    n_nodes
        Number of nodes.
    tail, head
        int32 (m,), ends of the edges; parallel edges and self-loops allowed.
    cost
        int64 (m,) >= 0; the sum of all stays below 2**53.
    terminals
        int32 (t,), distinct nodes.
    """

    n_nodes: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    cost: NDArray[np.int64]
    terminals: NDArray[np.int32]

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """A smaller instance with the same optimum, and the way back.

    An optimal tree of ``instance`` together with ``fixed_edges`` is optimal in the original:
    edge e of ``instance`` stands for the original edges
    ``items[item_ptr[e]:item_ptr[e + 1]]``; cost of a tree in the original is its cost in
    ``instance`` plus ``fixed_cost``.

    ``instance`` has no self-loops and no parallel edges; its terminals are connected.
    """

    instance: SteinerInstance
    fixed_cost: int
    fixed_edges: NDArray[np.int32]
    item_ptr: NDArray[np.int64]
    items: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class SteinerResult:
    """A tree, its cost, and the proven bound.

    Parameters
    ----------
    edges
        int32, edge ids of the instance, ascending; a tree that spans the terminals.
    cost, bound
        Cost of the tree, and a proven lower bound on every tree's cost.
    gap
        (cost - bound) / bound; 0.0 when both are 0.
    status
        ``optimal`` when cost equals bound; ``feasible`` when the gap asked for ended the
        search; ``time_limit`` when the clock did.
    """

    edges: NDArray[np.int32]
    cost: int
    bound: int
    gap: float
    status: SteinerStatus
    seconds: float
    seed: int
