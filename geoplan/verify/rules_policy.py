"""Rules P3 to P9 of the planning question, as far as one plan can show them."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from geoplan.text import Text
from geoplan.verify.facts import NEW_ROUTE, Facts, from_scenario
from geoplan.verify.report import RuleResult, judge, not_assessed, shown_gap

__all__ = [
    "p3_egress",
    "p4_homes",
    "p5_intranet",
    "p6_order",
    "p7_dig_once",
    "p7_least_cost",
    "p8_two_ways",
    "p9_comparison",
    "policy_report",
]

_ORDERS = {
    "own_hub": Text("乡镇街道均不早于本区汇聚节点", "no township before its own hub"),
    "all_hubs": Text("乡镇街道均不早于全部汇聚节点", "no township before every hub"),
}
_RULES = tuple(f"P{number}" for number in range(1, 10))


def p3_egress(facts: Facts) -> RuleResult:
    """Check that there is a core; where the egress stands is not part of a plan file."""
    cores = int((facts["sites"]["level"] == "core").sum())
    if not cores:
        none = Text("没有核心节点", "there is no core node")
        return judge("P3", [none], none)
    return not_assessed(
        "P3",
        f"有{cores}个核心节点；互联网出口与国家节点链路不在方案文件内",
        f"{cores} core node(s); the internet egress and the national link are not in a plan file",
    )


def p4_homes(facts: Facts) -> RuleResult:
    """Check the hierarchy: township to its district's hub, hub and municipal unit to a core."""
    sites = facts["sites"]
    level, code = sites["level"], sites["district_code"]
    faults = []
    for row in np.flatnonzero(sites["attached"]):
        home = facts.site_row[sites["home_id"][row]]
        if level[row] == "township":
            fine = level[home] == "district" and code[home] == code[row]
        elif level[row] == "core":
            fine = home == row
        else:
            fine = level[home] == "core"
        if not fine:
            name, to = sites["site_id"][row], sites["home_id"][row]
            faults.append(Text(f"{name}不得归属{to}", f"{name} must not hang on {to}"))
    return judge(
        "P4", faults, Text("层级归属正确", "each site hangs on the node its level asks for")
    )


def p5_intranet(facts: Facts) -> RuleResult:
    """Check that no township ends an existing duct that holds cores of the intranet."""
    ducts, cables = facts["existing_ducts"], facts["existing_cables"]
    busy = set(cables["duct_id"][cables["cores_used"] > 0])
    nodes = {
        str(node)
        for row in range(ducts.count)
        if ducts["duct_id"][row] in busy
        for node in (ducts["node_a"][row], ducts["node_b"][row])
    }
    sites = facts["sites"]
    near = [
        str(sites["site_id"][row])
        for row in np.flatnonzero(sites["level"] == "township")
        if sites["existing_node"][row] in nodes and sites["existing_node"][row] != ""
    ]
    if near:
        named = ", ".join(near[:5])
        return not_assessed(
            "P5",
            f"内网在用光缆经过{named}，是否在此成端无法判断",
            f"cables the intranet uses pass {named}: whether they end there can't be told",
        )
    return judge(
        "P5",
        [],
        Text("没有乡镇街道是内网光缆的终端", "no township ends a cable that the intranet uses"),
    )


def p6_order(facts: Facts) -> RuleResult:
    """Check that a township waits for its own hub (or for all hubs, as the policy says)."""
    sites = facts["sites"]
    order = str(from_scenario(facts.data, "policy", "order"))
    phase, level = sites["phase"], sites["level"]
    hubs = (level == "district") & sites["attached"]
    late = facts.n_phases + 1
    when = np.where(phase > 0, phase, late)
    all_hubs = int(when[hubs].max(initial=0))
    faults = []
    for row in np.flatnonzero(phase > 0):
        home = facts.site_row[sites["home_id"][row]]
        wait = int(when[home])
        if level[row] == "township" and order == "all_hubs":
            wait = max(wait, all_hubs)
        if phase[row] < wait:
            name = sites["site_id"][row]
            there = "" if wait == late else str(wait)
            faults.append(
                Text(
                    f"{name}在第{phase[row]}期，早于其汇聚节点（{there or '未建'}）",
                    f"{name} is in phase {phase[row]}, its hub(s) in {there or 'none'}",
                )
            )
    if order not in _ORDERS:
        faults.append(Text(f"顺序政策{order}未知", f"the order policy {order} is unknown"))
    return judge(
        "P6",
        faults,
        _ORDERS.get(order, Text("", "")),
    )


