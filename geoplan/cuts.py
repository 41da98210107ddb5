"""What a single cut takes down: read from the finished plan's tables alone.

One digger cuts one risk group (同沟同缆组). A stretch may be in several groups (its own trench, a
bridge, one per neighbour that runs close beside it); each of them is one accident. A way is cut
when any of its stretches is; a site goes down when all its ways are, or when the node that it is
served from goes down. The core never goes down: nothing is served without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.plan import Plan

__all__ = ["Cut", "GroupCut", "group_cuts", "single_cuts"]


@dataclass(frozen=True, slots=True)
class Cut:
    """What happens when one stretch is cut, with all phases built.

    Parameters
    ----------
    down
        Sites that lose service, in the order of the plan's sites.
    kept
        Sites that lose a way and stay in service on another.
    together
        Other stretches of the plan that one accident may cut at the same time.
    """

    down: tuple[str, ...]
    kept: tuple[str, ...]
    together: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupCut:
    """One risk group that ways in service use, and the sites that its cut takes down."""

    group_id: int
    kind: str
    edge_ids: tuple[int, ...]
    site_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Service:
    """Who is served over what: way (as its edges) per site, sites per node they hang on."""

    order: Mapping[str, int]
    ways: Mapping[str, tuple[frozenset[int], ...]]
    users: Mapping[int, tuple[str, ...]]
    hanging: Mapping[str, tuple[str, ...]]


def single_cuts(plan: Plan) -> dict[int, Cut]:
    """Return what a cut of each route of ``plan`` takes down, by the route's ``edge_id``."""
    service = _service(plan)
    routes = [int(edge) for edge in plan["routes"]["edge_id"]]
    groups = _groups(plan["candidate_edges"], set(routes))
    members: dict[int, set[int]] = {}
    for edge, own in groups.items():
        for group in own:
            members.setdefault(group, set()).add(edge)
    # most accidents are one trench alone: each set of edges is looked at once
    known: dict[frozenset[int], tuple[frozenset[str], frozenset[str]]] = {}
    found = {}
    for edge in routes:
        down: set[str] = set()
        hit: set[str] = set()
        together: set[int] = set()
        for group in groups.get(edge, ()):
            together |= members[group]
        accidents = [frozenset(members[group]) for group in groups.get(edge, ())]
        for accident in accidents or [frozenset({edge})]:
            if accident not in known:
                known[accident] = _falls(service, accident)
            down |= known[accident][0]
            hit |= known[accident][1]
        found[edge] = Cut(
            _sorted(service, down), _sorted(service, hit - down), tuple(sorted(together - {edge}))
        )
    return found


def group_cuts(plan: Plan) -> list[GroupCut]:
    """Return every risk group under a way in service, the worst first.

    Groups on no way are left out: cutting them takes down nothing. Ties stand in order of id.
    """
    service = _service(plan)
    members: dict[int, set[int]] = {}
    for edge, own in _groups(plan["candidate_edges"], set(service.users)).items():
        for group in own:
            members.setdefault(group, set()).add(edge)
    kinds = plan["risk_groups"].set_index("group_id")["kind"].to_dict()
    cuts = [
        GroupCut(
            group,
            str(kinds[group]),
            tuple(sorted(edges)),
            _sorted(service, _falls(service, frozenset(edges))[0]),
        )
        for group, edges in members.items()
    ]
    return sorted(cuts, key=lambda cut: (-len(cut.site_ids), cut.group_id))


def _sorted(service: _Service, sites: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(sites, key=lambda site: service.order[site]))


def _service(plan: Plan) -> _Service:
    sites, paths = plan["sites"], plan["core_paths"]
    served = set(sites.loc[sites["served"].astype(bool), "site_id"].astype(str))
    order = {str(site): row for row, site in enumerate(sites["site_id"])}
    ways: dict[str, list[frozenset[int]]] = {}
    users: dict[int, list[str]] = {}
    for site, edges in zip(paths["site_id"], paths["edge_ids"], strict=True):
        way = frozenset(int(edge) for edge in json.loads(edges or "[]"))
        if str(site) in served:
            ways.setdefault(str(site), []).append(way)
            for edge in way:
                users.setdefault(edge, []).append(str(site))
    hanging: dict[str, list[str]] = {}
    for site, home in zip(sites["site_id"], sites["home_id"], strict=True):
        if str(site) in ways and home != site:
            hanging.setdefault(str(home), []).append(str(site))
    return _Service(
        order,
        {site: tuple(own) for site, own in ways.items()},
        {edge: tuple(own) for edge, own in users.items()},
        {home: tuple(own) for home, own in hanging.items()},
    )


def _groups(edges: pd.DataFrame, used: set[int]) -> dict[int, tuple[int, ...]]:
    """Return the risk groups of each stretch that the plan builds or lights."""
    found = {}
    for edge, groups in zip(edges["edge_id"], edges["risk_groups"], strict=True):
        if int(edge) in used:
            found[int(edge)] = tuple(int(group) for group in json.loads(groups or "[]"))
    return found


def _falls(service: _Service, cut: frozenset[int]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the sites that go down when ``cut`` is cut, and those that lose any way."""
    hit = {site for edge in cut for site in service.users.get(edge, ())}
    down = {site for site in hit if all(way & cut for way in service.ways[site])}
    # what hangs on a node that is down is down, whatever its own ways
    todo = sorted(down)
    while todo:
        for site in service.hanging.get(todo.pop(), ()):
            if site not in down:
                down.add(site)
                todo.append(site)
    return frozenset(down), frozenset(hit)
