"""Names that only the report needs: rules, corridors, kinds of cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from geoplan.text import Language, Text

__all__ = ["CORRIDORS", "CUT_KINDS", "RULES", "Voice"]


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
        "locks.sites": Text("站点锁定", "locked sites"),
        "locks.routes": Text("路由锁定", "locked stretches"),
        "locks.cash_limits": Text("各期支出上限", "cash limits"),
        "locks.commitments": Text("对各区的承诺", "promises to districts"),
        "locks.built": Text("已建部分", "what is already built"),
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
