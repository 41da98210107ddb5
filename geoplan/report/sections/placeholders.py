"""What must be replaced or settled before anybody quotes a figure."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from geoplan.datasets import PlanningFact
from geoplan.export.words import word
from geoplan.maps.format import money, number
from geoplan.plan import Plan
from geoplan.plan_words import figure_name, half, price_name
from geoplan.report.amounts import AMOUNT_UNIT, amount, plain
from geoplan.report.blocks import Block, Heading, Paragraph, Table
from geoplan.report.sections.summary import placeholder_warning
from geoplan.report.words import Voice
from geoplan.units import CENTS_PER_YUAN, M_PER_KM

__all__ = ["placeholders"]


def placeholders(plan: Plan, facts: Sequence[PlanningFact], say: Voice) -> list[Block]:
    """Return the list of placeholders and of what the plan leaves open."""
    blocks: list[Block] = []
    warning = placeholder_warning(plan, say)
    if warning:
        blocks += [
            Paragraph(warning, "warning"),
            Heading(2, say("占位单价", "Placeholder prices")),
            _prices(plan, say),
        ]
    bands = [fact for fact in facts if fact.part == "band"]
    if bands:
        blocks.append(_bands(plan, bands, say))
    rows = _figures(plan, say)
    if rows:
        blocks += [
            Heading(2, say("其他占位取值", "Other placeholders")),
            Table(
                say("占位的设计取值", "Design figures that are placeholders"),
                (say("项目", "figure"), say("取值", "value"), say("说明", "remark")),
                tuple(rows),
                ("left", "right", "left"),
                (1.5, 0.9, 2.4),
            ),
        ]
    open_points = _open_points(plan, say)
    if open_points:
        blocks += [
            Heading(2, say("尚待落实事项", "What is left open")),
            *(Paragraph(text) for text in open_points),
        ]
    if not blocks:
        blocks.append(
            Paragraph(
                say(
                    "本方案没有占位值，也没有待落实事项。",
                    "This plan has no placeholder and leaves nothing open.",
                )
            )
        )
    return blocks


def _yuan(cents: int) -> str:
    return f"{cents // CENTS_PER_YUAN:,}.{cents % CENTS_PER_YUAN:02d}"


def _prices(plan: Plan, say: Voice) -> Table:
    """Return the placeholder prices, each with what the bill charges at it."""
    prices = plan["prices"]
    prices = prices[prices["kind"] == "placeholder"]
    charged = plan["bill"].groupby("price_id")["cost_cents"].sum()
    rows = [
        (
            say.text(price_name(str(row["price_id"]))),
            _yuan(int(row["value_cents"])),
            word("per", str(row["per"]), say.language),
            say.text(amount(int(charged.get(row["price_id"], 0)))),
            half(str(row["source"]), say.language),
        )
        for row in prices.to_dict("records")
    ]
    unit = say.text(AMOUNT_UNIT)
    return Table(
        say("须替换的占位单价", "Placeholder prices that must be replaced"),
        (
            say("单价", "price of"),
            say("取值（元）", "yuan"),
            say("计价单位", "per"),
            say(f"涉及金额（{unit}）", f"charged ({unit})"),
            say("说明", "remark"),
        ),
        tuple(rows),
        ("left", "right", "center", "right", "left"),
        (1.2, 1.0, 0.75, 1.0, 2.2),
    )


def _bands(plan: Plan, facts: Sequence[PlanningFact], say: Voice) -> Table:
    """Return what building costs elsewhere, with this plan's own average beside it."""
    route_m = float(plan["phases"].sort_values("number")["route_m"].iloc[-1])
    rows = [(say.text(f.name), say.text(f.value), say.text(f.source)) for f in facts]
    if route_m > 0:
        per_km = money(round(plan.cost_cents * M_PER_KM / route_m))
        rows.append(
            (
                say("本方案平均", "this plan, on average"),
                say(f"每新建沟公里 {per_km.zh}（含设备）", f"{per_km.en} per new route-km, all in"),
                say("总造价除以新建沟长", "cost over new route length"),
            )
        )
    return Table(
        say(
            "造价参考区间（仅供核对，不作单价）",
            "What building costs elsewhere (to check, not to price)",
        ),
        (say("项目", "what"), say("造价", "cost"), say("来源", "source")),
        tuple(rows),
        ("left", "left", "left"),
        (1.4, 2.2, 1.4),
    )


def _figures(plan: Plan, say: Voice) -> list[tuple[str, str, str]]:
    """Return name, value and remark of every placeholder that is not a price."""
    figures, optics = plan["figures"], plan["optics"]
    rows = [
        (
            say.text(figure_name(str(row["figure_id"]))),
            plain(float(row["value"])),
            half(str(row["source"]), say.language),
        )
        for row in figures[figures["kind"] == "placeholder"].to_dict("records")
    ]
    rows += [
        (
            say(f"光模块 {row['name']} 最小衰耗（dB）", f"optic {row['name']}, least loss (dB)"),
            plain(float(row["min_loss_db"])),
            half(str(row["source"]), say.language),
        )
        for row in optics[optics["kind"] == "placeholder"].to_dict("records")
    ]
    scenario = tomllib.loads(str(plan.provenance.get("scenario_toml") or ""))
    rows += [
        (
            say(f"核心节点位置：{core['name']}", f"position of the core node: {core['name']}"),
            f"{core['lon']}, {core['lat']}",
            half(str(core.get("source", "")), say.language),
        )
        for core in scenario.get("core", [])
        if core.get("kind") == "placeholder"
    ]
    return rows


def _open_points(plan: Plan, say: Voice) -> list[str]:
    """Return what the plan itself says it could not settle, one sentence per kind of note."""
    sites = plan["sites"]
    lost = [str(name) for name in sites.loc[~sites["placed"].astype(bool), "name"]]
    points = []
    if lost:
        points.append(
            say(
                f"{number(len(lost)).zh} 个站点位置未知，未纳入规划：{say.join(lost)}。",
                f"{number(len(lost)).en} sites have no known position and are not planned: "
                f"{say.join(lost)}.",
            )
        )
    paths = plan["core_paths"]
    dark = int(((paths["optic"] == "") & (paths["phase"] > 0)).sum())
    if dark:
        points.append(
            say(
                f"{number(dark).zh} 条纤芯路径没有合适的光模块（衰耗超出或低于各型光模块的范围），"
                "须增设中继、衰减器或改用其他光模块，其费用未计入本方案。",
                f"{number(dark).en} core paths fit none of the optics (too much or too little "
                "loss): they need a repeater, an attenuator or another optic, whose cost is not "
                "in this plan.",
            )
        )
    if plan.provenance.get("corridors") == "settlements":
        points.append(
            say(
                "未提供道路图层，路由为居民点之间的示意走廊，长度已乘绕行系数，可用于匡算投资，"
                "不能用于施工。",
                "No roads layer was given: routes are corridors between settlements, lengthened "
                "by a detour factor; good for a budget, not for a trench.",
            )
        )
    return points
