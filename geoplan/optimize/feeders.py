"""Who shares cores with whom: sites of one home are put on ring pairs and behind splitters.

The ways of a home, read from the home outwards, make a tree: two ways are together as long as
they have run over the same edges. On it

* **ring pairs** are made from the ends inwards. Where branches meet, pairs that are not full are
  joined, the fullest first, each with the first that has room. Joining saves a pair on every edge
  from there to the home and costs nothing behind it; at the home itself nothing is saved.
* **splitters** are set where they cost least: with a price per core on every edge (the slopes of
  the lines behind the bound) a table from the ends inwards holds, for each node and number of
  sites that run on towards the home with cores of their own, the least price of everything
  behind. Exact for such prices; one splitter serves up to ``N`` of the sites that meet at it.

The order of a pair is that of a walk around the tree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.problem import RING_PAIR, SPLITTER, Problem
from geoplan.optimize.solution import Feeders

__all__ = ["share_cores"]


class _Node:
    """A node of the tree of a home's ways: its depth in edges, price of a core to the home.

    ``edge`` leads to the parent; ways that have parted may run over one edge again, so an edge
    can stand at several nodes.
    """

    __slots__ = ("branches", "depth", "edge", "node", "parent", "to_home", "ways")

    def __init__(self, parent: int, edge: int, node: int, depth: int, to_home: int) -> None:
        self.parent, self.edge, self.node = parent, edge, node
        self.depth, self.to_home = depth, to_home
        self.ways: list[int] = []
        self.branches: list[int] = []


@dataclass(frozen=True, slots=True)
class _Group:
    """Ways that share cores, and the tree node of their splitter."""

    access: int
    home: int
    ways: list[int]
    at: _Node


class _Part:
    """A ring pair in the making: its ways, and the edges it has behind a node of the tree."""

    __slots__ = ("edges", "ways")

    def __init__(self, way: int) -> None:
        self.ways = [way]
        self.edges: set[int] = set()

    def takes(self, other: _Part, most: int) -> bool:
        """Tell whether the two can be one pair: few enough sites, no edge twice.

        An edge that both have behind the node would be passed four times, by two cores.
        """
        return len(self.ways) + len(other.ways) <= most and self.edges.isdisjoint(other.edges)


def share_cores(
    problem: Problem,
    path_ptr: NDArray[np.int64],
    path_edges: NDArray[np.int32],
    path_site: NDArray[np.int32],
    core_price: NDArray[np.int64],
) -> Feeders | None:
    """Return the feeders of a design (arrays as in ``Design``); ``None`` when nothing is shared.

    Parameters
    ----------
    core_price
        int64 (m,) >= 0: what a core on each edge is worth where splitters are set.
    """
    if not len(problem.site_share):
        return None
    groups: list[_Group] = []
    home = problem.site_home[path_site]
    access = problem.site_access[path_site]
    for site in np.unique(home).tolist():
        for kind in (RING_PAIR, SPLITTER):
            ways = np.flatnonzero((home == site) & (access == kind)).tolist()
            if not ways:
                continue
            tree = _tree(problem, site, ways, path_ptr, path_edges, core_price)
            most = int(problem.site_share[path_site[ways[0]]])
            if kind == RING_PAIR:
                groups += [_Group(kind, site, pair, tree[0]) for pair in _pairs(tree, most)]
            else:
                cores = int(problem.site_cores[path_site[ways[0]]])
                groups += [
                    _Group(kind, site, behind, _meeting(tree, behind))
                    for behind in _splitters(tree, most, cores, problem.splitter_cents)
                ]
    return _freeze(path_ptr, groups)


def _tree(
    problem: Problem,
    home: int,
    ways: list[int],
    path_ptr: NDArray[np.int64],
    path_edges: NDArray[np.int32],
    core_price: NDArray[np.int64],
) -> list[_Node]:
    """Return the tree of some ways to one home, parents before their branches."""
    start = int(problem.site_node[home])
    tree = [_Node(-1, -1, start, 0, 0)]
    known: dict[tuple[int, int], int] = {}
    for way in ways:
        at = 0
        for edge in path_edges[path_ptr[way] : path_ptr[way + 1]][::-1].tolist():
            if (at, edge) not in known:
                here = tree[at]
                u, v = int(problem.tail[edge]), int(problem.head[edge])
                known[at, edge] = len(tree)
                here.branches.append(len(tree))
                price = here.to_home + int(core_price[edge])
                node = v if u == here.node else u
                tree.append(_Node(at, edge, node, here.depth + 1, price))
            at = known[at, edge]
        tree[at].ways.append(way)
    return tree


def _pairs(tree: list[_Node], most: int) -> list[list[int]]:
    """Return the ways of each ring pair, in the order of a walk around the tree."""
    done: list[list[int]] = []
    part: list[list[_Part]] = [[] for _ in tree]
    for at in range(len(tree) - 1, -1, -1):  # branches come before what they hang on
        here = tree[at]
        groups = [_Part(way) for way in here.ways] + part[at]
        if at == 0:
            done += [group.ways for group in groups]
            break
        merged: list[_Part] = []
        for group in sorted(groups, key=lambda group: len(group.ways), reverse=True):
            room = next((other for other in merged if other.takes(group, most)), None)
            if room is None:
                merged.append(group)
            else:
                room.ways += group.ways
                room.edges |= group.edges
        for group in merged:
            if len(group.ways) == most:
                done.append(group.ways)
            else:
                group.edges.add(here.edge)
                part[here.parent].append(group)
    rank = _walk(tree)
    return sorted((sorted(group, key=rank.__getitem__) for group in done), key=lambda g: rank[g[0]])


def _walk(tree: list[_Node]) -> dict[int, int]:
    """Return the place of each way on a walk around the tree."""
    rank: dict[int, int] = {}
    stack = [0]
    while stack:
        here = tree[stack.pop()]
        for way in here.ways:
            rank[way] = len(rank)
        stack += reversed(here.branches)
    return rank


def _splitters(tree: list[_Node], most: int, cores: int, splitter_cents: int) -> list[list[int]]:
    """Return the ways behind each splitter: least price of cores and splitters.

    ``table[v][j]`` is the least price behind node v when j of its ways run on from it towards the
    home with cores of their own: the tables of the branches, each raised by what its j ways pay
    on the edge to v, are put together by a least sum, then some of the ways end at splitters in
    v, which take one feeder to the home each.
    """
    joined: list[list[NDArray[np.int64]]] = [[] for _ in tree]  # how many of the first parts
    ends: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64) for _ in tree]
    table: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64) for _ in tree]
    for at in range(len(tree) - 1, -1, -1):
        here = tree[at]
        own = len(here.ways)
        best = np.full(own + 1, _NEVER, dtype=np.int64)
        best[own] = 0
        for branch in here.branches:
            below = table[branch]
            price = cores * (tree[branch].to_home - here.to_home)
            best, split = _least_sum(best, below + price * np.arange(len(below)))
            joined[at].append(split)
        feeder = splitter_cents + cores * here.to_home
        if at and not own and len(here.branches) == 1:
            # nothing meets here: what ends here had better ended farther out
            table[at], ends[at] = best, np.arange(len(best))
        else:
            table[at], ends[at] = _closed(best, feeder, most, at == 0)
    return _behind(tree, joined, ends, most)


_NEVER = 1 << 60


def _least_sum(
    left: NDArray[np.int64], right: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return least left[i] + right[t - i] for every t, and the i that reaches it."""
    size = len(left) + len(right) - 1
    best = np.full(size, _NEVER, dtype=np.int64)
    split = np.zeros(size, dtype=np.int64)
    for i in np.flatnonzero(left < _NEVER).tolist():
        total = np.minimum(left[i] + right, _NEVER)
        span = slice(i, i + len(right))
        better = total < best[span]
        best[span] = np.where(better, total, best[span])
        split[span] = np.where(better, i, split[span])
    return best, split


