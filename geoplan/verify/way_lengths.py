"""Least lengths of the ways of sites over the candidate graph, in any lengths of its stretches."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.rules_access import sharing

__all__ = ["Near", "edge_dm", "joined_length", "lengths", "neighbours", "pair_length", "way_cents"]

Near = dict[int, list[tuple[int, int]]]
"""Per node the (row of the stretch, other end) of its stretches."""


def edge_dm(facts: Facts) -> NDArray[np.int64]:
    """Return int64 (m,): how long candidate edges are, in decimetres."""
    tenths: NDArray[np.int64] = np.rint(facts["candidate_edges"]["length_m"] * 10).astype(np.int64)
    return tenths


def neighbours(facts: Facts) -> Near:
    """Return the candidate graph, node by node."""
    edges, near = facts["candidate_edges"], dict[int, list[tuple[int, int]]]()
    ends = zip(edges["tail_node"].tolist(), edges["head_node"].tolist(), strict=True)
    for row, (u, v) in enumerate(ends):
        near.setdefault(u, []).append((row, v))
        near.setdefault(v, []).append((row, u))
    return near


def way_cents(facts: Facts, slope: NDArray[np.int64]) -> dict[int, int]:
    """Return cores x least length in slope of its ways, by row of each attached site.

    On a ring between two cores one way of a hub ends at its home, the other at another core: where
    the scenario allows that, the least over all ends counts.
    """
    sites, near, cents = facts["sites"], neighbours(facts), slope.tolist()
    node, cores = sites["node_id"].tolist(), sites["cores_per_way"].tolist()
    ways = sites["ways_required"].tolist()
    by_home: dict[int, list[int]] = {}
    for row in np.flatnonzero(sites["attached"]).tolist():
        by_home.setdefault(facts.site_row[sites["home_id"][row]], []).append(row)
    found: dict[int, int] = {}
    for home, rows in by_home.items():
        away = lengths(near, cents, node[home])
        for row in rows:
            length = ways[row] * away.get(node[row], 0)
            elsewhere = _ring_ends(facts, row, home)
            if elsewhere:
                pairs = [joined_length(near, cents, ends, node[row]) for ends in elsewhere]
                length = min((some for some in pairs if some >= 0), default=0)
            elif ways[row] == 2:
                length = max(length, pair_length(near, cents, node[home], node[row]))
            found[row] = cores[row] * length // sharing(facts, str(sites["level"][row]))
    return found


def _ring_ends(facts: Facts, row: int, home: int) -> list[tuple[int, int]]:
    """Return the nodes that the ways of a hub may end at; none where both end at its home."""
    sites, word = facts["sites"], from_scenario(facts.data, "rings", "cores")
    node = sites["node_id"]
    if word not in ("two", "either") or sites["level"][row] != "district":
        return []
    if sites["ways_required"][row] != 2 or node[row] == node[home]:
        return []
    cores = np.flatnonzero(sites["attached"] & (sites["level"] == "core")).tolist()
    ends = [(int(node[home]), int(node[other])) for other in cores if other != home]
    return ends + [(int(node[home]), int(node[home]))] * (word == "either")


def joined_length(near: Near, cents: list[int], ends: tuple[int, int], start: int) -> int:
    """Return :func:`pair_length` with a way to each of two nodes."""
    if ends[0] == ends[1]:
        return pair_length(near, cents, ends[0], start)
    both, more = -1, len(cents)  # a node more, a stretch of no length from each end to it
    joined = {**near, both: [(more + k, end) for k, end in enumerate(ends)]}
    for k, end in enumerate(ends):
        joined[end] = [*near.get(end, []), (more + k, both)]
    return pair_length(joined, [*cents, 0, 0], both, start)


def lengths(near: Near, cents: list[int], start: int) -> dict[int, int]:
    """Return the least length from one node to each that it reaches (Dijkstra 1959)."""
    away = {start: 0}
    heap = [(0, start)]
    while heap:
        length, u = heapq.heappop(heap)
        if length > away[u]:
            continue
        for row, v in near.get(u, ()):
            if length + cents[row] < away.get(v, length + cents[row] + 1):
                away[v] = length + cents[row]
                heapq.heappush(heap, (away[v], v))
    return away


def pair_length(near: Near, cents: list[int], start: int, end: int) -> int:
    """Return a length that no two edge-disjoint ways together fall short of; -1 where none are.

    Two rounds of shortest paths (Suurballe 1974) find node prices p; what is returned is their
    dual value ``2 p_end - sum_e max(0, |p_u - p_v| - cents_e)``, which holds for any prices.
    """
    price: dict[int, int] = dict.fromkeys(near, 0)
    entered: dict[int, int] = {}  # stretch -> node from which the ways found run over it
    for _ in range(2):
        away, via = {start: 0}, dict[int, tuple[int, int]]()
        heap = [(0, start)]
        while heap:
            length, u = heapq.heappop(heap)
            if length > away[u]:
                continue
            for row, v in near.get(u, ()):
                if entered.get(row) == u:
                    continue
                step = (-cents[row] if row in entered else cents[row]) + price[u] - price[v]
                if length + step < away.get(v, length + step + 1):
                    away[v], via[v] = length + step, (row, u)
                    heapq.heappush(heap, (away[v], v))
        if end not in away:
            return -1
        for v in price:
            price[v] += min(away.get(v, away[end]), away[end])
        v = end
        while v != start:
            row, u = via[v]
            if row in entered:
                del entered[row]
            else:
                entered[row] = u
            v = u
    over = 0
    for u, stretches in near.items():
        for row, v in stretches:
            over += max(0, price[v] - price[u] - cents[row])
    return 2 * (price[end] - price[start]) - over
