"""Good Steiner trees fast: construction, local search, and many starts that learn of each other.

The tree of the best start is disturbed in one place after another and repaired there, which on
large graphs is worth far more than many whole starts; a few such trees are kept, and two of them
are combined on the union of their edges. Everything follows from the seed and from counted work;
the clock only ends the search early.

T. Pajor, E. Uchoa, R. F. Werneck, "A robust and scalable algorithm for the Steiner problem in
graphs", Mathematical Programming Computation 10 (2018).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.shortest_path_tree import FAR, repeated_shortest_path
from geoplan._kernels.steiner_build import build_tree, prune, tree_edges
from geoplan._kernels.steiner_search import descend, enqueue_all, wander
from geoplan._kernels.steiner_tree import StarGraph, State, make_state
from geoplan.optimize.graph_arrays import adjacency
from geoplan.optimize.steiner.instance import SteinerInstance

__all__ = ["construct", "improve", "multi_start"]

Mask = NDArray[np.bool_]

_NO_LIMIT = 1 << 60
_NODES_BELOW = 50
"""Nodes of each cut-off part that are sources of the search for another way (steiner_moves)."""
_TRIALS = 40
"""Places that are disturbed between two looks at the clock."""
_ENOUGH_SHIFT = 17
"""A pass that gains less than the cost over two to this power is the last one."""
_ELITE = 6
"""Trees that are kept."""


@dataclass(frozen=True, slots=True)
class _Search:
    """One instance, restricted to some edges, ready for the kernels."""

    graph: StarGraph
    state: State
    is_terminal: Mask
    terminals: NDArray[np.int32]
    by_cost: NDArray[np.int64]
    usable: NDArray[np.int64]


def _prepare(instance: SteinerInstance, allowed: Mask | None) -> _Search:
    """Lay out the arrays; edges that are not allowed are left out of the adjacency."""
    usable = np.flatnonzero(instance.tail != instance.head)
    if allowed is not None:
        usable = usable[allowed[usable]]
    graph_of = adjacency(instance.n_nodes, instance.tail[usable], instance.head[usable])
    graph = StarGraph(
        ptr=graph_of.ptr,
        nbr=graph_of.nbr,
        eid=graph_of.eid,
        tail=np.ascontiguousarray(instance.tail[usable]),
        head=np.ascontiguousarray(instance.head[usable]),
        cost=np.ascontiguousarray(instance.cost[usable]),
    )
    is_terminal = np.zeros(instance.n_nodes, dtype=np.bool_)
    is_terminal[instance.terminals] = True
    by_cost = np.argsort(graph.cost, kind="stable")
    return _Search(
        graph, make_state(graph, is_terminal), is_terminal, instance.terminals, by_cost, usable
    )


def _grow(search: _Search, weight: NDArray[np.int64], start: int) -> Mask:
    """Return the pruned tree of repeated shortest paths under some weights."""
    graph = search.graph
    chosen, missing = repeated_shortest_path(
        graph.ptr, graph.nbr, graph.eid, weight, start, search.is_terminal
    )
    if missing:
        raise ValueError(f"{missing} terminals can't be reached over the allowed edges")
    return prune(graph, search.is_terminal, search.by_cost, chosen, True)


def _cost(search: _Search, chosen: Mask) -> int:
    return int(search.graph.cost[chosen].sum())


def _descend_all(search: _Search, chosen: Mask, order: NDArray[np.int64]) -> Mask:
    """Return the local optimum below a tree.

    Passes go on until one gains nothing, or next to nothing on a large instance.
    """
    build_tree(search.graph, search.state, chosen, int(search.terminals[0]))
    enough = _cost(search, chosen) >> _ENOUGH_SHIFT
    gain = enough + 1
    while gain > enough:
        enqueue_all(search.state, order)
        gain = int(descend(search.graph, search.state, _NODES_BELOW, False))
    return tree_edges(search.state, len(search.graph.cost))


def _wander(search: _Search, rng: np.random.Generator, trials: int, goal: int) -> int:
    """Disturb some places of the tree that the state holds. Returns the gain."""
    places = np.empty((trials, 3), dtype=np.int64)
    places[:, 0] = rng.integers(0, len(search.graph.cost), trials)
    places[:, 1] = rng.integers(0, 1 << 40, trials)
    places[:, 2] = 8 * 2.0 ** rng.uniform(0.0, 7.0, trials)
    spread = int(rng.integers(100, 600))
    noise = rng.integers(1024 - spread, 1024 + spread, 4099)
    return int(wander(search.graph, search.state, places, noise, _NODES_BELOW, goal))


def _whole(search: _Search, instance: SteinerInstance, chosen: Mask) -> Mask:
    """Turn a mask of usable edges into one of all edges."""
    mask = np.zeros(instance.n_edges, dtype=np.bool_)
    mask[search.usable[chosen]] = True
    return mask


def construct(
    instance: SteinerInstance,
    *,
    start: int | None = None,
    weight: NDArray[np.int64] | None = None,
    allowed: Mask | None = None,
) -> tuple[Mask, int]:
    """Return a tree by repeated shortest paths, with its cost.

    Parameters
    ----------
    instance
        Connected terminals, at least one.
    start
        Node to grow from; the first terminal when not given.
    weight
        int64 (m,) >= 0, costs to find the paths by, for example perturbed ones.
    allowed
        bool (m,), edges that may be used.

    Raises
    ------
    ValueError
        When a terminal can't be reached.
    """
    search = _prepare(instance, allowed)
    by = search.graph.cost if weight is None else np.ascontiguousarray(weight[search.usable])
    chosen = _grow(search, by, int(instance.terminals[0]) if start is None else start)
    return _whole(search, instance, chosen), _cost(search, chosen)


def improve(
    instance: SteinerInstance, tree: Mask, *, allowed: Mask | None = None
) -> tuple[Mask, int]:
    """Return the local optimum that steps down from a tree lead to, with its cost.

    ``tree`` is bool (m,): edges that connect the terminals (cycles and bare branches go first);
    the result is never dearer. Edges of ``tree`` may be used even if not ``allowed``.
    """
    search = _prepare(instance, None if allowed is None else allowed | tree)
    chosen = prune(search.graph, search.is_terminal, search.by_cost, tree[search.usable], True)
    chosen = _descend_all(search, chosen, np.arange(instance.n_nodes))
    return _whole(search, instance, chosen), _cost(search, chosen)


def _combine(search: _Search, rng: np.random.Generator, one: Mask, other: Mask) -> Mask:
    """Return a tree made of the edges of two: what both have is cheap, the rest is random."""
    # all ways have to stay below FAR, whatever the costs
    most = min(500, (FAR - 1) // max(1, int(search.graph.cost.sum())))
    dear = search.graph.cost * rng.integers(most // 5, most, len(search.graph.cost))
    weight = np.where(one & other, search.graph.cost, np.where(one | other, dear, FAR))
    return _grow(search, weight, int(rng.choice(search.terminals)))


def _keep(elite: list[tuple[int, Mask]], cost: int, tree: Mask) -> None:
    """Put a tree into the pool: instead of the most similar one that isn't better."""
    if any(c == cost and bool((t == tree).all()) for c, t in elite):
        return
    if len(elite) < _ELITE:
        elite.append((cost, tree))
        return
    worse = [i for i, (c, _) in enumerate(elite) if c >= cost]
    if worse:
        far = [int((elite[i][1] ^ tree).sum()) for i in worse]
        elite[worse[int(np.argmin(far))]] = (cost, tree)


