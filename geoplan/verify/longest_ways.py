"""How long the ways of each site may be, by the scenario and the candidate graph alone."""

from __future__ import annotations

import numpy as np

from geoplan.text import Text
from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.report import RuleResult, judge
from geoplan.verify.way_lengths import Near, edge_dm, lengths, neighbours, pair_length

__all__ = ["built_paths", "longest_dm", "paths_longest"]

_MOST = 1e6


def built_paths(facts: Facts) -> set[str]:
    """Return the ids of the ways that are built already: they are as long as they are.

    What stands there and is nothing of that kind breaks the rule ``locks.built``.
    """
    built = facts.data.provenance.get("built")
    ways = built.get("ways") if isinstance(built, dict) else None
    return set(ways) if isinstance(ways, dict) else set()


def longest_dm(facts: Facts) -> dict[int, int]:
    """Return the decimetres that ways may be long, by row of the site, for those with a limit.

    The kilometres of the site's level or, where it is more, ``least_factor`` (in thousandths) of
    the shortest way; of two ways that share no stretch what they are together at least, without
    the shortest way.
    """
    sites, rule = facts["sites"], _rule(facts)
    permille = round(1000 * rule.get("least_factor", 0.0))
    node, ways = sites["node_id"].tolist(), sites["ways_required"].tolist()
    near, dm = neighbours(facts), edge_dm(facts).tolist()
    away: dict[int, dict[int, int]] = {}
    found: dict[int, int] = {}
    for row in np.flatnonzero(sites["attached"] & (sites["ways_required"] > 0)).tolist():
        most_km = rule.get(f"{sites['level'][row]}_km")
        if most_km is None:
            continue
        home = node[facts.site_row[str(sites["home_id"][row])]]
        if home not in away:
            away[home] = lengths(near, dm, home)
        least = _least_dm(near, dm, away[home], (node[row], home), ways[row])
        found[row] = max(int(most_km * 10_000 + 1e-6), least * permille // 1000)
    return found


def _rule(facts: Facts) -> dict[str, float]:
    """Return what the scenario says of the longest way, as far as it is numbers."""
    rule = from_scenario(facts.data, "longest_way")
    if not isinstance(rule, dict):
        return {}
    return {
        key: float(value)
        for key, value in rule.items()
        if isinstance(value, int | float) and 0 <= value < _MOST
    }


def _least_dm(
    near: Near, dm: list[int], away: dict[int, int], ends: tuple[int, int], ways: int
) -> int:
    start, home = ends
    least = away.get(start, 0)
    if ways == 2 and start != home:
        both = pair_length(near, dm, home, start)
        least = max(0, both - least)
    return least


def paths_longest(facts: Facts) -> RuleResult:
    """Check that no path is longer than the scenario lets it be; what is built may be."""
    most, paths = longest_dm(facts), facts["core_paths"]
    told = from_scenario(facts.data, "longest_way")
    if told is not None and (not isinstance(told, dict) or len(_rule(facts)) < len(told)):
        wrong = Text("情景的 longest_way 不是数值", "longest_way of the scenario is no numbers")
        return judge("paths.longest", [wrong], wrong)
    along, built = facts.sum_over_paths(edge_dm(facts)), built_paths(facts)
    faults = []
    for path, site in enumerate(facts.path_site.tolist()):
        name = str(paths["path_id"][path])
        if name in built or along[path] <= most.get(site, along[path]):
            continue
        km, most_km = f"{along[path] / 10_000:.4f}", f"{most[site] / 10_000:.4f}"
        faults.append(
            Text(
                f"{name}长{km}公里，上限{most_km}公里", f"{name} is {km} km, it may be {most_km} km"
            )
        )
    right = Text("情景未限定路径长度", "the scenario sets no longest way")
    if most:
        right = Text(
            f"{len(most)}个站点的路径均不超过上限",
            f"the ways of {len(most)} sites are short enough",
        )
    return judge("paths.longest", faults, right)
