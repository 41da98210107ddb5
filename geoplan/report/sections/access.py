"""Shared cores: how many sites are on ring pairs and behind splitters, phase by phase."""

from __future__ import annotations

from geoplan.export.sheets import phase_title
from geoplan.export.words import word
from geoplan.maps.format import number
from geoplan.plan import Plan
from geoplan.report.amounts import AMOUNT_UNIT, amount
from geoplan.report.blocks import Block, Heading, Paragraph, Table, right_columns
from geoplan.report.words import Voice

__all__ = ["shared_cores"]


def shared_cores(plan: Plan, say: Voice) -> list[Block]:
    """Return the part on shared cores; nothing where every site has cores of its own."""
    feeders = plan["feeders"]
    if feeders.empty:
        return []
    rows = []
    for kind in sorted(set(feeders["architecture"])):
        some = feeders[feeders["architecture"] == kind]
        for phase in sorted(set(some["phase"])):
            part = some[some["phase"] == phase]
            counts = (len(part), int(part["sites"].sum()), int(part["sites_served"].sum()))
            cents = int(part["cost_cents"].sum()) if phase else 0
            rows.append(
                (
                    word("architecture", str(kind), say.language),
                    phase_title(plan, int(phase), say.language),
                    *(say.text(number(count)) for count in counts),
                    say.text(amount(cents)),
                )
            )
    unit = say.text(AMOUNT_UNIT)
    return [
        Heading(2, say("共享纤芯", "Shared cores")),
        Paragraph(
            say(
                "同一归属节点的站点按接入方式共用纤芯：环纤对以两芯绕行各站，分光树以一路馈纤"
                "至分光器后各站独用。下表按最早开通的站点计入分期。",
                "Sites of one home share cores: a ring pair runs round several sites on two cores, "
                "a splitter tree has one feeder up to its splitter, then cores for each site. A "
                "feeder counts in the phase of its first site.",
            )
        ),
        Table(
            say(f"共享馈纤与分光器（费用单位：{unit}）", f"Feeders and splitters (cost in {unit})"),
            (
                say("接入方式", "architecture"),
                say("分期", "phase"),
                say("馈纤数", "feeders"),
                say("站点数", "sites"),
                say("已接入", "served"),
                say("分光器费", "splitters"),
            ),
            tuple(rows),
            ("left", "left", *right_columns(4)),
            (1.4, 1.2, 0.8, 0.8, 0.8, 1.0),
        ),
    ]
