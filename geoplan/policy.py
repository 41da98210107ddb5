"""The policy report: which of the rules P1 to P9 this plan keeps, with the figures.

A rule that a single plan cannot show is ``not_assessed``, never passed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import pandas as pd

from geoplan.cost import NEW_ROUTE_METHODS
from geoplan.layers import Layers
from geoplan.network import Network
from geoplan.plan_words import REUSE
from geoplan.policy_locks import assess_locks
from geoplan.scenario import Scenario
from geoplan.schema import PLAN_TABLES
from geoplan.tables import conform
from geoplan.text import Text

__all__ = ["assess_policy"]

State = Literal["holds", "broken", "not_assessed"]

_POLICY = next(table for table in PLAN_TABLES if table.name == "policy")
_SHOWN = 5


class _Finding(NamedTuple):
    state: State
    detail: Text


def assess_policy(network: Network, scenario: Scenario, layers: Layers) -> pd.DataFrame:
    """Return one row per rule P1 to P9 and kind of lock: state and detail in both languages."""
    rules: tuple[tuple[str, Callable[[], _Finding]], ...] = (
        ("P1", lambda: _separate(network, layers)),
        ("P2", lambda: _reuse(network, scenario)),
        ("P3", lambda: _egress(network)),
        ("P4", lambda: _hierarchy(network)),
        ("P5", lambda: _intranet_stops(network)),
        ("P6", lambda: _order(network, scenario)),
        ("P7", lambda: _dig_once(network)),
        ("P8", lambda: _two_ways(network, scenario)),
        ("P9", _several_ways),
    )
    findings = [(rule, assess()) for rule, assess in rules]
    findings += [
        (lock.rule, _Finding("broken" if lock.broken else "holds", lock.detail()))
        for lock in assess_locks(network, scenario, layers)
    ]
    frame = pd.DataFrame(
        {
            "rule": [rule for rule, _ in findings],
            "state": [finding.state for _, finding in findings],
            "detail_zh": [finding.detail.zh for _, finding in findings],
            "detail_en": [finding.detail.en for _, finding in findings],
        }
    )
    return conform(frame, _POLICY)


def _judge(wrong: list[str], good: Text, bad: Text) -> _Finding:
    """Return ``holds`` when nothing is wrong, else ``broken`` with the first rows named."""
    if not wrong:
        return _Finding("holds", good)
    more_zh, more_en = ("等", ", ...") if len(wrong) > _SHOWN else ("", "")
    named = ", ".join(wrong[:_SHOWN])
    return _Finding(
        "broken",
        Text(
            f"{bad.zh}（{len(wrong)}处：{named}{more_zh}）",
            f"{bad.en} ({len(wrong)}: {named}{more_en})",
        ),
    )


def _separate(network: Network, layers: Layers) -> _Finding:
    """P1: cores lit in existing cables are free ones; only paths of one feeder share a core."""
    schedule = network.core_schedule
    light = network.routes.loc[network.routes["method"] == "light", "edge_id"]
    existing = layers.existing_cables.set_index(layers.existing_cables["cable_id"].astype("str"))
    lit = schedule[schedule["edge_id"].isin(light)]
    used, cores = (
        lit["cable_id"].map(existing["cores_used"]),
        lit["cable_id"].map(existing["cores"]),
    )
    free = (lit["core_first"] > used) & (lit["core_last"] <= cores)
    wrong = lit.loc[~free, "path_id"].tolist()
    who = schedule["feeder_id"].where(schedule["shared"], schedule["path_id"])
    where = ["edge_id", "cable_id", "core_first"]
    runs = schedule.assign(who=who).drop_duplicates([*where, "core_last", "who"])
    by_core = runs.sort_values(where, kind="stable")
    before = by_core.shift()
    same = by_core["edge_id"].eq(before["edge_id"]) & by_core["cable_id"].eq(before["cable_id"])
    twice = same & (by_core["core_first"] <= before["core_last"])
    wrong += by_core.loc[twice, "path_id"].tolist()
    cables, paths = lit["cable_id"].nunique(), lit["path_id"].nunique()
    return _judge(
        wrong,
        Text(
            f"利用现有空闲纤芯的路径{paths}条、光缆{cables}条，未占用内网在用纤芯；设备均为新增；"
            "接头盒托盘不在数据中，由施工分开",
            f"paths on free existing cores: {paths}, in existing cables: {cables}; none takes a "
            "core that the intranet uses; all equipment is new; closure trays are not in the "
            "data: builders keep them apart",
        ),
        Text("路径占用内网在用或重复的纤芯", "paths take cores that are in use"),
    )


def _reuse(network: Network, scenario: Scenario) -> _Finding:
    """P2: nothing is reused that the switch forbids; the comparison needs several plans."""
    allowed = {"none": (), "ducts": ("pull",), "ducts_and_cores": ("pull", "light")}
    switch = scenario.policy.reuse
    named = REUSE[switch]
    routes = network.routes
    reused = routes[~routes["method"].isin(NEW_ROUTE_METHODS)]
    wrong = reused.loc[~reused["method"].isin(allowed[switch]), "edge_id"].astype("str").tolist()
    pulled = int((routes["method"] == "pull").sum())
    lit = int((routes["method"] == "light").sum())
    finding = _judge(
        wrong,
        Text(
            f"利用策略为“{named.zh}”：{pulled}段利用现有管道，{lit}段启用现有纤芯；"
            "各策略费用的比较须有多个方案，本方案不评",
            f"the policy is '{named.en}': {pulled} stretches use existing ducts, {lit} existing "
            "cores; what the other policies cost takes several plans: not assessed here",
        ),
        Text(f"利用策略“{named.zh}”不允许", f"the policy '{named.en}' does not allow"),
    )
    return finding if wrong else _Finding("not_assessed", finding.detail)


def _egress(network: Network) -> _Finding:
    """P3: where the egresses are is no part of a plan; it shows how many cores there are."""
    cores = network.sites.loc[network.sites["level"] == "core", "site_id"].tolist()
    named = ", ".join(cores)
    return _Finding(
        "not_assessed",
        Text(
            f"核心节点{len(cores)}个（{named}）；互联网出口与国家节点的接入不在数据中，不评",
            f"core nodes: {len(cores)} ({named}); the egress to the internet and the way to the "
            "national node are not in the data: not assessed",
        ),
    )


def _hierarchy(network: Network) -> _Finding:
    """P4: a township's cores end at the hub of its own district, those of a hub at cores."""
    sites = network.sites
    townships = sites[(sites["level"] == "township") & sites["served"]]
    by_id = sites.set_index("site_id")
    home = by_id.reindex(townships["home_id"])
    own = (home["level"].to_numpy() == "district") & (
        home["district_code"].to_numpy() == townships["district_code"].to_numpy()
    )
    paths = network.core_paths[network.core_paths["phase"] > 0]
    strays = paths["home_id"].to_numpy() != by_id.loc[paths["site_id"], "home_id"].to_numpy()
    # on a ring between two cores one way of a hub ends at the core that is not its home
    of_hub = by_id.loc[paths["site_id"], "level"].to_numpy() == "district"
    strays &= ~of_hub | (by_id.loc[paths["home_id"], "level"].to_numpy() != "core")
    wrong = townships.loc[~own, "site_id"].tolist() + paths.loc[strays, "path_id"].tolist()
    hubs = townships["home_id"].nunique()
    return _judge(
        wrong,
        Text(
            f"{len(townships)}个乡镇街道均接到本区汇聚节点（{hubs}个）",
            f"{len(townships)} townships end at the hub of their own district ({hubs} hubs)",
        ),
        Text("未接到本区汇聚节点", "sites do not end at the hub of their own district"),
    )


