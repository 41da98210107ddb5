"""Names that only the report needs: rules, design figures, kinds of cuts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from geoplan.text import Language, Text

__all__ = ["CORRIDORS", "CUT_KINDS", "REUSE", "RULES", "Voice", "figure_name"]


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks one language: ``say("路由", "route")`` is the half that the reader reads."""

    language: Language

    def __call__(self, zh: str, en: str) -> str:
        """Return the text in the report's language."""
        return zh if self.language == "zh" else en

    def text(self, text: Text) -> str:
        """Return a bilingual text in the report's language."""
        return text.get(self.language)

    def join(self, parts: list[str]) -> str:
        """Return a list as people write it."""
        return self("、", ", ").join(parts)


RULES: Mapping[str, Text] = MappingProxyType(
    {
        "P1": Text("内外网物理分开", "intranet and extranet apart"),
        "P2": Text("现有资源利用策略", "what may be reused"),
        "P3": Text("统一出口", "one egress"),
        "P4": Text("分级汇聚", "hierarchy"),
        "P5": Text("内网止于区级", "intranet stops at the district"),
        "P6": Text("先区后乡", "district before township"),
        "P7": Text("一次开挖、造价最低", "dig once, least cost"),
        "P8": Text("区级双路由", "two ways for every hub"),
        "P9": Text("多方案比选", "several ways compared"),
    }
)

REUSE: Mapping[str, Text] = MappingProxyType(
    {
        "none": Text("全部新建", "all new"),
        "ducts": Text("利用现有管孔", "existing ducts"),
        "ducts_and_cores": Text("利用现有管孔和空闲纤芯", "existing ducts and free cores"),
    }
)

CORRIDORS: Mapping[str, Text] = MappingProxyType(
    {
        "roads": Text("道路", "roads"),
        "settlements": Text("居民点间示意走廊", "corridors between settlements"),
    }
)

CUT_KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "trench": Text("新建路由段", "new stretch"),
        "duct": Text("现有管道", "existing duct"),
        "bridge": Text("桥梁", "bridge"),
        "closeness": Text("并行路由段", "stretches side by side"),
    }
)

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


def figure_name(figure_id: str) -> Text:
    """Return what a design figure is called; one that nobody named is called by its id.

    >>> figure_name("optics.attenuation_1310_db_per_km").en, figure_name("x").zh
    ('attenuation at 1310 nm (dB/km)', 'x')
    """
    nm = _ATTENUATION.fullmatch(figure_id)
    if nm:
        return Text(f"{nm[1]} nm 光纤衰减（dB/km）", f"attenuation at {nm[1]} nm (dB/km)")
    return _FIGURES.get(figure_id, Text(figure_id, figure_id))