def p7_dig_once(facts: Facts) -> RuleResult:
    """Check that no stretch is dug twice: not in two phases, and not in two ways."""
    edges = facts["candidate_edges"]
    dug = np.isin(edges["method"].astype(str), NEW_ROUTE) & (facts.route_phase > 0)
    first: dict[int, int] = {}
    faults = []
    for row in np.flatnonzero(dug):
        stretch, phase = int(edges["stretch"][row]), int(facts.route_phase[row])
        if stretch in first:
            faults.append(
                Text(
                    f"同段{stretch}在第{first[stretch]}期和第{phase}期重复开挖",
                    f"stretch {stretch} is opened in phase {first[stretch]} and in {phase}",
                )
            )
        first.setdefault(stretch, phase)
    return judge(
        "P7.dig_once",
        faults,
        Text(f"{len(first)}段各只开挖一次", f"{len(first)} stretches, each opened once"),
    )


def p7_least_cost(facts: Facts) -> RuleResult:
    """Say that least cost is the certificate's matter, and what it claims."""
    said = shown_gap(facts.data.certificate.get("gap"))
    return not_assessed(
        "P7.least_cost",
        f"费用最低由证明表述（差距{said}），见 bound.dual",
        f"least cost is the certificate's claim (gap {said}); see bound.dual",
    )


def p8_two_ways(facts: Facts) -> RuleResult:
    """Check that the ways of each hub share no risk group, in the full design."""
    sites, edges = facts["sites"], facts["candidate_edges"]
    need = from_scenario(facts.data, "policy", "hub_ways")
    ways: dict[int, list[int]] = {}
    for path, site in enumerate(facts.path_site.tolist()):
        ways.setdefault(site, []).append(path)
    faults, roofed = [], []
    hubs = np.flatnonzero((sites["level"] == "district") & sites["attached"])
    for row in hubs.tolist():
        name, paths = sites["site_id"][row], ways.get(row, [])
        if sites["ways_required"][row] != need or (sites["served"][row] and len(paths) != need):
            faults.append(Text(f"{name}不足{need}路", f"{name} has not {need} ways"))
        groups = [
            frozenset().union(*(facts.groups[edge] for edge in facts.steps(path).tolist()))
            for path in paths
        ]
        if paths and not any(groups):
            roofed.append(str(name))
        for left, right in combinations(range(len(paths)), 2):
            shared = sorted(groups[left] & groups[right])
            if shared:
                faults.append(
                    Text(
                        f"{name}的两路共用风险组{shared[:3]}",
                        f"two ways of {name} share the risk groups {shared[:3]}",
                    )
                )
    bare = [
        int(edges["edge_id"][row])
        for row in np.unique(facts.step_edge).tolist()
        if not facts.groups[row]
    ]
    faults += [Text(f"段{edge}没有风险组", f"stretch {edge} has no risk group") for edge in bare]
    also = ", ".join(roofed)
    return judge(
        "P8",
        faults,
        Text(
            f"{len(hubs)}个汇聚节点两路无共同风险" + (f"（{also}与核心同楼）" if also else ""),
            f"the ways of {len(hubs)} hubs share no risk group"
            + (f" ({also}: in the core's own building)" if also else ""),
        ),
    )


def p9_comparison(facts: Facts) -> RuleResult:
    """Say that one plan can't show that several ways of building were compared."""
    return not_assessed(
        "P9", "单个方案不能表明已作多方案比选", "one plan can't show that several were compared"
    )


def policy_report(facts: Facts) -> RuleResult:
    """Check that the plan reports on every rule P1-P9 once and owns to no broken one."""
    rows = facts["policy"]
    states = dict(zip(rows["rule"], rows["state"], strict=True))
    faults = [
        Text(f"规则核查缺少{rule}", f"the policy report lacks {rule}")
        for rule in _RULES
        if not any(str(name) == rule or str(name).startswith(f"{rule}.") for name in states)
    ]
    for rule, state in states.items():
        if state not in {"holds", "not_assessed"}:
            faults.append(Text(f"{rule}：{state}", f"the plan itself says {rule}: {state}"))
    return judge("policy.report", faults, Text("规则核查表完整", "the plan reports on every rule"))
