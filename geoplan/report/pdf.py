"""The report as PDF, set by typst: one fixed template, all text as data beside it."""

from __future__ import annotations

import json
import tempfile
import unicodedata
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from geoplan.errors import InputError
from geoplan.report.blocks import Block, Document, Figure, Heading, PageBreak, Paragraph, Table
from geoplan.report.fonts import SANS, SERIF, Fonts, missing_part, written

__all__ = ["pdf_bytes"]

_LONGEST_RUN = 20  # longer than an English word
_ZERO_WIDTH_SPACE = "\u200b"
_RUNNING_LENGTH = 60


def pdf_bytes(document: Document, fonts: Fonts) -> bytes:
    """Return the report as a PDF; the same document gives the same bytes.

    Raises
    ------
    InputError
        Typst is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise InputError([missing_part("typst")]) from error
    template = (files("geoplan.report") / "assets" / "report.typ").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="geoplan-report-") as folder:
        root = Path(folder)
        values = _values(document, fonts, root)
        (root / "report.json").write_text(json.dumps(values), encoding="utf-8")
        (root / "report.typ").write_text(template, encoding="utf-8")
        made = typst.compile(
            root / "report.typ",
            root=root,
            font_paths=sorted({fonts.serif.parent, fonts.sans.parent}),
            ignore_system_fonts=True,
            timestamp=0,  # no clock in the file
            format="pdf",
        )
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made).__name__}, not bytes")
    return made


def _values(document: Document, fonts: Fonts, root: Path) -> dict[str, Any]:
    """Return what the template reads; pictures are laid into ``root``."""

    def say(text: str) -> str:
        return _breakable(fonts.drawable(text))

    blocks = []
    for number, block in enumerate(document.blocks):
        value = _block(block, say)
        if isinstance(block, Figure):
            name = f"figure-{number}.png"
            (root / name).write_bytes(block.png)
            value["file"] = name
        blocks.append(value)
    return {
        "language": document.language,
        "serif": SERIF,
        "sans": SANS,
        "name": fonts.drawable(document.title),
        "title": say(document.title),
        "running": say(_short(document.title)),
        "mark": say(_short(document.classification)),
        "subtitle": say(document.subtitle),
        "classification": say(document.classification),
        "footer": say(document.footer),
        "blocks": blocks,
    }


def _short(text: str) -> str:
    """Return text for the header, which is a line or two."""
    return text if len(text) <= _RUNNING_LENGTH else text[: _RUNNING_LENGTH - 1] + "…"


def _block(block: Block, say: Callable[[str], str]) -> dict[str, Any]:
    """Return a block as the template reads it, every text in it made drawable."""
    match block:
        case Heading():
            return {"kind": "heading", "level": block.level, "text": say(block.text)}
        case Paragraph():
            return {"kind": "paragraph", "tone": block.tone, "text": say(block.text)}
        case Table():
            return {
                "kind": "table",
                "caption": say(block.caption),
                "header": [say(cell) for cell in block.header],
                "rows": [[say(cell) for cell in row] for row in block.rows],
                "aligns": block.aligns,
                "widths": block.widths,
                "totals": block.totals,
                "whole": block.whole(),
            }
        case Figure():
            return {
                "kind": "figure",
                "caption": say(block.caption),
                "alt": written(block.alt),
                "width": block.width,
            }
        case PageBreak():
            return {"kind": "page"}


def _breakable(text: str) -> str:
    """Return text in which a long run without a place to break gets some.

    A name of hundreds of Latin letters would else leave its cell and the page.
    """
    parts, run = [], 0
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        run = 0 if wide or character in " -\u00a0" else run + 1
        parts.append(character)
        if run == _LONGEST_RUN:
            parts.append(_ZERO_WIDTH_SPACE)
            run = 0
    return "".join(parts)
