"""Names of what a plan's tables hold in code, shared by all that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from geoplan.text import Language, Text

__all__ = ["PRICES", "REUSE", "STATUS", "ended_early", "figure_name", "half", "price_name"]

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

STATUS: Mapping[str, Text] = MappingProxyType(
    {
        "optimal": Text("已证明最优", "proven optimal"),
        "feasible": Text("可行，差距已知", "feasible, with a known gap"),
        "time_limit": Text("可行，达到时限", "feasible, time limit struck"),
        "interrupted": Text("可行，被人中断", "feasible, interrupted"),
    }
)
"""What each status of a plan is called."""

_EARLY: Mapping[str, Text] = MappingProxyType(
    {
        "time_limit": Text(
            "达到时限时搜索尚未做完：这是到那时为止最好的方案，所述差距仍然成立。",
            "The time limit ended the search early: this is the best plan found by then, and the "
            "gap stated holds.",
        ),
        "interrupted": Text(
            "搜索被人中断：这是到那时为止最好的方案，所述差距仍然成立。",
            "The search was interrupted: this is the best plan found by then, and the gap stated "
            "holds.",
        ),
    }
)

REUSE: Mapping[str, Text] = MappingProxyType(
    {
        "none": Text("全部新建", "all new"),
        "ducts": Text("利用现有管孔", "existing ducts"),
        "ducts_and_cores": Text("利用现有管孔和空闲纤芯", "existing ducts and free cores"),
    }
)
"""What each setting of ``policy.reuse`` means (rule P2)."""

_FIGURES: Mapping[str, Text] = MappingProxyType(
    {
        "cable.reserve_share": Text("光缆备用芯比例", "spare cores (share)"),
        "cable.slack_share": Text("光缆余长比例", "cable slack (share)"),
        "cable.reserve_m_per_stretch": Text("每段盘留长度（米）", "coils per stretch (m)"),
        "cable.drum_m": Text("光缆盘长（米）", "drum length (m)"),
        "route.detour_factor": Text("路由绕行系数", "detour factor"),
        "route.same_building_m": Text("视为同址的距离（米）", "one building within (m)"),
        "route.closeness_m": Text("并行路由间距（米）", "side by side within (m)"),
        "route.closeness_length_m": Text("并行路由长度（米）", "side by side over (m)"),
        "access.cores_per_site": Text("每站点纤芯数", "cores per site"),
        "access.cores_per_hub_way": Text("汇聚节点每路纤芯数", "cores per way of a hub"),
        "access.ring_pair.sites_per_pair": Text("每环纤对站点数上限", "most sites of a ring pair"),
        "access.splitter.split_ratio": Text("分光比", "split ratio"),
        "access.splitter.cores_per_tree": Text("每分光树纤芯数", "cores of a splitter tree"),
        "access.splitter.loss_db": Text("分光器插入损耗（dB）", "loss of a splitter (dB)"),
        "optics.splice_db": Text("熔接损耗（dB）", "splice loss (dB)"),
        "optics.connector_db": Text("连接器损耗（dB）", "connector loss (dB)"),
        "optics.connectors": Text("每条链路连接器数", "connectors per link"),
        "weights.municipal": Text("市级单位权重", "weight of a municipal unit"),
        "weights.municipal_with_system": Text(
            "使用业务系统的市级单位权重", "weight of a unit that uses a system"
        ),
        "weights.hub": Text("区级汇聚节点权重", "weight of a district hub"),
    }
)
_ATTENUATION = re.compile(r"optics\.attenuation_(\d+)_db_per_km")

_CABLE = re.compile(r"cable_(\d+)")
_CHINESE = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")


def price_name(price_id: str) -> Text:
    """Return what a price is for; a price nobody named is called by its id.

    >>> price_name("cable_24").en, price_name("trench_duct").en, price_name("x").en
    ('cable of 24 cores', 'new duct', 'x')
    """
    cable = _CABLE.fullmatch(price_id)
    if cable:
        return Text(f"{cable[1]} 芯光缆", f"cable of {cable[1]} cores")
    return PRICES.get(price_id, Text(price_id, price_id))


def ended_early(status: str) -> Text | None:
    """Return what to tell of a plan whose search was not done, ``None`` when it was."""
    return _EARLY.get(status)


def figure_name(figure_id: str) -> Text:
    """Return what a design figure is called; one that nobody named is called by its id.

    >>> figure_name("optics.attenuation_1310_db_per_km").en, figure_name("x").zh
    ('attenuation at 1310 nm (dB/km)', 'x')
    """
    nm = _ATTENUATION.fullmatch(figure_id)
    if nm:
        return Text(f"{nm[1]} nm 光纤衰减（dB/km）", f"attenuation at {nm[1]} nm (dB/km)")
    return _FIGURES.get(figure_id, Text(figure_id, figure_id))


def half(text: str, language: Language) -> str:
    """Return the reader's half of a text that stands as ``中文 / English`` in one string.

    Anything else (one language only, a slash of its own) is returned as it is. English may hold
    Chinese names: it is what has at least twice as many Latin letters as Chinese characters.

    >>> half("未知 / unknown", "en"), half("未知 / unknown", "zh"), half("a / b", "en")
    ('unknown', '未知', 'a / b')
    >>> half("原属静海镇 / part of 静海镇 before", "en"), half("甲 / 乙 A", "en")
    ('part of 静海镇 before', '甲 / 乙 A')
    """
    first, mark, second = text.partition(" / ")
    chinese, latin = len(_CHINESE.findall(second)), len(_LATIN.findall(second))
    if not mark or not _CHINESE.search(first) or latin < 2 * chinese:
        return text
    return first if language == "zh" else second
