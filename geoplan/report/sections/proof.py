"""The proof: cost, bound and gap in plain sentences, how they were found, and the rules."""

from __future__ import annotations

from typing import Any

from geoplan.export.words import word
from geoplan.maps import figures
from geoplan.maps.format import number, share
from geoplan.plan import Plan
from geoplan.report.amounts import AMOUNT_UNIT, amount
from geoplan.report.blocks import Block, Heading, Paragraph, Table
from geoplan.report.words import RULES, Voice

__all__ = ["proof"]


def proof(plan: Plan, say: Voice) -> list[Block]:
    """Return the section on what is proven, and on the rules P1 to P9."""
    blocks: list[Block] = [Paragraph(say.text(sentence)) for sentence in figures.proof(plan)]
    blocks += [_certificate(plan, say), *_methods(plan, say)]
    blocks += [Heading(2, say("规则核查", "The rules")), _rules(plan, say)]
    return blocks


def _certificate(plan: Plan, say: Voice) -> Table:
    held = plan.certificate
    unit = say.text(AMOUNT_UNIT)

    def cents(value: Any, *, down: bool = False) -> str:
        return "—" if value is None else say.text(amount(int(value), down=down))

    def count(value: Any) -> str:
        return "—" if value is None else number(int(value)).zh

    rows = (
        (say(f"总造价（{unit}）", f"cost ({unit})"), cents(held.get("cost_cents"))),
        (
            say(f"造价下界（{unit}）", f"lower bound ({unit})"),
            cents(held.get("bound_cents"), down=True),
        ),
        (say("与下界差距不超过", "gap, at most"), share(held.get("gap"), up=True).zh),
        (say("分期效益值", "benefit of the phases"), count(held.get("phase_value"))),
        (say("分期效益上界", "its upper bound"), count(held.get("phase_bound"))),
        (say("分期效益差距不超过", "its gap, at most"), share(held.get("phase_gap"), up=True).zh),
    )
    return Table(
        say("方案证明", "What is proven"),
        (say("项目", "figure"), say("数值", "value")),
        rows,
        ("left", "right"),
        (1.6, 1.0),
    )


def _methods(plan: Plan, say: Voice) -> list[Block]:
    held, made = plan.certificate, plan.provenance
    keys = {
        "bound_method": say("造价下界：", "Bound on the cost: "),
        "phase_bound_method": say("分期效益上界：", "Bound on the benefit: "),
    }
    lines = [
        label + str(held[f"{key}_{say.language}"])
        for key, label in keys.items()
        if held.get(f"{key}_{say.language}")
    ]
    lines.append(
        say(
            f"由 geoplan {made.get('geoplan_version', '')} 编制，随机种子 {held.get('seed', '—')}，"
            f"规划坐标系 {made.get('planning_crs', '—')}；方案文件可用 geoplan check 独立核查。",
            f"Made by geoplan {made.get('geoplan_version', '')}, seed {held.get('seed', '—')}, "
            f"planning CRS {made.get('planning_crs', '—')}; geoplan check verifies the plan file "
            "without any solver.",
        )
    )
    return [Paragraph(line, "note") for line in lines if line]


def _rules(plan: Plan, say: Voice) -> Table:
    policy = plan["policy"]
    details = policy[f"detail_{say.language}"]
    return Table(
        say("规划规则核查结果", "The rules that a plan must obey"),
        (say("规则", "rule"), say("要求", "what"), say("结论", "state"), say("说明", "detail")),
        tuple(
            (
                str(rule),
                say.text(RULES[rule]) if rule in RULES else "",
                word("state", str(state), say.language),
                str(detail),
            )
            for rule, state, detail in zip(policy["rule"], policy["state"], details, strict=True)
        ),
        ("center", "left", "center", "left"),
        (0.4, 1.2, 1.15, 3.35),
    )
