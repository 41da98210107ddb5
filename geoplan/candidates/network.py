"""A line network as arrays: vertices, pieces between them, and the corridors they form.

Working form of the road cleaning. A *piece* is one straight segment between two vertices; a
*corridor* is a chain of pieces between two junctions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = [
    "Corridors",
    "Pieces",
    "components",
    "contract",
    "split_pieces",
    "thin",
    "two_edge_blocks",
]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Straight pieces between numbered vertices.

    Parameters
    ----------
    xy
        float64 (v, 2), vertices in the planning CRS.
    tail, head
        int64 (p,), end vertices of each piece.
    motorway, bridge
        bool (p,), class and structure of the line the piece came from (``bridge`` covers
        tunnels as well: both pass other roads at another level).
    """

    xy: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    motorway: NDArray[np.bool_]
    bridge: NDArray[np.bool_]

    def lines(self) -> NDArray[np.object_]:
        """Return the pieces as LineStrings."""
        ends = np.stack([self.xy[self.tail], self.xy[self.head]], axis=1)
        lines: NDArray[np.object_] = shapely.linestrings(ends)
        return lines

    def lengths_m(self) -> NDArray[np.float64]:
        """Return planar lengths in metres."""
        step = self.xy[self.head] - self.xy[self.tail]
        return np.hypot(step[:, 0], step[:, 1])

    def degree(self) -> NDArray[np.int64]:
        """Return how many piece ends meet at each vertex."""
        both = np.concatenate([self.tail, self.head])
        return np.bincount(both, minlength=len(self.xy))

    def select(self, keep: NDArray[np.bool_]) -> Pieces:
        """Return the network with only the pieces marked in ``keep``."""
        return Pieces(
            self.xy, self.tail[keep], self.head[keep], self.motorway[keep], self.bridge[keep]
        )

    def unique(self) -> Pieces:
        """Return the network without pieces of no length and without repeated pieces."""
        low, high = np.minimum(self.tail, self.head), np.maximum(self.tail, self.head)
        key = low * np.int64(len(self.xy)) + high
        # ordinary roads come first: where a motorway repeats one, the ordinary road stays
        order = np.lexsort((np.arange(len(key)), self.motorway, key))
        first = np.ones(len(key), dtype=np.bool_)
        first[1:] = key[order][1:] != key[order][:-1]
        keep = np.zeros(len(key), dtype=np.bool_)
        keep[order[first]] = True
        return self.select(keep & (low != high))


@dataclass(frozen=True, slots=True, eq=False)
class Corridors:
    """Corridors between junctions: where a new route may run, before sites are attached.

    Parameters
    ----------
    node_xy
        float64 (n, 2), planning CRS.
    tail, head
        int64 (m,), end nodes; no self-loops, parallel corridors allowed.
    geometry
        object (m,), LineString from tail to head.
    motorway
        bool (m,), sites may join these only at their nodes.
    bridges
        object (m,), MultiLineString of the parts on bridges or in tunnels, else ``None``.
    """

    node_xy: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    geometry: NDArray[np.object_]
    motorway: NDArray[np.bool_]
    bridges: NDArray[np.object_]

    def select(self, keep: NDArray[np.bool_]) -> Corridors:
        """Return the corridors marked in ``keep``, nodes renumbered without gaps."""
        tail, head = self.tail[keep], self.head[keep]
        used, number = np.unique(np.concatenate([tail, head]), return_inverse=True)
        return Corridors(
            self.node_xy[used],
            number[: len(tail)].astype(np.int64),
            number[len(tail) :].astype(np.int64),
            self.geometry[keep],
            self.motorway[keep],
            self.bridges[keep],
        )


