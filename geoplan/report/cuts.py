"""What a single cut takes down, read from the plan's core paths.

One cut severs everything in one risk group: a trench, an existing duct, a bridge, two stretches
that run side by side. With ``G(p)`` the groups of all stretches on path ``p`` and ``ways(s)`` the
paths of a served site ``s``::

    (1)  own(s)  = intersection of G(p) over p in ways(s)     every way of the site is severed
    (2)  down(s) = own(s) | down(home(s))                     or its hub lost every way of its own

A site loses service when the group that is cut is in ``down(s)``; a core node never does. The end
state of the plan is looked at: all sites that are served by its last phase.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.plan import Plan

__all__ = ["Cut", "single_cuts"]

_Groups = frozenset[int]
_NONE: _Groups = frozenset()


@dataclass(frozen=True, slots=True)
class Cut:
    """One risk group that paths in service use, and the sites that its cut takes down."""

    group_id: int
    kind: str
    edge_ids: tuple[int, ...]
    site_ids: tuple[str, ...]


def single_cuts(plan: Plan) -> list[Cut]:
    """Return every risk group under a path in service, the worst first.

    Groups on no path are left out: cutting them takes down nothing. Ties stand in order of id.
    """
    groups_of = _groups_of_edges(plan["candidate_edges"])
    sites = plan["sites"]
    served = set(sites.loc[sites["served"].astype(bool), "site_id"].astype(str))
    ways, used = _ways(plan["core_paths"], served, groups_of)
    homes = dict(zip(sites["site_id"].astype(str), sites["home_id"].astype(str), strict=True))
    sites_down: dict[int, list[str]] = {group: [] for group in used}
    for site in homes:
        if site in served:
            for group in _down(site, ways, homes):
                sites_down[group].append(site)
    kinds = plan["risk_groups"].set_index("group_id")["kind"].to_dict()
    cuts = [
        Cut(group, str(kinds[group]), tuple(sorted(edges)), tuple(sites_down[group]))
        for group, edges in used.items()
    ]
    return sorted(cuts, key=lambda cut: (-len(cut.site_ids), cut.group_id))


def _groups_of_edges(edges: pd.DataFrame) -> dict[int, _Groups]:
    return {
        int(edge): frozenset(json.loads(groups))
        for edge, groups in zip(edges["edge_id"], edges["risk_groups"], strict=True)
    }


def _ways(
    paths: pd.DataFrame, served: set[str], groups_of: Mapping[int, _Groups]
) -> tuple[dict[str, list[_Groups]], dict[int, set[int]]]:
    """Return G(p) of every path of a served site, and the stretches in use of each group."""
    ways: dict[str, list[_Groups]] = {}
    used: dict[int, set[int]] = {}
    for site, listed in zip(paths["site_id"].astype(str), paths["edge_ids"], strict=True):
        if site not in served:
            continue
        edges = json.loads(listed)
        for edge in edges:
            for group in groups_of[edge]:
                used.setdefault(group, set()).add(edge)
        ways.setdefault(site, []).append(
            frozenset().union(*(groups_of[edge] for edge in edges)) if edges else _NONE
        )
    return ways, used


def _down(site: str, ways: Mapping[str, list[_Groups]], homes: Mapping[str, str]) -> _Groups:
    """Return the groups whose cut takes ``site`` down: equation (2), home by home."""
    down, seen = _NONE, set[str]()
    while site and site not in seen:
        seen.add(site)
        own = ways.get(site, [])
        down |= frozenset.intersection(*own) if own else _NONE
        site = homes.get(site, "")
    return down