class _Best:
    """The best tree so far, and whether the search is over."""

    def __init__(
        self,
        search: _Search,
        instance: SteinerInstance,
        until: float,
        target: int,
        on_improve: Callable[[Mask, int], None] | None,
    ) -> None:
        self.search = search
        self.instance = instance
        self.until = until
        self.target = target
        self.on_improve = on_improve
        self.tree: Mask = np.zeros(len(search.usable), dtype=np.bool_)
        self.cost = _NO_LIMIT

    def take(self, tree: Mask, cost: int) -> None:
        """Remember a tree if it is the best."""
        if cost < self.cost:
            self.tree, self.cost = tree, cost
            if self.on_improve is not None:
                self.on_improve(_whole(self.search, self.instance, tree), cost)

    def over(self) -> bool:
        """Tell whether the target is hit or time is up."""
        return self.cost <= self.target or time.monotonic() >= self.until


def _walk(best: _Best, rng: np.random.Generator, tree: Mask, cost: int, trials: int) -> int:
    """Go on from a tree by disturbing and repairing it. Returns the cost of where that led."""
    search = best.search
    build_tree(search.graph, search.state, tree, int(search.terminals[0]))
    done = 0
    while done < trials and not best.over():
        gain = _wander(search, rng, _TRIALS, cost - best.target)
        done += _TRIALS
        cost -= gain
        if cost < best.cost:
            best.take(tree_edges(search.state, len(search.graph.cost)), cost)
    return cost


