"""The fonts of the report, and what they can't draw.

A machine may have no Chinese font, so the fonts come with the project's own dependency
``pylopdf-fonts-zh-cn`` (Noto Serif SC and Noto Sans SC, SIL Open Font License 1.1). System fonts
are never looked at: the same plan gives the same pages everywhere. A character that the fonts
lack, or that is invisible, is shown by its code (``[U+1F600]``), never as an empty box.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geoplan.errors import Fault, InputError
from geoplan.text import Text

__all__ = ["SANS", "SERIF", "Fonts", "find_fonts", "missing_part", "written"]

SERIF, SANS = "Noto Serif SC", "Noto Sans SC"
"""Families of the running text, and of headings, tables and pictures."""

# Controls, halves of characters, directions that turn text around, characters nobody assigned.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Fonts:
    """Where the two font files lie, and the characters that both can draw."""

    serif: Path
    sans: Path
    known: frozenset[int]

    def drawable(self, text: str) -> str:
        """Return ``text`` with every character that can't be drawn replaced by its code."""
        return "".join(c if ord(c) in self.known and _visible(c) else _code(c) for c in text)


def written(text: str) -> str:
    r"""Return ``text`` with invisible characters replaced by their codes (what Word can hold).

    >>> written("a\x00b"), written("和平区")
    ('a[U+0000]b', '和平区')
    """
    return "".join(c if _visible(c) else _code(c) for c in text)


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE


def _code(character: str) -> str:
    return f"[U+{ord(character):04X}]"


@cache
def find_fonts() -> Fonts:
    """Return the fonts; read once per process.

    Raises
    ------
    InputError
        The font package is not installed; the fault names the cure.
    """
    try:
        import pylopdf_fonts_zh_cn as package
    except ImportError as error:
        raise InputError([missing_part("pylopdf-fonts-zh-cn")]) from error
    from fontTools.ttLib import TTFont

    paths = [Path(package.serif_path()), Path(package.sans_path())]
    gone = [path for path in paths if not path.is_file()]
    if gone:
        raise InputError([missing_part(str(path)) for path in gone])
    known: list[set[int]] = []
    for path in paths:
        with TTFont(path, lazy=True) as font:
            known.append(set(font.getBestCmap()))
    return Fonts(paths[0], paths[1], frozenset(known[0] & known[1]))


def missing_part(name: str) -> Fault:
    """Return what to say when a part of the report's own dependencies is not there."""
    return Fault(
        "report.part_missing",
        name,
        "",
        Text(f"缺少编制报告所需的组件 {name}", f"{name}, which reports are made with, is missing"),
        Text(
            "运行 pip install 'geoplan[report]'，或用 make 建立运行环境",
            "run pip install 'geoplan[report]', or let make set up the environment",
        ),
    )