def components(n: int, tail: NDArray[np.integer], head: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the number of the connected part each of ``n`` vertices belongs to."""
    ones = np.ones(len(tail), dtype=np.int8)
    graph = coo_array((ones, (tail, head)), shape=(n, n)).tocsr()
    _, label = connected_components(graph, directed=False)
    return label.astype(np.int64)


def two_edge_blocks(
    n: int, tail: NDArray[np.integer], head: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return for each vertex the number of its 2-edge-connected part.

    Two vertices of one part stay joined whichever single edge is cut. Depth-first search for
    bridges (Tarjan 1974), without recursion; parallel edges are told apart.
    """
    adjacency: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for edge, (a, b) in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
        adjacency[a].append((b, edge))
        adjacency[b].append((a, edge))
    order = [-1] * n
    low = [0] * n
    is_bridge = np.zeros(len(tail), dtype=np.bool_)
    clock = 0
    for root in range(n):
        if order[root] >= 0:
            continue
        order[root] = low[root] = clock
        clock += 1
        stack = [(root, -1, iter(adjacency[root]))]
        while stack:
            vertex, entry, following = stack[-1]
            for other, edge in following:
                if edge == entry:
                    continue
                if order[other] < 0:
                    order[other] = low[other] = clock
                    clock += 1
                    stack.append((other, edge, iter(adjacency[other])))
                    break
                low[vertex] = min(low[vertex], order[other])
            else:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[vertex])
                    is_bridge[entry] = low[vertex] > order[parent]
    return components(n, tail[~is_bridge], head[~is_bridge])


def split_pieces(
    pieces: Pieces,
    piece: NDArray[np.int64],
    share: NDArray[np.float64],
    vertex: NDArray[np.int64],
    xy: NDArray[np.float64],
) -> Pieces:
    """Split pieces at vertices that lie on them.

    Parameters
    ----------
    pieces
        The network.
    piece, share, vertex
        (k,), ``vertex[i]`` lies on ``piece[i]`` at ``share[i]`` of its length.
    xy
        Vertices of the network with the new ones appended.
    """
    count = len(pieces.tail)
    own = np.arange(count, dtype=np.int64)
    which = np.concatenate([own, piece, own])
    where = np.concatenate([np.zeros(count), np.clip(share, 0.0, 1.0), np.ones(count)])
    number = np.concatenate([pieces.tail, vertex, pieces.head])
    # ends first and last even where a new vertex has share 0 or 1
    rank = np.concatenate([np.zeros(count), np.ones(len(piece)), np.full(count, 2.0)])
    order = np.lexsort((number, where, rank == 2.0, rank != 0.0, which))
    which, number = which[order], number[order]
    joined = which[1:] == which[:-1]
    source = which[:-1][joined]
    return Pieces(
        xy,
        number[:-1][joined],
        number[1:][joined],
        pieces.motorway[source],
        pieces.bridge[source],
    )


def _chains(
    stop: NDArray[np.bool_], tail: NDArray[np.int64], head: NDArray[np.int64]
) -> list[tuple[list[int], list[int]]]:
    """Trace chains of pieces between stop vertices: (vertices, pieces) of each.

    A chain that comes back to where it began is cut in two at its middle vertex.
    """
    adjacency: list[list[tuple[int, int]]] = [[] for _ in range(len(stop))]
    for edge, (a, b) in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
        adjacency[a].append((b, edge))
        adjacency[b].append((a, edge))
    done = bytearray(len(tail))
    is_stop = stop.tolist()
    chains = []
    for start in np.flatnonzero(stop).tolist():
        for first, edge in adjacency[start]:
            if done[edge]:
                continue
            done[edge] = 1
            vertices, edges, at, came = [start, first], [edge], first, edge
            while not is_stop[at]:
                a, b = adjacency[at]
                at, came = b if a[1] == came else a
                done[came] = 1
                vertices.append(at)
                edges.append(came)
            if start == at:
                half = len(edges) // 2
                chains.append((vertices[: half + 1], edges[:half]))
                chains.append((vertices[half:], edges[half:]))
            else:
                chains.append((vertices, edges))
    return sorted(
        (vertices, edges) if vertices[0] < vertices[-1] else (vertices[::-1], edges[::-1])
        for vertices, edges in chains
    )


