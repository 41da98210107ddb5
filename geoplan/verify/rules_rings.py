"""Rules on rings: who lies on which, how long they are, and that the ways of hubs follow them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from geoplan.text import Text
from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.report import RuleResult, different, judge
from geoplan.verify.rules_paths import LENGTH_TOLERANCE_M

__all__ = ["rings_disjoint", "rings_hubs", "rings_length", "rings_ways"]

_NOT_ASKED = Text("情景未要求成环", "the scenario asks for no rings")


@dataclass(frozen=True, slots=True)
class _Ring:
    """One row of ``rings`` with its lists read; ``edges`` are rows of ``candidate_edges``."""

    name: int
    core: str
    end: str
    hubs: tuple[str, ...]
    edges: tuple[int, ...]


def _rings(facts: Facts) -> list[_Ring]:
    table = facts["rings"]
    return [
        _Ring(
            int(table["ring_id"][row]),
            str(table["core_id"][row]),
            str(table["end_core_id"][row]),
            tuple(json.loads(table["hub_ids"][row])),
            tuple(facts.edge_row[edge] for edge in json.loads(table["edge_ids"][row])),
        )
        for row in range(table.count)
    ]


def _asked(facts: Facts, key: str) -> float | None:
    value = from_scenario(facts.data, "rings", key)
    return float(value) if isinstance(value, int | float) else None


def _ways(facts: Facts, hub: str) -> list[tuple[int, ...]]:
    """Return the ways of a hub in the order of their numbers."""
    rows = np.flatnonzero(facts["core_paths"]["site_id"] == hub).tolist()
    rows.sort(key=lambda row: int(facts["core_paths"]["way"][row]))
    return [tuple(facts.steps(row).tolist()) for row in rows]


def rings_hubs(facts: Facts) -> RuleResult:
    """Check that each hub lies on one ring that ends at its core, and how many each ring holds."""
    rings, sites = _rings(facts), facts["sites"]
    most, least = _asked(facts, "max_hubs"), _asked(facts, "min_hubs")
    if most is None:
        none = [Text(f"环{r.name}非情景所要求", f"ring {r.name} was not asked for") for r in rings]
        return judge("rings.hubs", none, _NOT_ASKED)
    least = min(2.0, most) if least is None else least  # what the scenario means without it
    faults = []
    on: dict[str, list[int]] = {}
    for ring in rings:
        for hub in ring.hubs:
            on.setdefault(hub, []).append(ring.name)
        if not least <= len(ring.hubs) <= most:
            faults.append(
                Text(
                    f"环{ring.name}有{len(ring.hubs)}个汇聚节点，应为{least:.0f}～{most:.0f}个",
                    f"ring {ring.name} holds {len(ring.hubs)} hubs, not {least:.0f} to {most:.0f}",
                )
            )
    names = facts["rings"]["ring_id"]
    count = [len(ring.hubs) for ring in rings]
    faults += different("rings", names, "hubs", facts["rings"]["hubs"], count)
    for row in np.flatnonzero(sites["attached"] & (sites["level"] == "district")).tolist():
        hub, home = str(sites["site_id"][row]), str(sites["home_id"][row])
        away = sites["node_id"][row] != sites["node_id"][facts.site_row[home]]
        have = on.pop(hub, [])
        if len(have) != int(away):
            faults.append(
                Text(
                    f"{hub}在环{have}上，应在{int(away)}个环上",
                    f"{hub} lies on rings {have}, should lie on {int(away)}",
                )
            )
        if any(home not in (ring.core, ring.end) for ring in rings if hub in ring.hubs):
            faults.append(
                Text(f"{hub}的环不过其核心{home}", f"{hub}'s ring misses its core {home}")
            )
    faults += _wrong_ends(facts, rings)
    faults += [Text(f"{name}不是汇聚节点", f"{name} on a ring is no attached hub") for name in on]
    return judge(
        "rings.hubs",
        faults,
        Text(f"{len(rings)}个环，每个汇聚节点恰在一环", f"{len(rings)} rings, each hub on one"),
    )


def _wrong_ends(facts: Facts, rings: list[_Ring]) -> list[Text]:
    """Return a fault per ring that does not end as the scenario lets it, at cores."""
    sites = facts["sites"]
    word = from_scenario(facts.data, "rings", "cores")
    word = "one" if word is None else word  # what the scenario means without it
    faults = []
    for ring in rings:
        ends = [facts.site_row[ring.core], facts.site_row[ring.end]]
        faults += [
            Text(f"环{ring.name}的端点{name}不是核心", f"ring {ring.name} ends at {name}, no core")
            for name, row in zip((ring.core, ring.end), ends, strict=True)
            if sites["level"][row] != "core"
        ]
        between = ring.core != ring.end
        if word not in ("two" if between else "one", "either"):
            faults.append(
                Text(
                    f"环{ring.name}自{ring.core}至{ring.end}，情景限定为 {word}",
                    f"ring {ring.name} runs from {ring.core} to {ring.end}, "
                    f"the scenario says {word!r}",
                )
            )
        if between and sites["node_id"][ends[0]] == sites["node_id"][ends[1]]:
            faults.append(
                Text(
                    f"环{ring.name}的两个核心同处一地",
                    f"the two cores of ring {ring.name} stand in one place",
                )
            )
    return faults


def rings_length(facts: Facts) -> RuleResult:
    """Check the length of each ring against its stretches and the scenario's limit."""
    rings, table = _rings(facts), facts["rings"]
    most_km = _asked(facts, "max_km")
    metres = facts["candidate_edges"]["length_m"]
    length = [float(metres[list(ring.edges)].sum()) for ring in rings]
    names = table["ring_id"]
    faults = different("rings", names, "length_m", table["length_m"], length, LENGTH_TOLERANCE_M)
    if most_km is None:
        return judge("rings.length", faults, _NOT_ASKED)
    for ring, total in zip(rings, length, strict=True):
        if total > most_km * 1000 + LENGTH_TOLERANCE_M:
            faults.append(
                Text(
                    f"环{ring.name}长{total / 1000:.1f}公里，超过{most_km:g}公里",
                    f"ring {ring.name} measures {total / 1000:.1f} km, more than {most_km:g}",
                )
            )
    longest = max(length, default=0.0) / 1000
    return judge(
        "rings.length",
        faults,
        Text(f"最长的环{longest:.1f}公里", f"the longest ring measures {longest:.1f} km"),
    )


