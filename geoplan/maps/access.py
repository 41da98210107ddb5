"""How a site is joined, in words: its ring of hubs, ring pair or splitter, and its place there."""

from __future__ import annotations

import json

from geoplan.plan import Plan
from geoplan.text import Text

__all__ = ["shared_access"]


def shared_access(plan: Plan) -> dict[str, Text]:
    """Return the wording by site id; other sites, with cores of their own, are left out."""
    feeders = plan["feeders"].set_index("feeder_id")
    paths = plan["core_paths"]
    words = _on_rings(plan)
    for site, name, place in zip(paths["site_id"], paths["feeder_id"], paths["place"], strict=True):
        if name not in feeders.index:
            continue
        feeder = feeders.loc[name]
        if feeder["architecture"] == "splitter":
            words[str(site)] = Text(
                f"分光树 {name}，1:{feeder['most_sites']} 分光器第 {place} 口（共 "
                f"{feeder['sites']} 站）",
                f"splitter tree {name}, port {place} of a 1:{feeder['most_sites']} splitter "
                f"({feeder['sites']} sites)",
            )
        else:
            words[str(site)] = Text(
                f"环纤对 {name}，第 {place} 站（共 {feeder['sites']} 站）",
                f"ring pair {name}, place {place} of {feeder['sites']}",
            )
    return words


def _on_rings(plan: Plan) -> dict[str, Text]:
    name = dict(zip(plan["sites"]["site_id"], plan["sites"]["name"], strict=True))
    rings = plan["rings"]
    words = {}
    for ring, core, end, hub_ids in zip(
        *(rings[column] for column in ("ring_id", "core_id", "end_core_id", "hub_ids")), strict=True
    ):
        hubs = json.loads(hub_ids)
        where = Text(f"经{name[core]}", f"through {name[core]}")
        if core != end:
            where = Text(f"{name[core]}至{name[end]}", f"between {name[core]} and {name[end]}")
        for place, hub in enumerate(hubs, start=1):
            words[str(hub)] = Text(
                f"汇聚环 {ring}（{where.zh}），第 {place} 站（共 {len(hubs)} 站）",
                f"hub ring {ring} ({where.en}), place {place} of {len(hubs)}",
            )
    return words
