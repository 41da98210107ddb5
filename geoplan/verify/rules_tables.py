"""Rules on the tables that sum up: sites, hubs, phases, levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import NEW_ROUTE, Facts, from_scenario
from geoplan.verify.report import RuleResult, different, judge
from geoplan.verify.rules_access import architecture_of
from geoplan.verify.rules_cost import lots
from geoplan.verify.rules_paths import LENGTH_TOLERANCE_M

__all__ = [
    "hubs_table",
    "levels_summary",
    "phases_counts",
    "phases_lengths",
    "phases_weight",
    "sites_figures",
    "sites_state",
    "sites_weight",
]

SHARE_TOLERANCE = 1e-9


def sites_state(facts: Facts) -> RuleResult:
    """Check position, attachment, service, ways and lot of each site against each other."""
    sites = facts["sites"]
    ids, level = sites["site_id"], sites["level"]
    core = level == "core"
    ways = np.where(core, 0, 1)
    ways[level == "district"] = from_scenario(facts.data, "policy", "hub_ways") or 0
    cores = np.array([_cores_per_way(facts, str(name)) for name in level], dtype=np.int64)
    lot = np.where(level == "municipal", "M", lots(sites["district_code"]))
    placed = np.array([_has_point(blob) for blob in facts.data.geometry["sites"]], dtype=np.bool_)
    attached = sites["node_id"] >= 0
    served = sites["phase"] > 0
    faults = [
        *different("sites", ids, "placed", sites["placed"], placed),
        *different("sites", ids, "attached", sites["attached"], attached),
        *different("sites", ids, "served", sites["served"], served),
        *different("sites", ids, "ways_required", sites["ways_required"], ways),
        *different("sites", ids, "cores_per_way", sites["cores_per_way"], cores),
        *different("sites", ids, "lot", sites["lot"], lot),
    ]
    for row in np.flatnonzero((attached & ~placed) | (served & ~attached)):
        faults.append(
            Text(f"{ids[row]}无位置或未接入候选图", f"{ids[row]} is used but has no place or node")
        )
    for row in np.flatnonzero(core & (sites["phase"] != 1)):
        faults.append(Text(f"核心{ids[row]}不在第1期", f"core {ids[row]} is not in phase 1"))
    return judge(
        "sites.state",
        faults,
        Text(
            f"{int(served.sum())}/{sites.count}个站点（含核心节点）已接入，状态一致",
            f"{int(served.sum())} of {sites.count} sites (cores included) served, states agree",
        ),
    )


def _cores_per_way(facts: Facts, level: str) -> int:
    """Return the cores that a way of a site takes, or the feeder that it shares."""
    if level in ("core", "district"):
        hub = from_scenario(facts.data, "access", "cores_per_hub_way")
        return int(hub or 0) if level == "district" else 0
    found = {
        "star": from_scenario(facts.data, "access", "cores_per_site"),
        "ring_pair": 2,
        "splitter": from_scenario(facts.data, "access", "splitter", "cores_per_tree"),
    }.get(architecture_of(facts, level))
    return int(found or 0)


def _has_point(blob: object) -> bool:
    """Tell whether a GeoPackage geometry blob holds a point (flag bit 4: empty)."""
    return isinstance(blob, bytes) and len(blob) > 8 and not blob[3] & 0x10


def sites_weight(facts: Facts) -> RuleResult:
    """Recompute the weights: population shared out by villages, the rest from the scenario."""
    sites, districts = facts["sites"], facts["districts"]
    people = dict(zip(districts["code"], districts["population"].tolist(), strict=True))
    level, code = sites["level"], sites["district_code"]
    fixed = {
        name: int(np.floor(float(from_scenario(facts.data, "weights", name, "value") or 0) + 0.5))
        for name in ("hub", "municipal", "municipal_with_system")
    }
    township = level == "township"
    whole: dict[str, int] = {}
    count: dict[str, int] = {}
    for row in np.flatnonzero(township).tolist():
        whole[code[row]] = whole.get(code[row], 0) + int(sites["villages"][row])
        count[code[row]] = count.get(code[row], 0) + 1
    weight = np.zeros(sites.count, dtype=np.int64)
    for row in range(sites.count):
        if township[row]:
            total = whole[code[row]]
            part, parts = (int(sites["villages"][row]), total) if total else (1, count[code[row]])
            weight[row] = (2 * people.get(code[row], 0) * part + parts) // (2 * parts)
        elif level[row] == "district":
            weight[row] = fixed["hub"]
        elif level[row] == "municipal":
            system = bool(sites["uses_system"][row])
            weight[row] = fixed["municipal_with_system" if system else "municipal"]
    return judge(
        "sites.weight",
        different("sites", sites["site_id"], "weight", sites["weight"], weight),
        Text("权重与人口、村数和情景一致", "weights follow population, villages and scenario"),
    )


def sites_figures(facts: Facts) -> RuleResult:
    """Check length, loss and optic of each served site: those of its way with most loss."""
    sites, paths = facts["sites"], facts["core_paths"]
    worst: dict[int, tuple[float, int, int]] = {}
    for path in np.flatnonzero(facts.path_phase > 0).tolist():
        site = int(facts.path_site[path])
        key = (-float(paths["loss_db"][path]), int(paths["way"][path]), path)
        worst[site] = min(key, worst.get(site, key))
    length = np.full(sites.count, np.nan)
    loss = np.full(sites.count, np.nan)
    optic = np.full(sites.count, "", dtype=object)
    for site, (_, _, path) in worst.items():
        length[site], loss[site] = paths["length_m"][path], paths["loss_db"][path]
        optic[site] = paths["optic"][path]
    ids = sites["site_id"]
    faults = [
        *different("sites", ids, "path_length_m", sites["path_length_m"], length),
        *different("sites", ids, "loss_db", sites["loss_db"], loss),
        *different("sites", ids, "optic", sites["optic"], optic),
    ]
    return judge(
        "sites.figures",
        faults,
        Text("站点的长度、衰耗与光模块相符", "length, loss and optic are those of the worst way"),
    )


def hubs_table(facts: Facts) -> RuleResult:
    """Recompute the table of hubs: every hub, its phase, its ways, its townships."""
    hubs, sites = facts["hubs"], facts["sites"]
    ids = hubs["site_id"]
    row = np.array([facts.site_row[name] for name in ids], dtype=np.int64)
    faults = [
        Text(f"缺少汇聚节点{name}", f"hub {name} is missing")
        for name in sites["site_id"][sites["level"] == "district"]
        if name not in set(ids)
    ]
    faults += [
        Text(f"{ids[at]}不是汇聚节点", f"{ids[at]} is no hub")
        for at in np.flatnonzero(sites["level"][row] != "district")
    ]
    township = sites["level"] == "township"
    every = [int((township & (sites["home_id"] == name)).sum()) for name in ids]
    served = [
        int((township & (sites["home_id"] == name) & (sites["phase"] > 0)).sum()) for name in ids
    ]
    ways = [_disjoint_ways(facts, int(site)) for site in row]
    for column in ("name", "district_code", "phase"):
        faults += different("hubs", ids, column, hubs[column], sites[column][row])
    faults += different("hubs", ids, "ways", hubs["ways"], ways)
    faults += different("hubs", ids, "townships", hubs["townships"], every)
    faults += different("hubs", ids, "townships_served", hubs["townships_served"], served)
    return judge(
        "hubs.table", faults, Text(f"{hubs.count}个汇聚节点相符", f"{hubs.count} hubs agree")
    )


def _disjoint_ways(facts: Facts, site: int) -> int:
    """Count the ways of a site that share no risk group with an earlier counted one."""
    seen: set[int] = set()
    ways = 0
    for path in np.flatnonzero(facts.path_site == site).tolist():
        groups = {group for edge in facts.steps(path).tolist() for group in facts.groups[edge]}
        if not groups & seen:
            ways += 1
            seen |= groups
    return ways


def _so_far(
    facts: Facts, phase: NDArray[np.int64], values: NDArray[np.float64] | NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return float64 (p,): ``values`` summed over everything of phase 1..k."""
    sums = np.bincount(phase, weights=values, minlength=facts.n_phases + 1)
    return np.cumsum(sums[1:])


