"""What rings add to the bound on the bill: the least cable of any partition of the hubs into rings.

Every stretch of a ring carries the cores of all its hubs. In the slopes ``B`` of the certificate a
ring through a set of hubs is at least as long as the shortest tour from core to core over shortest
ways, and as the two edge-disjoint ways of each of its hubs to these cores. Which sets may be a ring
follows from the same in metres. All partitions into such sets are looked at (Held and Karp 1962,
then a cover by disjoint sets), so nothing of it has to be stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.way_lengths import Near, edge_dm, joined_length, lengths, neighbours, way_cents

__all__ = ["MOST_HUBS", "RingRule", "ring_end_rows", "ring_more_cents", "ring_rule"]

MOST_HUBS = 16
"""Most hubs that are shared out together; with more nothing is added."""
_NONE = 1 << 60


@dataclass(frozen=True, slots=True)
class RingRule:
    """What the scenario asks of a ring; ``ends`` is its word, length in decimetres."""

    least: int
    most: int
    longest_dm: int
    ends: str


def ring_more_cents(facts: Facts, slope: NDArray[np.int64]) -> int | None:
    """Return how much more rings cost than the hubs' pairs of ways count; ``None``: unknown.

    It is unknown where the scenario asks for no rings, or where too many hubs share some.
    """
    rule = ring_rule(facts)
    if rule is None:
        return None
    sites, near = facts["sites"], neighbours(facts)
    two = sites["attached"] & (sites["level"] == "district") & (sites["ways_required"] == 2)
    hubs = [
        row
        for row in np.flatnonzero(two).tolist()
        if _node(facts, row) != _node(facts, _home(facts, row))  # else it lies on no ring
    ]
    groups: dict[int, list[int]] = {}
    for row in hubs:
        groups.setdefault(_home(facts, row) if rule.ends == "one" else -1, []).append(row)
    if any(len(group) > MOST_HUBS for group in groups.values()):
        return None
    dm = edge_dm(facts)
    total = 0
    for group in groups.values():
        cents = np.full(1 << len(group), _NONE, dtype=np.int64)
        for ends in ring_end_rows(facts, _home(facts, group[0]), rule):
            priced = _least_rings(facts, near, slope.tolist(), group, ends, rule.most)
            long = _least_rings(facts, near, dm.tolist(), group, ends, rule.most)
            cents = np.minimum(cents, np.where(long <= rule.longest_dm, priced, _NONE))
        total += _best_partition(facts, cents, group, rule)
    ways = way_cents(facts, slope)
    return max(0, total - sum(ways[row] for row in hubs))


def ring_rule(facts: Facts) -> RingRule | None:
    """Return what the scenario asks of rings; ``None`` where it asks for none."""
    asked = from_scenario(facts.data, "rings")
    if not isinstance(asked, dict) or not isinstance(asked.get("max_hubs"), int):
        return None
    most = int(asked["max_hubs"])
    least = int(asked.get("min_hubs", min(2, most)))  # what the scenario means without it
    longest = int(float(asked["max_km"]) * 10_000 + 1e-6)
    return RingRule(least, most, longest, str(asked.get("cores", "one")))


def _home(facts: Facts, row: int) -> int:
    return facts.site_row[str(facts["sites"]["home_id"][row])]


def _node(facts: Facts, row: int) -> int:
    return int(facts["sites"]["node_id"][row])


def ring_end_rows(facts: Facts, home: int, rule: RingRule) -> list[tuple[int, int]]:
    """Return the rows of the cores at which rings may start and end.

    Where each core has rings of its own, of those of ``home``.
    """
    sites = facts["sites"]
    cores = np.flatnonzero(sites["attached"] & (sites["level"] == "core")).tolist()
    if rule.ends == "one":
        cores = [home]
    return [
        (a, b)
        for k, a in enumerate(cores)
        for b in cores[k:]
        if rule.ends == "either" or (a == b) == (rule.ends == "one")
    ]


def _least_rings(
    facts: Facts,
    near: Near,
    cents: list[int],
    group: list[int],
    ends: tuple[int, int],
    most: int,
) -> NDArray[np.int64]:
    """Return int64 (2^h,): the least length of a ring through each set of hubs."""
    h = len(group)
    stops = [_node(facts, row) for row in (*group, *ends)]
    away = [lengths(near, cents, node) for node in stops]
    dist = np.array([[of.get(node, _NONE) for node in stops] for of in away], dtype=np.int64)
    strangers = [i for i, row in enumerate(group) if _home(facts, row) not in ends]
    dist[strangers], dist[:, strangers] = _NONE, _NONE
    reach = np.full((1 << h, h), _NONE, dtype=np.int64)
    best = np.full(1 << h, _NONE, dtype=np.int64)
    for i in range(h):
        reach[1 << i, i] = dist[h, i]
    for some in range(1, 1 << h):
        count = some.bit_count()
        if count > most or reach[some].min() >= _NONE:
            continue
        best[some] = min(_NONE, int((reach[some] + dist[:h, h + 1]).min()))
        if count == most:
            continue
        further = np.minimum((reach[some][:, None] + dist[:h, :h]).min(axis=0), _NONE)
        for j in range(h):
            if not some >> j & 1:
                reach[some | 1 << j, j] = min(reach[some | 1 << j, j], further[j])
    sets = np.arange(1 << h)
    nodes = (stops[h], stops[h + 1])
    for i in range(h):
        if i not in strangers:
            pair = joined_length(near, cents, nodes, stops[i])
            inside = (sets >> i) & 1 == 1
            best[inside] = np.maximum(best[inside], _NONE if pair < 0 else pair)
    return best


def _best_partition(
    facts: Facts, length: NDArray[np.int64], group: list[int], rule: RingRule
) -> int:
    """Return the least sum of cores x length of a partition of all hubs; 0 when there is none."""
    h = len(group)
    sets = np.arange(1 << h)
    size, cores = np.zeros(1 << h, dtype=np.int64), np.zeros(1 << h, dtype=np.int64)
    for i, row in enumerate(group):
        size += (sets >> i) & 1
        cores += ((sets >> i) & 1) * int(facts["sites"]["cores_per_way"][row])
    right = (length < _NONE) & (size >= rule.least) & (size <= rule.most)
    cents = np.where(right, length, 0) * cores
    # every partition is seen once: the ring of the lowest hub comes first
    by_lowest = [sets[right & ((sets & -sets) == 1 << i)] for i in range(h)]
    least = np.full(1 << h, _NONE, dtype=np.int64)
    least[0] = 0
    for some in range(1, 1 << h):
        rings = by_lowest[(some & -some).bit_length() - 1]
        rings = rings[(rings & ~some) == 0]
        if len(rings):
            least[some] = min(_NONE, int((cents[rings] + least[some ^ rings]).min()))
    return int(least[-1]) if least[-1] < _NONE else 0
