"""What a report is made of: a list of blocks that Word and PDF both draw.

Every figure is worded once, here, so that the two formats can't differ. Texts are data: no
renderer ever reads them as markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geoplan.text import Language

__all__ = [
    "Align",
    "Block",
    "Document",
    "Figure",
    "Heading",
    "PageBreak",
    "Paragraph",
    "Table",
    "right_columns",
]

Align = Literal["left", "right", "center"]
Tone = Literal["body", "warning", "note"]
_LONGEST_WHOLE = 20


def right_columns(count: int) -> tuple[Align, ...]:
    """Return the aligns of ``count`` columns of figures."""
    column: tuple[Align, ...] = ("right",)
    return column * count


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is a section, level 2 a part of one."""

    level: Literal[1, 2]
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text; warnings are framed, notes are small."""

    text: str
    tone: Tone = "body"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption: one header row, then rows of as many cells.

    ``widths`` are shares of the width of the page; the last ``totals`` rows are sums.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    aligns: tuple[Align, ...]
    widths: tuple[float, ...]
    totals: int = 0

    def __post_init__(self) -> None:
        columns = len(self.header)
        if len(self.aligns) != columns or len(self.widths) != columns:
            raise ValueError(f"table {self.caption!r}: {columns} columns, other aligns or widths")
        if any(len(row) != columns for row in self.rows):
            raise ValueError(f"table {self.caption!r}: a row of another length")

    def whole(self) -> bool:
        """Tell whether the table is short enough to stand on one page."""
        return len(self.rows) <= _LONGEST_WHOLE


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture (PNG) with a caption; ``alt`` says in words what it shows."""

    caption: str
    png: bytes
    alt: str
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class PageBreak:
    """The next block begins a page."""


Block = Heading | Paragraph | Table | Figure | PageBreak


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report: what stands on every page, and the blocks in order."""

    language: Language
    title: str
    subtitle: str
    classification: str
    footer: str
    blocks: tuple[Block, ...]

    def texts(self) -> list[str]:
        """Return every text of the report in order."""
        found = [self.classification, self.title, self.subtitle, self.footer]
        for block in self.blocks:
            match block:
                case Heading() | Paragraph():
                    found.append(block.text)
                case Table():
                    found += [block.caption, *block.header]
                    found += [cell for row in block.rows for cell in row]
                case Figure():
                    found += [block.caption, block.alt]
                case PageBreak():
                    pass
        return found
