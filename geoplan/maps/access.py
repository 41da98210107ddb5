"""How a site that shares cores is joined, in words: its ring pair or splitter, and its place."""

from __future__ import annotations

from geoplan.plan import Plan
from geoplan.text import Text

__all__ = ["shared_access"]


def shared_access(plan: Plan) -> dict[str, Text]:
    """Return the wording by site id; sites with cores of their own are left out."""
    feeders = plan["feeders"].set_index("feeder_id")
    paths = plan["core_paths"]
    words: dict[str, Text] = {}
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