def _intranet_stops(network: Network) -> _Finding:
    """P5: no path to a township takes cores of the intranet or leads beyond the extranet."""
    served = network.sites[network.sites["served"]]
    count = int((served["level"] == "township").sum())
    return _Finding(
        "holds",
        Text(
            f"本方案只建外网，不延伸内网；{count}个乡镇街道只接外网",
            f"the plan builds the extranet only and extends the intranet nowhere; {count} "
            "townships get the extranet",
        ),
    )


def _order(network: Network, scenario: Scenario) -> _Finding:
    """P6: no township before its own hub (or all hubs) is in service with both ways."""
    sites = network.sites
    hubs = sites[(sites["level"] == "district") & sites["attached"]]
    townships = sites[(sites["level"] == "township") & sites["served"]]
    never = len(network.phases) + 1
    hub_phase = hubs.set_index("site_id")["phase"].replace(0, never)
    if scenario.policy.order == "all_hubs":
        ready = pd.Series(int(hub_phase.max()) if len(hub_phase) else 0, index=townships.index)
    else:
        ready = townships["home_id"].map(hub_phase).fillna(never).astype("int64")
    wrong = townships.loc[townships["phase"] < ready, "site_id"].tolist()
    opened = network.routes.set_index("edge_id")["phase"]
    schedule = network.core_schedule
    late = schedule["edge_id"].map(opened).fillna(never).to_numpy() > schedule["phase"].to_numpy()
    wrong += sorted(set(schedule.loc[late, "path_id"]))
    waits = Text("所属汇聚节点", "their own hub")
    if scenario.policy.order == "all_hubs":
        waits = Text("全部汇聚节点", "all hubs")
    same = int((townships["phase"] == ready).sum())
    return _judge(
        wrong,
        Text(
            f"{len(townships)}个乡镇街道均不早于{waits.zh}双路开通，其中{same}个同期；已接入的不退出",
            f"{len(townships)} townships, none before {waits.en} in service with both ways, "
            f"{same} in the same phase; no site leaves service",
        ),
        Text("早于汇聚节点或路由开通", "served before the hubs or stretches they need"),
    )