def _stops(pieces: Pieces, *, at_structures: bool) -> NDArray[np.bool_]:
    """Mark vertices at which a chain ends: junctions, ends, changes of class or structure."""
    ends = np.concatenate([pieces.tail, pieces.head])
    degree = np.bincount(ends, minlength=len(pieces.xy))
    stop: NDArray[np.bool_] = (degree > 0) & (degree != 2)
    flags = (pieces.motorway, pieces.bridge) if at_structures else (pieces.motorway,)
    for flag in flags:
        stop |= np.bincount(ends, np.concatenate([flag, flag]), len(pieces.xy)) == 1
    # a ring without a junction gets one at its lowest vertex
    part = components(len(pieces.xy), pieces.tail, pieces.head)
    served = np.zeros(int(part.max()) + 1, dtype=np.bool_)
    served[part[stop]] = True
    lone = np.flatnonzero((degree > 0) & ~served[part])
    stop[lone[np.unique(part[lone], return_index=True)[1]]] = True
    return stop


def _chain_lines(
    pieces: Pieces, chains: list[tuple[list[int], list[int]]], simplify_m: float
) -> NDArray[np.object_]:
    """Return one simplified LineString per chain."""
    flat = np.array([v for vertices, _ in chains for v in vertices], dtype=np.int64)
    owner = np.repeat(np.arange(len(chains)), [len(vertices) for vertices, _ in chains])
    lines: NDArray[np.object_] = shapely.simplify(
        shapely.linestrings(pieces.xy[flat], indices=owner), simplify_m
    )
    return lines


def thin(pieces: Pieces, *, simplify_m: float) -> Pieces:
    """Return the network without vertices that neither bend nor join anything."""
    if len(pieces.tail) == 0:
        return pieces
    chains = _chains(_stops(pieces, at_structures=True), pieces.tail, pieces.head)
    xy, owner = shapely.get_coordinates(_chain_lines(pieces, chains, simplify_m), return_index=True)
    first = np.ones(len(owner), dtype=np.bool_)
    first[1:] = owner[1:] != owner[:-1]
    last = np.ones(len(owner), dtype=np.bool_)
    last[:-1] = first[1:]
    vertex = np.empty(len(owner), dtype=np.int64)
    vertex[first] = [vertices[0] for vertices, _ in chains]
    vertex[last] = [vertices[-1] for vertices, _ in chains]
    inner = ~(first | last)
    vertex[inner] = len(pieces.xy) + np.arange(int(inner.sum()))
    joined = ~first[1:]
    source = np.array([edges[0] for _, edges in chains], dtype=np.int64)[owner[1:][joined]]
    used, number = np.unique(vertex, return_inverse=True)
    number = number.astype(np.int64)
    return Pieces(
        np.concatenate([pieces.xy, xy[inner]])[used],
        number[:-1][joined],
        number[1:][joined],
        pieces.motorway[source],
        pieces.bridge[source],
    )


def contract(pieces: Pieces, *, simplify_m: float) -> tuple[Corridors, NDArray[np.int64]]:
    """Contract chains of pieces to corridors; a vertex where the class changes stays a node.

    Returns
    -------
    corridors
        One per chain; a ring on one junction becomes two corridors.
    corridor
        int64 (p,), the corridor of each piece; -1 for what is left out.
    """
    chains = _chains(_stops(pieces, at_structures=False), pieces.tail, pieces.head)
    chains = [chain for chain in chains if chain[0][0] != chain[0][-1]]
    geometry = np.empty(0, dtype=np.object_)
    if chains:
        geometry = _chain_lines(pieces, chains, simplify_m)
    bridges = np.full(len(chains), None, dtype=np.object_)
    corridor = np.full(len(pieces.tail), -1, dtype=np.int64)
    lines = pieces.lines()
    for number, (_, edges) in enumerate(chains):
        corridor[edges] = number
        on_bridge = [edge for edge in edges if pieces.bridge[edge]]
        if on_bridge:
            bridges[number] = shapely.multilinestrings(lines[on_bridge])
    corridors = Corridors(
        pieces.xy,
        np.array([vertices[0] for vertices, _ in chains], dtype=np.int64),
        np.array([vertices[-1] for vertices, _ in chains], dtype=np.int64),
        geometry,
        np.array([pieces.motorway[edges[0]] for _, edges in chains], dtype=np.bool_),
        bridges,
    )
    return corridors.select(np.ones(len(chains), dtype=np.bool_)), corridor