def multi_start(
    instance: SteinerInstance,
    *,
    seed: int,
    rounds: int,
    deadline_s: float,
    starts: Sequence[Mask] = (),
    allowed: Mask | None = None,
    target: int = 0,
    on_improve: Callable[[Mask, int], None] | None = None,
) -> tuple[Mask, int]:
    """Return the best tree found by many starts, local search and recombination.

    Parameters
    ----------
    instance
        Connected terminals, at least one.
    seed
        Everything random follows from it.
    rounds
        Starts and recombinations in all, each followed by a walk of as many trials as the
        instance is large; what steers the search. Even no round improves the starts.
    deadline_s
        Safety stop, in seconds from now.
    starts
        bool (m,) each: edges that connect the terminals.
    allowed
        bool (m,), edges that may be used besides those of the starts.
    target
        A lower bound: a tree of this cost ends the search.
    on_improve
        Called with each better tree (bool (m,)) and its cost.

    Returns
    -------
    tuple
        bool (m,), edges of a tree that spans the terminals; and its cost.

    Raises
    ------
    ValueError
        When a terminal can't be reached.
    """
    until = time.monotonic() + deadline_s
    if allowed is not None:
        for mask in starts:
            allowed = allowed | mask
    search = _prepare(instance, allowed)
    n = instance.n_nodes
    rng = np.random.default_rng(seed)
    best = _Best(search, instance, until, target, on_improve)
    elite: list[tuple[int, Mask]] = []
    trees = [
        prune(search.graph, search.is_terminal, search.by_cost, mask[search.usable], True)
        for mask in starts
    ] or [_grow(search, search.graph.cost, int(instance.terminals[0]))]
    for tree in trees:
        best.take(tree, _cost(search, tree))
        if best.over():
            break
        local = _descend_all(search, tree, np.arange(n))
        best.take(local, _cost(search, local))
        _keep(elite, _cost(search, local), local)
    trials = max(_TRIALS, len(instance.terminals))
    for i in range(rounds):
        if best.over():
            break
        if i % 3 == 0:
            tree, cost = best.tree, best.cost
        elif i % 3 == 1 and len(elite) < _ELITE:
            cost_of = search.graph.cost
            factor = rng.integers(0, 512, len(cost_of))
            weight = cost_of + (cost_of >> 10) * factor + ((cost_of & 1023) * factor >> 10)
            tree = _grow(search, weight, int(rng.choice(search.terminals)))
            tree = _descend_all(search, tree, rng.permutation(n))
            cost = _cost(search, tree)
        elif len(elite) > 1:
            one, other = rng.choice(len(elite), 2, replace=False)
            tree = _combine(search, rng, elite[one][1], elite[other][1])
            tree = _descend_all(search, tree, rng.permutation(n))
            cost = _cost(search, tree)
        else:
            continue
        best.take(tree, cost)
        cost = _walk(best, rng, tree, cost, trials)
        _keep(elite, cost, tree_edges(search.state, len(search.graph.cost)))
    return _whole(search, instance, best.tree), best.cost