def _dig_once(network: Network) -> _Finding:
    """P7: no stretch is opened as a new route twice."""
    routes = network.routes[network.routes["method"].isin(NEW_ROUTE_METHODS)]
    stretch = network.candidate_edges.set_index("edge_id")["stretch"]
    number = routes["edge_id"].map(stretch)
    wrong = routes.loc[number.duplicated(keep="first"), "edge_id"].astype("str").tolist()
    return _judge(
        wrong,
        Text(
            f"{len(routes)}段新建路由各开挖一次，光缆按终期需求配置；费用与下界之差见证明表",
            f"{len(routes)} new stretches, each opened once, cables sized for the final demand; "
            "how near the cost is to the least stands in the certificate",
        ),
        Text("同一路由段开挖多次", "stretches are opened more than once"),
    )


def _two_ways(network: Network, scenario: Scenario) -> _Finding:
    """P8: every hub in service has its ways, and they share no risk group."""
    hubs = network.hubs[network.hubs["phase"] > 0]
    need = scenario.policy.hub_ways
    wrong = hubs.loc[hubs["ways"] < need, "site_id"].tolist()
    idle = len(network.hubs) - len(hubs)
    return _judge(
        wrong,
        Text(
            f"{len(hubs)}个汇聚节点各有{need}条无共同风险的路由（未开通{idle}个）",
            f"{len(hubs)} hubs have {need} ways to the core that share no risk ({idle} hubs are "
            "not in service)",
        ),
        Text(f"汇聚节点不足{need}条独立路由", f"hubs have fewer than {need} separate ways"),
    )


def _several_ways() -> _Finding:
    """P9: a comparison of ways of building takes several plans."""
    return _Finding(
        "not_assessed",
        Text(
            "多种建设方式的比较须有多个方案，本方案不评",
            "comparing ways of building takes several plans: not assessed for one",
        ),
    )
