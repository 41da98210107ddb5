"""From a plan to the blocks of its report: the sections in order, numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geoplan.cuts import group_cuts
from geoplan.datasets import planning_facts
from geoplan.export.tables import attribution_line
from geoplan.plan import Plan
from geoplan.report.blocks import Block, Document, Figure, Heading, Table
from geoplan.report.fonts import Fonts
from geoplan.report.pictures import Pen
from geoplan.report.sections.access import shared_cores
from geoplan.report.sections.bill import bill
from geoplan.report.sections.comparison import comparison
from geoplan.report.sections.phasing import phasing
from geoplan.report.sections.placeholders import placeholders
from geoplan.report.sections.present import present_state
from geoplan.report.sections.proof import proof
from geoplan.report.sections.rings import hub_rings
from geoplan.report.sections.single_cut import single_cut
from geoplan.report.sections.summary import summary
from geoplan.report.words import Voice
from geoplan.text import Language

__all__ = ["compose"]

_NUMERALS = "一二三四五六七八九十"


def compose(
    plan: Plan,
    fonts: Fonts,
    *,
    language: Language,
    others: Sequence[Plan] = (),
    names: Sequence[str] = (),
) -> Document:
    """Return the report of ``plan`` in one language.

    Every figure is read from the plan's tables, or is a sum or count over them; only the
    planning document's facts come from their own table.
    """
    say, pen = Voice(language), Pen(fonts)
    cuts = group_cuts(plan)
    facts = planning_facts(str(plan.provenance.get("scenario_id", "")))
    sections: list[tuple[str, list[Block]]] = [
        (say("摘要", "Summary"), summary(plan, cuts, pen, say)),
        (say("需求与现状", "Need and present state"), present_state(plan, facts, pen, say)),
    ]
    if others:
        title = say("方案比较", "Ways of building compared")
        sections.append((title, comparison(plan, others, say, names)))
    sections += [
        (say("分期建设方案", "The phases"), phasing(plan, pen, say)),
        (
            say("工程费用", "The bill"),
            [*bill(plan, pen, say), *hub_rings(plan, say), *shared_cores(plan, say)],
        ),
        (say("单处中断影响", "What a single cut takes down"), single_cut(plan, cuts, pen, say)),
        (say("方案证明", "The proof"), proof(plan, say)),
        (say("占位值与待落实事项", "Placeholders and open points"), placeholders(plan, facts, say)),
    ]
    made = plan.provenance
    attributions = attribution_line(plan, language)
    return Document(
        language=language,
        title=str(made[f"title_{language}"]),
        subtitle=say("规划报告", "Report of the plan"),
        classification=str(made[f"classification_{language}"]),
        footer=say(f"数据来源：{attributions}", f"Data: {attributions}") if attributions else "",
        blocks=tuple(_numbered(sections, language)),
    )


def _numbered(sections: Sequence[tuple[str, list[Block]]], language: Language) -> list[Block]:
    """Return all blocks, headings with the numbers that an official document gives them."""
    found: list[Block] = []
    zh = language == "zh"
    for number, (title, blocks) in enumerate(sections):
        found.append(Heading(1, (f"{_NUMERALS[number]}、" if zh else f"{number + 1}  ") + title))
        part = 0
        for block in blocks:
            if isinstance(block, Heading) and block.level == 2:
                mark = f"（{_NUMERALS[part]}）" if zh else f"{number + 1}.{part + 1}  "
                found.append(Heading(2, mark + block.text))
                part += 1
            else:
                found.append(block)
    return _captioned(found, language)


def _captioned(blocks: Sequence[Block], language: Language) -> list[Block]:
    """Return the blocks with tables and figures numbered."""
    found: list[Block] = []
    tables = pictures = 0
    for block in blocks:
        if isinstance(block, Table):
            tables += 1
            mark = f"表 {tables}　" if language == "zh" else f"Table {tables}  "
            found.append(replace(block, caption=mark + block.caption))
        elif isinstance(block, Figure):
            pictures += 1
            mark = f"图 {pictures}　" if language == "zh" else f"Figure {pictures}  "
            found.append(replace(block, caption=mark + block.caption))
        else:
            found.append(block)
    return found
