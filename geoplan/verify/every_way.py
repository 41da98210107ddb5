"""A bound that rests on a listing of every way, done again: small networks only.

All simple paths of every site that are short enough, for hubs all pairs that share no risk group
(on rings: to the cores at which a ring may end, no longer than one may be), then
:mod:`.every_design`. Up to a stated size; beyond it nothing is said.

Of the locks of a scenario those on routes say which designs there are: stretches that must not be
used are left out, one of those that must be is in use, what is built stays. Locks on sites,
promises and cash limits speak of phases; every design keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from geoplan.verify.every_design import NO_ROOM, cheaper_design
from geoplan.verify.facts import NEW_ROUTE, Facts
from geoplan.verify.longest_ways import longest_dm
from geoplan.verify.ring_partitions import RingRule, ring_end_rows, ring_rule
from geoplan.verify.rules_access import architecture_of
from geoplan.verify.rules_locks import route_locks
from geoplan.verify.stretch_bills import StretchBills, most_cores
from geoplan.verify.way_lengths import edge_dm, neighbours

__all__ = ["MOST_CHOICES", "no_design_below"]

MOST_CHOICES = 4_000
"""Most choices of all sites together that are listed."""
_STEPS = 20_000
_WORK = 100_000_000
"""Most table look-ups of the search: some seconds."""

_Path = tuple[int, ...]
_Choice = tuple[_Path, ...]


class _TooManyError(Exception):
    pass


def no_design_below(facts: Facts, bound_cents: int) -> bool | None:
    """Tell whether no design of all attached sites costs less than a sum.

    ``None``: not settled, as the network is too large, sites share cores (no plan of such sites
    rests on a listing), what is built can't be told, or a cheaper design was found that may put
    more cores on a built stretch than it bears: the file does not say how many that are.
    """
    sites = facts["sites"]
    rows = np.flatnonzero(sites["attached"]).tolist()
    for row in rows:
        if not sites["attached"][facts.site_row.get(str(sites["home_id"][row]), row)]:
            return None
        if architecture_of(facts, str(sites["level"][row])) != "star":
            return None
    rule, locks = ring_rule(facts), route_locks(facts)
    built = facts.data.provenance.get("built")
    kept = _built_ways(facts) if built else {}
    if kept is None:
        return None
    shut = {int(e) for must, some in locks if not must for e in some}
    try:
        listed = _Listing(facts, rule, shut | _dug_beside(facts, kept), kept).choices(rows)
    except _TooManyError:
        return None
    choices = [_keeping(kept.get(row, {}), some) for row, some in zip(rows, listed, strict=True)]
    usage = [_usage(facts, row, some) for row, some in zip(rows, choices, strict=True)]
    target = bound_cents - int(sites["equipment_cents"][sites["attached"]].sum())

    def on_rings(picked: list[int]) -> bool:
        chosen = {row: some[k] for row, some, k in zip(rows, choices, picked, strict=True)}
        return rule is None or _holds(facts, chosen, rule)

    found = cheaper_design(
        *(usage, _bills(facts), target),
        work=_WORK,
        allowed=on_rings,
        required=[some for must, some in locks if must],
    )
    return None if found is None or (found and built) else not found


def _built_ways(facts: Facts) -> dict[int, dict[int, _Path]] | None:
    """Return the built ways, by row of the site and number; None where the plan lacks one.

    The rule ``locks.built`` holds the plan's own ways to what is built, stretch by stretch.
    """
    paths, kept = facts["core_paths"], dict[int, dict[int, _Path]]()
    row_of = {str(name): row for row, name in enumerate(paths["path_id"])}
    for name in facts.data.provenance["built"].get("ways", {}):
        path = row_of.get(name)
        if path is None:
            return None
        ways = kept.setdefault(int(facts.path_site[path]), {})
        ways[int(paths["way"][path])] = tuple(facts.steps(path).tolist())
    return kept


def _dug_beside(facts: Facts, kept: dict[int, dict[int, _Path]]) -> set[int]:
    """Return the edges that no design digs: their stretch is dug once, in another way.

    What is built stays as it is, then what most locks ask for; else the cheapest way is dug.
    """
    edges, fixed_cents = facts["candidate_edges"], StretchBills(facts).fixed_cents
    built = {e for ways in kept.values() for path in ways.values() for e in path}
    locks = route_locks(facts)
    wanted = [int(e) for must, some in locks if must for e in some]
    shut = {int(e) for must, some in locks if not must for e in some}
    first: dict[int, tuple[bool, int, bool, int, int]] = {}
    dug = np.flatnonzero(np.isin(edges["method"].astype(str), NEW_ROUTE)).tolist()
    for e in dug:
        order = (e not in built, -wanted.count(e), e in shut, int(fixed_cents[e]), e)
        stretch = int(edges["stretch"][e])
        first[stretch] = min(order, first.get(stretch, order))
    return set(dug) - {order[-1] for order in first.values()}


def _keeping(kept: dict[int, _Path], choices: list[_Choice]) -> list[_Choice]:
    """Return the choices of a site in which its built ways are as they are."""
    ways = set(kept.values())
    return [choice for choice in choices if ways <= set(choice)]


def _bills(facts: Facts) -> NDArray[np.int64]:
    """Return int64 (q + 1, m): cents of each stretch with 0..q cores."""
    bills, most = StretchBills(facts), most_cores(facts)
    table = np.zeros((most + 1, facts["candidate_edges"].count), dtype=np.int64)
    for cores in range(1, most + 1):
        cents, room = bills.at(cores)
        table[cores] = np.where(room, bills.fixed_cents + cents, NO_ROOM)
    return table


def _usage(facts: Facts, row: int, choices: list[_Choice]) -> NDArray[np.int64]:
    table = np.zeros((len(choices), facts["candidate_edges"].count), dtype=np.int64)
    cores = int(facts["sites"]["cores_per_way"][row])
    for k, choice in enumerate(choices):
        for path in choice:
            table[k, list(path)] += cores
    return table


class _Listing:
    """All choices of all sites; an end when they are too many."""

    def __init__(
        self,
        facts: Facts,
        rule: RingRule | None,
        shut: set[int],
        built: dict[int, dict[int, _Path]],
    ) -> None:
        self.facts, self.rule, self.built = facts, rule, built
        self.near = {
            node: [(edge, v) for edge, v in near if edge not in shut]
            for node, near in neighbours(facts).items()
        }
        self.length_dm, self.longest_dm = edge_dm(facts), longest_dm(facts)
        self.steps = 0

    def choices(self, rows: list[int]) -> list[list[_Choice]]:
        """Return the choices of each site."""
        answer: list[list[_Choice]] = []
        left = MOST_CHOICES
        for row in rows:
            some: list[_Choice] = []
            for choice in self._of_site(row):
                some.append(choice)
                left -= 1
                if left < 0:
                    raise _TooManyError
            answer.append(some)
        return answer

    def _of_site(self, row: int) -> Iterator[_Choice]:
        sites = self.facts["sites"]
        home = self.facts.site_row[str(sites["home_id"][row])]
        ways = int(sites["ways_required"][row])
        if ways == 0:
            yield ()
        elif sites["node_id"][row] == sites["node_id"][home]:
            yield ((),) * ways
        elif ways == 1:
            yield from ((path,) for path in self._short(row, self._paths(row, home)))
        else:
            yield from self._pairs(row, home)

    def _pairs(self, row: int, home: int) -> Iterator[_Choice]:
        ends = [(home, home)]
        if self.rule is not None:
            ends = [pair for pair in ring_end_rows(self.facts, home, self.rule) if home in pair]
        for start, end in ends:
            one = self._short(row, self._paths(row, start))
            two = one if start == end else self._short(row, self._paths(row, end))
            self._step(len(one) * len(two))
            for pair in combinations(one, 2) if start == end else product(one, two):
                if self._groups(pair[0]) & self._groups(pair[1]):
                    continue
                length = int(self.length_dm[[*pair[0], *pair[1]]].sum())
                if self.rule is None or length <= self.rule.longest_dm:
                    yield pair

    def _short(self, row: int, paths: list[_Path]) -> list[_Path]:
        """Leave out what is longer than a way of the site may be, if it is not built."""
        most = self.longest_dm.get(row)
        if most is None:
            return paths
        built = set(self.built.get(row, {}).values())
        return [p for p in paths if p in built or int(self.length_dm[list(p)].sum()) <= most]

    def _groups(self, path: _Path) -> frozenset[int]:
        return frozenset[int]().union(*(self.facts.groups[edge] for edge in path))

    def _paths(self, row: int, home: int) -> list[_Path]:
        node = self.facts["sites"]["node_id"]
        found: list[_Path] = []
        start = int(node[row])
        stack: list[tuple[int, _Path, frozenset[int]]] = [(start, (), frozenset([start]))]
        while stack:
            at, path, seen = stack.pop()
            self._step(1)
            if at == node[home]:
                found.append(path)
                continue
            stack += [
                (v, (*path, edge), seen | {v}) for edge, v in self.near.get(at, ()) if v not in seen
            ]
        return found

    def _step(self, count: int) -> None:
        self.steps += count
        if self.steps > _STEPS:
            raise _TooManyError


def _holds(facts: Facts, chosen: dict[int, _Choice], rule: RingRule) -> bool:
    """Tell whether the hubs on each walk from core to core can be shared out over rings."""
    sites = facts["sites"]
    together: dict[tuple[object, ...], int] = {}
    for row, choice in chosen.items():
        home = facts.site_row[str(sites["home_id"][row])]
        if sites["level"][row] != "district" or sites["node_id"][row] == sites["node_id"][home]:
            continue
        ends = tuple(_end(facts, row, path) for path in choice)
        walk = choice[0][::-1] + choice[1]
        if ends[0] > ends[1] or (ends[0] == ends[1] and walk > walk[::-1]):
            ends, walk = ends[::-1], walk[::-1]
        key = (ends, walk, home if ends[0] == ends[1] else None)
        together[key] = together.get(key, 0) + 1
    return all(
        any(rule.least * rings <= count <= rule.most * rings for rings in range(1, count + 1))
        for count in together.values()
    )


def _end(facts: Facts, row: int, path: _Path) -> int:
    edges, node = facts["candidate_edges"], int(facts["sites"]["node_id"][row])
    for edge in path:
        tail, head = int(edges["tail_node"][edge]), int(edges["head_node"][edge])
        node = head if node == tail else tail
    return node
