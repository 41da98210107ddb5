"""Slow twins of the kernels: the same answers from the definitions, in plain Python.

Nothing here is clever, and nothing is shared with the code under test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import networkx as nx
import numpy as np

FAR = 1 << 60
Edge = tuple[int, int]


def multigraph(n_nodes: int, edges: Sequence[Edge]) -> nx.MultiGraph:
    """Undirected multigraph whose edge keys are edge ids."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(n_nodes))
    for e, (u, v) in enumerate(edges):
        graph.add_edge(u, v, key=e)
    return graph


def random_graph(
    rng: np.random.Generator, n_nodes: int, n_edges: int, *, connected: bool = True
) -> list[Edge]:
    """Edges of a random multigraph without loops (parallel edges happen)."""
    edges: list[Edge] = []
    if connected:
        edges += [(int(rng.integers(0, v)), v) for v in range(1, n_nodes)]
    while len(edges) < n_edges:
        u, v = (int(x) for x in rng.integers(0, n_nodes, 2))
        if u != v:
            edges.append((u, v))
    return edges


def dijkstra(n_nodes: int, edges: Sequence[Edge], weight: Sequence[int], sources: Iterable[int]):
    """Distances from the nearest source (networkx); FAR where there is no way."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(n_nodes))
    for (u, v), w in zip(edges, weight, strict=True):
        if w < FAR:
            graph.add_edge(u, v, weight=int(w))
    found = nx.multi_source_dijkstra_path_length(graph, set(sources))
    return [found.get(v, FAR) for v in range(n_nodes)]


def simple_paths(
    n_nodes: int, edges: Sequence[Edge], source: int, target: int
) -> list[tuple[int, ...]]:
    """All simple paths as tuples of edge ids, the empty one when source is target."""
    at: list[list[tuple[int, int]]] = [[] for _ in range(n_nodes)]
    for e, (u, v) in enumerate(edges):
        at[u].append((e, v))
        at[v].append((e, u))

    def walk(u: int, seen: frozenset[int], path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if u == target:
            yield path
            return
        for e, v in at[u]:
            if v not in seen:
                yield from walk(v, seen | {v}, (*path, e))

    return list(walk(source, frozenset([source]), ()))


def path_end(edges: Sequence[Edge], source: int, path: Iterable[int]) -> tuple[int, bool]:
    """Where a path leads (-1 when it is none), and whether it visits no node twice."""
    u, seen = source, [source]
    for e in path:
        if u not in edges[e]:
            return -1, False
        u = edges[e][1] if edges[e][0] == u else edges[e][0]
        seen.append(u)
    return u, len(set(seen)) == len(seen)


def disjoint_pair_weight(
    n_nodes: int, edges: Sequence[Edge], weight: Sequence[int], source: int, target: int
) -> int:
    """Least total weight of two edge-disjoint paths over all pairs of simple paths, -1: none."""
    paths = simple_paths(n_nodes, edges, source, target)
    best = -1
    if source == target:
        return 0
    for a, b in itertools.combinations(paths, 2):
        if not set(a) & set(b):
            total = sum(weight[e] for e in a) + sum(weight[e] for e in b)
            best = total if best < 0 else min(best, total)
    return best


def arborescence(
    n_nodes: int,
    arcs: Sequence[Edge],
    cost: Sequence[int],
    root: int,
    terminals: Iterable[int],
) -> int:
    """Least cost of a directed tree from the root to all terminals; FAR when there is none.

    Dreyfus and Wagner: f(S, v) = least cost of a tree from v that reaches S, the better of
    splitting S at v and of walking to another node first.
    """
    ends = sorted(set(terminals) - {root})
    if not ends:
        return 0
    into: list[list[tuple[int, int]]] = [[] for _ in range(n_nodes)]
    for (u, v), c in zip(arcs, cost, strict=True):
        into[v].append((u, int(c)))
    best: dict[int, list[int]] = {}
    for subset in range(1, 1 << len(ends)):
        row = [FAR] * n_nodes
        if subset & (subset - 1) == 0:
            row[ends[subset.bit_length() - 1]] = 0
        part = (subset - 1) & subset
        while part:
            for v in range(n_nodes):
                row[v] = min(row[v], best[part][v] + best[subset ^ part][v])
            part = (part - 1) & subset
        changed = True
        while changed:  # Bellman and Ford, against the arcs
            changed = False
            for v in range(n_nodes):
                for u, c in into[v]:
                    if row[v] + c < row[u]:
                        row[u] = row[v] + c
                        changed = True
        best[subset] = row
    return min(best[(1 << len(ends)) - 1][root], FAR)


def reached(n_nodes: int, arcs: Iterable[Edge], root: int) -> set[int]:
    """Nodes that arcs reach from the root."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n_nodes))
    graph.add_edges_from(arcs)
    return {root, *nx.descendants(graph, root)}


def takahashi_matsuyama(
    n_nodes: int, edges: Sequence[Edge], weight: Sequence[int], start: int, terminals: set[int]
) -> tuple[int, int]:
    """Hang the nearest terminal on the tree again and again: (weight, terminals not reached)."""
    tree, missing, total = {start}, set(terminals) - {start}, 0
    graph = nx.Graph()
    graph.add_nodes_from(range(n_nodes))
    for (u, v), w in zip(edges, weight, strict=True):
        if w < FAR and (not graph.has_edge(u, v) or graph[u][v]["weight"] > w):
            graph.add_edge(u, v, weight=int(w))
    while True:
        far, paths = nx.multi_source_dijkstra(graph, tree)
        near = sorted((far[t], t) for t in missing if t in far)
        if not near:
            return total, len(missing)
        total += near[0][0]
        tree |= set(paths[near[0][1]])
        missing -= tree


def cables(cores: int, reserve_permille: int, sizes: Sequence[int]) -> list[int]:
    """Sizes of the smallest sufficient set of cables for some cores, largest first."""
    left = -(-cores * (1000 + reserve_permille) // 1000)
    chosen = []
    while left > 0:
        size = next((s for s in sizes if s >= left), sizes[-1])
        chosen.append(size)
        left -= size
    return chosen