def phases_counts(facts: Facts) -> RuleResult:
    """Recount the sites in service by the end of each phase, and their villages."""
    phases, sites = facts["phases"], facts["sites"]
    level = sites["level"]
    one = {name: (level == name).astype(np.int64) for name in ("municipal", "district", "township")}
    count = {name: _so_far(facts, sites["phase"], mask) for name, mask in one.items()}
    everyone = count["municipal"] + count["district"] + count["township"]
    villages = _so_far(facts, sites["phase"], sites["villages"] * one["township"])
    number = phases["number"]
    faults = [
        *different("phases", number, "municipal", phases["municipal"], count["municipal"]),
        *different("phases", number, "hubs", phases["hubs"], count["district"]),
        *different("phases", number, "townships", phases["townships"], count["township"]),
        *different("phases", number, "sites", phases["sites"], everyone),
        *different("phases", number, "villages", phases["villages"], villages),
    ]
    rules = from_scenario(facts.data, "phases") or []
    if len(rules) == facts.n_phases:
        gains = np.array([int(rule.get("gain", 1)) for rule in rules], dtype=np.int64)
        faults += different("phases", number, "gain", phases["gain"], gains)
        for column in ("name_zh", "name_en"):
            names = np.array([str(rule.get(column, "")) for rule in rules], dtype=object)
            faults += different("phases", number, column, phases[column], names)
    else:
        faults.append(
            Text(
                f"情景有{len(rules)}期，方案有{facts.n_phases}期",
                f"the scenario has {len(rules)} phases, the plan {facts.n_phases}",
            )
        )
    return judge("phases.counts", faults, Text("各期站点数相符", "counts of each phase agree"))


