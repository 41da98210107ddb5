"""Need and present state: the planning document's facts, and the plant the plan starts from."""

from __future__ import annotations

from collections.abc import Sequence

from geoplan.datasets import PlanningFact
from geoplan.export.words import word
from geoplan.maps.format import kilometres, number
from geoplan.plan import Plan
from geoplan.plan_words import REUSE
from geoplan.report.blocks import Block, Figure, Heading, Paragraph, Table
from geoplan.report.maps import present_map
from geoplan.report.pictures import Pen
from geoplan.report.tally import existing_plant
from geoplan.report.words import Voice

__all__ = ["present_state"]


def present_state(plan: Plan, facts: Sequence[PlanningFact], pen: Pen, say: Voice) -> list[Block]:
    """Return the section; parts without facts are left out."""
    blocks: list[Block] = []
    captions = {
        "demand": say("业务需求", "What is asked for"),
        "present": say("网络现状", "The present network"),
        "reference": say("其他地区建设情况", "What others have built"),
    }
    for part, caption in captions.items():
        rows = [fact for fact in facts if fact.part == part]
        if rows:
            blocks += [Heading(2, caption), _facts_table(caption, rows, say)]
    if not blocks:
        blocks.append(
            Paragraph(
                say(
                    "本情景未附规划文件的需求与现状资料。",
                    "No facts on need and present state go with this scenario.",
                )
            )
        )
    blocks += [Heading(2, say("规划依据的现有设施", "The existing plant that the plan knows"))]
    blocks += _plant(plan, say)
    caption = say("网络现状图", "The present network")
    blocks.append(Figure(caption, present_map(plan, pen, say.language), caption))
    return blocks


def _facts_table(caption: str, facts: Sequence[PlanningFact], say: Voice) -> Table:
    return Table(
        caption,
        (
            say("项目", "what"),
            say("内容", "figure"),
            say("依据类型", "kind"),
            say("来源", "source"),
        ),
        tuple(
            (
                say.text(fact.name),
                say.text(fact.value),
                word("kind", fact.kind, say.language),
                say.text(fact.source),
            )
            for fact in facts
        ),
        ("left", "left", "center", "left"),
        (1.2, 2.4, 0.62, 1.65),
    )


def _plant(plan: Plan, say: Voice) -> list[Block]:
    """Return what the layers of the existing plant add up to, and how it may be used."""
    plant = existing_plant(plan)
    km = {name: kilometres(value).zh for name, value in plant.items()}
    ducts, cables = number(len(plan["existing_ducts"])).zh, number(len(plan["existing_cables"])).zh
    rule = plan.provenance["policy"]["reuse"]
    policy = say.text(REUSE[rule]) if rule in REUSE else str(rule)
    text = say(
        f"方案采用的现有设施包括管道 {ducts} 段、{km['duct_m']} 公里，光缆 {cables} 条、"
        f"{km['sheath_m']} 皮长公里、{km['core_m']} 芯公里，其中内网在用 {km['core_m_used']} "
        f"芯公里，空闲 {km['core_m_free']} 芯公里。本方案的利用策略为：{policy}。",
        f"The plan starts from {ducts} duct stretches of {km['duct_m']} km and {cables} cables of "
        f"{km['sheath_m']} sheath-km and {km['core_m']} core-km, of which {km['core_m_used']} "
        f"core-km are in use by the intranet and {km['core_m_free']} are free. What may be "
        f"reused: {policy}.",
    )
    blocks: list[Block] = [Paragraph(text)]
    made = [
        word("reconstructed", name, say.language)
        for name in plan.provenance.get("reconstructed") or []
    ]
    if made:
        blocks.append(
            Paragraph(
                say(
                    f"注意：{say.join(made)}为按公开总量重建的数据，不是实测资料。",
                    f"Mind: reconstructed from published totals, not surveyed: {say.join(made)}.",
                ),
                "warning",
            )
        )
    return blocks
