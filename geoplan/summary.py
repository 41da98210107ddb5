"""A plan in a dozen lines, for whoever stands at the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.export.words import word
from geoplan.plan import Plan
from geoplan.plan_words import ended_early
from geoplan.text import Language, Text
from geoplan.units import CENTS_PER_YUAN, M_PER_KM, per_cent

__all__ = ["summary_lines"]

_WAN_CENTS = 10_000 * CENTS_PER_YUAN
_LINKS = {"ring_pair": "single_fibre", "splitter": "pon"}
_LEVELS = {
    "municipal": Text("市级单位", "municipal units"),
    "district": Text("区汇聚节点", "district hubs"),
    "township": Text("乡镇街道", "townships"),
}


def summary_lines(plan: Plan, language: Language) -> list[str]:
    """Return cost with its proof, reach, kilometres, phases, and what to mind, line by line."""
    lines = [_cost(plan.certificate)]
    early = ended_early(str(plan.certificate["status"]))
    if early is not None:
        lines.append(early)
    for level, name in _LEVELS.items():
        count = plan.provenance["levels"][level]
        lines.append(
            Text(
                f"{name.zh}：共 {count['total']}，有位置 {count['placed']}，接入 {count['served']}",
                f"{name.en}: {count['total']} in all, {count['placed']} placed, "
                f"{count['served']} served",
            )
        )
    lines.append(_kilometres(plan["phases"].iloc[-1].to_dict()))
    phases = plan["phases"].to_dict("records")
    before = [0, *(int(row["carry_cents"]) for row in phases)]
    lines.extend(_phase(row, kept) for row, kept in zip(phases, before, strict=False))
    placeholders = int((plan["prices"]["kind"] == "placeholder").sum())
    if placeholders:
        lines.append(
            Text(
                f"注意：{placeholders} 项单价为占位值，引用费用前必须替换",
                f"mind: {placeholders} prices are placeholders; replace them before quoting a cost",
            )
        )
    if plan.provenance["reconstructed"]:
        made = plan.provenance["reconstructed"]
        zh = "、".join(word("reconstructed", name, "zh") for name in made)
        en = ", ".join(word("reconstructed", name, "en") for name in made)
        lines.append(Text(f"注意：重建而非实测：{zh}", f"mind: reconstructed, not surveyed: {en}"))
    lines.extend(_dark(plan))
    return [line.get(language) for line in lines]


def _dark(plan: Plan) -> list[Text]:
    """Say how many ways no optic fits, how many of them are too long, and what may be done."""
    paths = plan["core_paths"]
    used = paths[paths["phase"] > 0]
    dark = used[used["optic"] == ""]
    if dark.empty:
        return []
    km = f"{dark['fibre_m'].max() / M_PER_KM:,.1f}"
    far = int(_too_far(plan, dark).sum())
    lines = [
        Text(
            f"注意：{len(used)} 路中有 {len(dark)} 路无合适的光模块（最长 {km} 公里光纤）："
            "需中继、衰减器或另选光模块，费用未计",
            f"mind: no optic fits {len(dark)} of {len(used)} ways (the longest {km} km of fibre): "
            "they need a repeater, an attenuator or another optic, which is not in the cost",
        )
    ]
    if far:
        lines.append(
            Text(
                f"其中 {far} 路过长，任何光模块都承受不了；情景中的 [longest_way] 可限定路由长度",
                f"{far} of them are too long for every optic; [longest_way] of the scenario keeps "
                "ways short",
            )
        )
    return lines


def _too_far(plan: Plan, paths: pd.DataFrame) -> pd.Series[bool]:
    """Tell which paths are beyond the loss or the reach of every optic of their kind of link.

    On a ring pair a path has a link to either neighbour, and its fibre is not the link's: there
    loss alone tells.
    """
    kinds = plan["feeders"].set_index("feeder_id")["architecture"]
    link = paths["feeder_id"].map(kinds).map(_LINKS).fillna("duplex")
    most = plan["optics"].groupby("link")[["budget_db", "reach_km"]].max()
    over = paths["loss_db"] > link.map(most["budget_db"])
    longer = paths["fibre_m"] > link.map(most["reach_km"]) * M_PER_KM
    return over | (longer & (link != "single_fibre"))


def _cost(certificate: Mapping[str, Any]) -> Text:
    """Return cost, bound and gap; without a bound it says why there is none."""
    cost = _wan(certificate["cost_cents"])
    if certificate["bound_cents"] is None:
        return Text(
            f"费用 {cost[0]}（未接入全部站点，不给下界）",
            f"cost {cost[1]} (not every site is served: no bound)",
        )
    bound, gap = _wan(certificate["bound_cents"], down=True), _up(certificate["gap"], 4)
    return Text(
        f"费用 {cost[0]}，下界 {bound[0]}，差距 {gap}",
        f"cost {cost[1]}, lower bound {bound[1]}, gap {gap}",
    )


def _kilometres(last: Mapping[Any, Any]) -> Text:
    km = {
        name: f"{last[name] / M_PER_KM:,.1f}"
        for name in ("route_m", "sheath_m", "core_m_new", "core_m_reused")
    }
    return Text(
        f"新建 {km['route_m']} 沟公里，{km['sheath_m']} 皮长公里，{km['core_m_new']} 芯公里；"
        f"利用现有 {km['core_m_reused']} 芯公里",
        f"new: {km['route_m']} route-km, {km['sheath_m']} sheath-km, {km['core_m_new']} core-km; "
        f"reused: {km['core_m_reused']} core-km",
    )


def _phase(row: Mapping[Any, Any], carried_cents: int) -> Text:
    """Return what a phase spends and reaches; ``carried_cents`` is left of the phases before."""
    kept = _wan(carried_cents)
    more = (
        Text(f"（另有结转 {kept[0]}）", f" (and {kept[1]} carried over)")
        if row["cost_cents"] > row["budget_cents"]  # only then it needs to be explained
        else Text("", "")
    )
    budget, cost = _wan(row["budget_cents"]), _wan(row["cost_cents"])
    share, most = per_cent(row["weight_share"]) + "%", _up(row["weight_bound_share"], 3)
    return Text(
        f"{row['name_zh']}：资金 {budget[0]}{more.zh}，费用 {cost[0]}，累计站点 {row['sites']}，"
        f"累计权重 {share}（任何方案至多 {most}）",
        f"{row['name_en']}: {budget[1]} released{more.en}, {cost[1]} spent, "
        f"{row['sites']} sites so far, "
        f"{share} of the weight (no plan could reach more than {most})",
    )


def _wan(cents: int, *, down: bool = False) -> tuple[str, str]:
    """Return money as people of each language count it: 万元, million yuan.

    ``down`` is for lower bounds, which are never shown above themselves.
    """
    zh, en = cents, cents
    if down:
        zh = cents // (_WAN_CENTS // 10) * (_WAN_CENTS // 10)
        en = cents // _WAN_CENTS * _WAN_CENTS
    return f"{zh / _WAN_CENTS:,.1f} 万元", f"{en / _WAN_CENTS / 100:,.2f} million yuan"


def _up(share: float, digits: int) -> str:
    """Return a share in percent, rounded upwards: a claim must not get stronger by rounding."""
    step = 10**digits
    # 1e-9: a share that is exact in decimals is not pushed up by its binary form
    return f"{math.ceil(share * step - 1e-9) / step:.{digits - 2}%}"