def phases_weight(facts: Facts) -> RuleResult:
    """Recompute weight and share of weight in service, and hold them under their bound."""
    phases, sites = facts["phases"], facts["sites"]
    number, bound = phases["number"], phases["weight_bound_share"]
    weight = _so_far(facts, sites["phase"], sites["weight"])
    total = int(sites["weight"][sites["placed"] & sites["attached"]].sum())
    share = phases["weight"] / max(total, 1)
    faults = [
        *different("phases", number, "weight", phases["weight"], weight),
        *different(
            "phases", number, "weight_share", phases["weight_share"], share, SHARE_TOLERANCE
        ),
    ]
    low = bound < phases["weight_share"] - SHARE_TOLERANCE
    sinking = np.diff(bound, prepend=0.0) < -SHARE_TOLERANCE
    for row in np.flatnonzero(low | (bound > 1 + SHARE_TOLERANCE) | sinking):
        faults.append(
            Text(
                f"第{number[row]}期权重上界{bound[row]:.6f}不成立",
                f"phase {number[row]}: no bound of weight can be {bound[row]:.6f} "
                f"(share {phases['weight_share'][row]:.6f})",
            )
        )
    stated = facts.data.certificate.get("total_weight")
    if stated != total:
        faults.append(Text(f"总权重{stated}应为{total}", f"total_weight is {stated}, not {total}"))
    return judge(
        "phases.weight", faults, Text("权重占比及上界相符", "weights agree, below their bounds")
    )


def phases_lengths(facts: Facts) -> RuleResult:
    """Recompute route-metres, sheath-metres and core-metres by the end of each phase."""
    phases, routes, cables = facts["phases"], facts["routes"], facts["cables"]
    edges = facts["candidate_edges"]
    number = phases["number"]
    new = np.where(np.isin(routes["method"].astype(str), NEW_ROUTE), routes["length_m"], 0.0)
    light = np.where(edges["method"] == "light", edges["length_m"], 0.0)
    reused = light[facts.step_edge] * facts.step_cores * facts.step_pays
    installed = cables["sheath_m"] * cables["size_cores"]
    figures = {
        "route_m": _so_far(facts, routes["phase"], new),
        "sheath_m": _so_far(facts, cables["phase"], cables["sheath_m"]),
        "core_m_new": _so_far(facts, cables["phase"], installed),
        "core_m_reused": _so_far(facts, facts.path_phase[facts.step_path], reused),
    }
    faults: list[Text] = []
    for column, expected in figures.items():
        faults += different("phases", number, column, phases[column], expected, LENGTH_TOLERANCE_M)
    return judge(
        "phases.lengths",
        faults,
        Text("沟公里、皮长公里、芯公里相符", "route, sheath and core lengths agree"),
    )


def levels_summary(facts: Facts) -> RuleResult:
    """Recount total, placed and served sites of each level (provenance)."""
    sites = facts["sites"]
    counted = {}
    for name in ("municipal", "district", "township"):
        mask = sites["level"] == name
        counted[name] = {
            "total": int(mask.sum()),
            "placed": int((mask & sites["placed"]).sum()),
            "served": int((mask & (sites["phase"] > 0)).sum()),
        }
    stored = facts.data.provenance.get("levels")
    fault = Text(f"levels为{stored}，应为{counted}", f"levels is {stored}, should be {counted}")
    return judge(
        "provenance.levels",
        [] if stored == counted else [fault],
        Text("各级站点数相符", "the numbers of sites per level agree"),
    )
