"""Solve a Steiner tree problem: better trees and bounds as time goes on, until they meet.

Every node of the search is the same walk on a (reduced) instance::

    reduce -> dual ascent from several roots <-> trees on what it saturates -> eliminate by
    bound, again while it shrinks -> multi-start with recombination -> directed cut LP with
    elimination and trees along the way -> branch on a node when the LP is closed

A node that can't hold a tree better than the best one is done. The bound of the whole is the
least bound of the nodes still open. Everything is steered by rounds; the clock only stops it.
"""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, InfeasibleError
from geoplan.optimize.steiner.incumbent import Incumbent, Trace
from geoplan.optimize.steiner.instance import (
    Reduced,
    SteinerInstance,
    SteinerResult,
    SteinerStatus,
)
from geoplan.optimize.steiner.node import Node
from geoplan.optimize.steiner.reduce import reduce_instance
from geoplan.optimize.steiner.search import construct
from geoplan.text import Text

__all__ = ["Trace", "solve_steiner"]


def solve_steiner(
    instance: SteinerInstance,
    *,
    seed: int = 1,
    time_limit_s: float = 60.0,
    target_gap: float = 0.0,
    trace: Trace | None = None,
) -> SteinerResult:
    """Find a tree of least cost that spans the terminals, and prove how good it is.

    Parameters
    ----------
    seed
        Drives every random choice.
    time_limit_s
        Wall seconds after which the best tree and bound so far are returned.
    target_gap
        Stop as soon as (cost - bound) / bound is at most this.
    trace
        Told of every improvement.

    Raises
    ------
    InfeasibleError
        When the terminals do not hang together.
    """
    began_s = time.monotonic()
    if len(np.unique(instance.terminals)) <= 1:
        return _result(np.zeros(0, np.int32), 0, 0, began_s, seed, near=True)
    best = Incumbent(
        instance,
        began_s=began_s,
        time_limit_s=time_limit_s,
        target_gap=target_gap,
        seed=seed,
        trace=trace,
    )
    try:
        # a tree to hold whatever the clock does
        best.take(np.flatnonzero(construct(instance)[0]).astype(np.int32))
    except ValueError as error:
        raise InfeasibleError([_disconnected()]) from error
    reduced = reduce_instance(instance, deadline_s=began_s + time_limit_s / 3, effort=0)
    best.reduce_s = time.monotonic() - began_s
    # with one terminal left the tree is the fixed edges
    best.offer(reduced, construct(reduced.instance)[0])
    if len(reduced.instance.terminals) == 1:
        best.raise_bound(best.cost)
    else:
        _branch_and_bound(best, reduced)
    return _result(best.edges, best.cost, best.bound, began_s, seed, near=best.near())


def _result(
    edges: NDArray[np.int32], cost: int, bound: int, began_s: float, seed: int, *, near: bool
) -> SteinerResult:
    # the search ends by proof, by the gap asked for, or by the clock: also a little early, when
    # the next step would not end in time
    status: SteinerStatus = "optimal" if cost == bound else "feasible" if near else "time_limit"
    edges = np.sort(edges).astype(np.int32)
    edges.setflags(write=False)
    return SteinerResult(
        edges=edges,
        cost=cost,
        bound=bound,
        gap=(cost - bound) / bound if bound > 0 else 0.0 if cost == 0 else math.inf,
        status=status,
        seconds=time.monotonic() - began_s,
        seed=seed,
    )


def _disconnected() -> Fault:
    return Fault(
        rule="steiner.disconnected",
        layer="terminals",
        row="",
        what=Text("终端点不连通", "the terminals do not hang together"),
        cure=Text("补充边或去掉终端点", "add edges or leave terminals out"),
    )


def _branch_and_bound(best: Incumbent, reduced: Reduced) -> None:
    """Work the open nodes in the order of their bounds; keep the bound of the whole."""
    open_nodes: list[tuple[int, int, Reduced]] = [(0, 0, reduced)]
    number = 0
    while open_nodes:
        open_nodes.sort(key=lambda node: node[:2])
        bound, order, node = open_nodes.pop(0)
        best.raise_bound(bound)
        if best.done():
            return
        others = min((b for b, _, _ in open_nodes), default=None)
        outcome = Node(best, node, first=order == 0, others=others).work()
        if outcome is None:
            continue
        bound = max(bound, outcome.bound)
        if not outcome.children:
            # out of time inside the node: its bound stands, and it stays open
            best.raise_bound(min([bound, *(b for b, _, _ in open_nodes)]))
            return
        for child in outcome.children:
            number += 1
            open_nodes.append((bound, number, child))
    best.raise_bound(best.cost)
