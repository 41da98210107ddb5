"""What the codes of a plan's tables are called in the lists that people read."""

from __future__ import annotations

from collections.abc import Mapping

from geoplan.plan_words import half
from geoplan.text import Language, Text

__all__ = ["WORDS", "word"]

_KINDS = {
    "cited": Text("有出处", "cited"),
    "derived": Text("推算", "derived"),
    "placeholder": Text("占位值（待替换）", "placeholder (replace it)"),
}

_METHODS = {
    "direct_buried": Text("直埋", "direct-buried"),
    "duct": Text("新建管道", "new duct"),
    "aerial": Text("架空", "aerial"),
    "pull": Text("利用现有管孔穿缆", "pull through an existing duct"),
    "light": Text("启用现有空闲纤芯", "light free cores"),
}

_UNITS = {
    "route_m": Text("沟米", "route-m"),
    "sheath_m": Text("皮长米", "sheath-m"),
    "sheath_km": Text("皮长公里", "sheath-km"),
    "crossing": Text("处", "crossing"),
    "closure": Text("个", "closure"),
    "core_splice": Text("芯·次", "core splice"),
    "core_stretch": Text("芯·段", "core stretch"),
    "site": Text("站", "site"),
    "splitter": Text("个", "splitter"),
}

WORDS: Mapping[str, Mapping[str, Text]] = {
    "level": {
        "core": Text("核心节点", "core node"),
        "district": Text("区汇聚节点", "district hub"),
        "municipal": Text("市级单位", "municipal unit"),
        "township": Text("乡镇街道", "township"),
    },
    "position_quality": {
        "seat": Text("驻地", "seat"),
        "predecessor_seat": Text("前身驻地", "seat of its predecessor"),
        "village_median": Text("所辖村中位点", "median of its villages"),
        "named_place": Text("同名地点", "place of that name"),
        "unknown": Text("位置未知", "unknown"),
        "reconstructed": Text("重建（非实测）", "reconstructed (not surveyed)"),
        "given": Text("用户提供", "given"),
    },
    "method": _METHODS,
    "category": {
        "trench": Text("沟槽、管道、杆路", "trench, duct or poles"),
        "crossing": Text("穿越", "crossing"),
        "cable": Text("光缆材料", "cable"),
        "laying": Text("光缆敷设", "laying"),
        "closure": Text("接头盒", "closures"),
        "splice": Text("熔接", "splices"),
        "lighting": Text("启用现有纤芯", "lighting of existing cores"),
        "splitter": Text("分光器", "splitters"),
        "equipment": Text("设备", "equipment"),
    },
    "architecture": {
        "star": Text("星形（独用纤芯）", "star (cores of its own)"),
        "ring_pair": Text("环纤对", "ring pair"),
        "splitter": Text("分光树", "splitter tree"),
    },
    "link": {
        "duplex": Text("双纤", "two cores"),
        "single_fibre": Text("单纤双向", "one core both ways"),
        "pon": Text("无源光网络", "PON"),
    },
    "price_kind": _KINDS,
    "kind": _KINDS,
    "unit": _UNITS,
    "per": _UNITS,
    "reconstructed": {
        "municipal_units": Text("市级单位", "municipal units"),
        "existing_ducts": Text("现有管道", "existing ducts"),
        "existing_cables": Text("现有光缆", "existing cables"),
    },
    "state": {
        "holds": Text("满足", "holds"),
        "broken": Text("不满足", "broken"),
        "not_assessed": Text("单个方案无法判定", "not assessed"),
    },
}
"""Column name to code to word; a code that is not listed is shown as it is."""

_BOTH = frozenset({"note", "weight_reason", "source"})  # columns of sentences in both languages


def word(column: str, code: str, language: Language) -> str:
    """Return what ``code`` in column ``column`` is called in ``language``.

    >>> word("method", "duct", "en")
    'new duct'
    >>> word("name", "duct", "en")
    'duct'
    """
    named = WORDS.get(column, {}).get(code)
    if named is None:
        return half(code, language) if column in _BOTH else code
    return named.get(language)
