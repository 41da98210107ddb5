"""Names of what a plan's tables hold in code, shared by the map and the lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from geoplan.text import Language, Text

__all__ = ["PRICES", "half", "price_name"]

PRICES: Mapping[str, Text] = MappingProxyType(
    {
        "trench_direct_buried": Text("直埋沟", "direct-buried trench"),
        "trench_duct": Text("新建管道", "new duct"),
        "trench_aerial": Text("架空杆路", "poles"),
        "crossing_water": Text("穿越水域", "water crossing"),
        "crossing_motorway": Text("穿越高速", "motorway crossing"),
        "crossing_rail": Text("穿越铁路", "rail crossing"),
        "cable_laying": Text("光缆敷设", "cable laying"),
        "closure": Text("接头盒", "closure"),
        "splice_core": Text("纤芯熔接", "splice"),
        "core_lighting": Text("纤芯启用", "lighting of a core"),
        "equipment_core": Text("核心节点设备", "core equipment"),
        "equipment_hub": Text("汇聚节点设备", "hub equipment"),
        "equipment_township": Text("乡镇街道设备", "township equipment"),
        "equipment_municipal": Text("市级单位设备", "municipal unit equipment"),
        "splitter": Text("分光器", "splitter"),
    }
)
"""What each price of a scenario pays for; cables are named by their size."""

_CABLE = re.compile(r"cable_(\d+)")
_CHINESE = re.compile("[\u3400-\u9fff]")


def price_name(price_id: str) -> Text:
    """Return what a price is for; a price nobody named is called by its id.

    >>> price_name("cable_24").en, price_name("trench_duct").en, price_name("x").en
    ('cable of 24 cores', 'new duct', 'x')
    """
    cable = _CABLE.fullmatch(price_id)
    if cable:
        return Text(f"{cable[1]} 芯光缆", f"cable of {cable[1]} cores")
    return PRICES.get(price_id, Text(price_id, price_id))


def half(text: str, language: Language) -> str:
    """Return the reader's half of a text that stands as ``中文 / English`` in one string.

    Anything else (one language only, a slash of its own) is returned as it is.

    >>> half("未知 / unknown", "en"), half("未知 / unknown", "zh"), half("a / b", "en")
    ('unknown', '未知', 'a / b')
    """
    first, mark, second = text.partition(" / ")
    if not mark or not _CHINESE.search(first) or _CHINESE.search(second):
        return text
    return first if language == "zh" else second