def rings_ways(facts: Facts) -> RuleResult:
    """Check that the ways of each hub run round its ring, one in each direction, in its order."""
    faults = []
    for ring in _rings(facts):
        before = 0
        for hub in ring.hubs:
            ways = _ways(facts, hub)
            if len(ways) != 2 or ways[0][::-1] + ways[1] != ring.edges:
                faults.append(
                    Text(
                        f"{hub}的两路不是环{ring.name}的两个方向",
                        f"the ways of {hub} are not the two directions of ring {ring.name}",
                    )
                )
                continue
            if len(ways[0]) < before:
                faults.append(
                    Text(
                        f"环{ring.name}的汇聚节点次序有误（{hub}）",
                        f"ring {ring.name} does not meet its hubs in this order ({hub})",
                    )
                )
            before = len(ways[0])
    return judge(
        "rings.ways",
        faults,
        Text("各汇聚节点两路沿环双向", "the ways of each hub are the directions of its ring"),
    )


def rings_disjoint(facts: Facts) -> RuleResult:
    """Check on the rings themselves that stretches a hub lies between share no risk group."""
    faults = []
    for ring in _rings(facts):
        ways = [_ways(facts, hub) for hub in ring.hubs]
        cuts = sorted({0, len(ring.edges), *(len(pair[0]) for pair in ways if pair)})
        parts = [ring.edges[a:b] for a, b in pairwise(cuts)]
        groups = [frozenset().union(*(facts.groups[edge] for edge in part)) for part in parts]
        for one, two in combinations(range(len(parts)), 2):
            shared = sorted(groups[one] & groups[two])
            if shared:
                faults.append(
                    Text(
                        f"环{ring.name}第{one + 1}段与第{two + 1}段同属风险组{shared[0]}",
                        f"ring {ring.name}: parts {one + 1} and {two + 1} share risk group "
                        f"{shared[0]}",
                    )
                )
    return judge(
        "rings.disjoint",
        faults,
        Text("环的两个方向无共同风险组", "the directions of every ring share no risk group"),
    )