def _closed(
    best: NDArray[np.int64], feeder_cents: int, most: int, at_home: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the table after some ways end at splitters here, and how many came for each j."""
    size = len(best)
    runs_on = np.arange(1 if at_home else size)
    gone = np.arange(size)[None, :] - runs_on[:, None]
    price = np.where(gone >= 0, best[None, :] + -(-gone // most) * feeder_cents, _NEVER)
    came = price.argmin(axis=1)
    return np.minimum(price[runs_on, came], _NEVER), came.astype(np.int64)


def _behind(
    tree: list[_Node],
    joined: list[list[NDArray[np.int64]]],
    ends: list[NDArray[np.int64]],
    most: int,
) -> list[list[int]]:
    """Read the ways behind each splitter off the tables."""
    runs_on = [0] * len(tree)
    for at, here in enumerate(tree):
        left = int(ends[at][runs_on[at]])
        for branch, split in zip(reversed(here.branches), reversed(joined[at]), strict=True):
            first = int(split[left])
            runs_on[branch] = left - first
            left = first
    groups: list[list[int]] = []
    open_: list[list[int]] = [[] for _ in tree]
    for at in range(len(tree) - 1, -1, -1):
        here = tree[at]
        ways = [*here.ways, *(way for branch in here.branches for way in open_[branch])]
        # those of the last branches run on: what ends here meets as deep as it can
        end = len(ways) - runs_on[at]
        groups += [ways[k : min(end, k + most)] for k in range(0, end, most)]
        open_[at] = ways[end:]
    rank = _walk(tree)
    return sorted(
        (sorted(group, key=rank.__getitem__) for group in groups), key=lambda g: rank[g[0]]
    )


def _meeting(tree: list[_Node], ways: list[int]) -> _Node:
    """Return the node farthest from the home that all ways run through."""
    inside = set(ways)
    count = [0] * len(tree)
    for at in range(len(tree) - 1, -1, -1):
        count[at] += sum(way in inside for way in tree[at].ways)
        if count[at] == len(ways):
            return tree[at]
        count[tree[at].parent] += count[at]
    raise AssertionError("ways of one home meet there at the latest")


def _freeze(path_ptr: NDArray[np.int64], groups: list[_Group]) -> Feeders:
    lengths = np.diff(path_ptr).astype(np.int64)
    feeder = np.full(len(lengths), -1, dtype=np.int32)
    place = np.zeros(len(lengths), dtype=np.int32)
    own = lengths.copy()
    for number, group in enumerate(groups):
        feeder[group.ways] = number
        place[group.ways] = np.arange(1, len(group.ways) + 1)
        own[group.ways] = lengths[group.ways] - group.at.depth if group.access == SPLITTER else 0
    answer = Feeders(
        feeder,
        place,
        own,
        np.array([group.access for group in groups], dtype=np.int8),
        np.array([group.home for group in groups], dtype=np.int32),
        np.array([group.at.node for group in groups], dtype=np.int32),
    )
    for values in (feeder, place, own, answer.access, answer.home, answer.node):
        values.setflags(write=False)
    return answer
