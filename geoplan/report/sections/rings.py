"""Hubs on rings: which hubs each ring joins, from which core to which, and how long it is."""

from __future__ import annotations

import json

from geoplan.export.sheets import phase_title
from geoplan.maps.format import kilometres, number
from geoplan.plan import Plan
from geoplan.report.blocks import Block, Heading, Paragraph, Table, right_columns
from geoplan.report.words import Voice

__all__ = ["hub_rings"]


def hub_rings(plan: Plan, say: Voice) -> list[Block]:
    """Return the part on rings; nothing where the scenario asks for none."""
    rings, sites = plan["rings"], plan["sites"].set_index("site_id")
    if rings.empty:
        return []
    rows = []
    for ring in rings.itertuples():
        hubs = json.loads(str(ring.hub_ids))
        stops = [str(sites["name"][site]) for site in (ring.core_id, *hubs, ring.end_core_id)]
        phases = [int(phase) for phase in sites["phase"][hubs] if phase]
        # a hub is in service with both its ways: with the first one the whole ring is there
        phase = phase_title(plan, min(phases, default=0), say.language)
        rows.append(
            (
                str(ring.ring_id),
                " – ".join(stops),
                phase,
                say.text(number(len(hubs))),
                say.text(kilometres(float(str(ring.length_m)))),
            )
        )
    return [
        Heading(2, say("汇聚环", "Rings of hubs")),
        Paragraph(
            say(
                "每个汇聚节点恰在一个环上，其两路即环的两个方向，互不共用风险组；"
                "首尾为同一核心的环回到该核心，首尾不同的环连接两个核心，一路各至其一。"
                "环随首个接入的汇聚节点整体建成。",
                "Each hub lies on one ring; its two ways are the two directions, which share no "
                "risk group. A ring goes back to its core, or runs between two cores: then one way "
                "of each hub ends at either. A ring is built whole with its first hub.",
            )
        ),
        Table(
            say("汇聚环一览", "Rings of hubs"),
            (
                say("环", "ring"),
                say("走向", "from core to core"),
                say("分期", "phase"),
                say("汇聚节点", "hubs"),
                say("环长（公里）", "length (km)"),
            ),
            tuple(rows),
            ("left", "left", "left", *right_columns(2)),
            (0.4, 3.6, 0.9, 0.8, 1.0),
        ),
    ]
