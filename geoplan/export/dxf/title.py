"""The title block of a drawing: what it is, its legend, and what each phase and lot comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoplan.export.dxf.canvas import PLACE, Canvas, places
from geoplan.export.shown import shown_cell
from geoplan.export.tables import Cell, Listing
from geoplan.text import Language, Text

__all__ = ["LegendRow", "add_title"]

_LINE, _PARAGRAPH = 1.9, 0.6  # of the height of the text
_WRAP = 92  # places: a Chinese character takes two
_GAP = 2.0
_CLOSING = "，。、；：）？！,.;:)?!"
_SAMPLE = 9.0


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One line of the legend: the layer whose look it shows, or the block, and what it means."""

    said: str
    layer: str
    block: str = ""


def add_title(
    canvas: Canvas,
    *,
    corner: tuple[float, float],
    height: float,
    layer: str,
    title: str,
    about: Listing,
    legend: Sequence[LegendRow],
    totals: Listing,
    language: Language,
) -> tuple[float, float]:
    """Write the block downwards from its upper left corner; return its lower right one.

    ``height`` is that of the small text in metres. Everything on it stands in layer ``layer``,
    but the samples of the legend, which stand in the layers they show.
    """
    x, y = corner
    y -= 2 * height
    canvas.text(title, x, y, 2 * height, layer)
    y -= 2 * _LINE * height
    colon = "：" if language == "zh" else ": "
    for key, said in about.rows:
        for line in _wrapped(f"{key}{colon}{said}"):
            y -= _LINE * height
            canvas.text(line, x, y, height, layer)
        y -= _PARAGRAPH * height
    y -= _LINE * height
    for row in legend:
        y -= _LINE * height
        middle = y + height / 2
        if row.block:
            canvas.space.add_blockref(
                row.block,
                (x + _SAMPLE / 2 * height, middle),
                dxfattribs={"layer": row.layer, "xscale": height / 2, "yscale": height / 2},
            )
        else:
            canvas.line([(x, middle), (x + _SAMPLE * height, middle)], row.layer, ())
        canvas.text(row.said, x + (_SAMPLE + _GAP) * height, y, height, layer)
    return _table(canvas, totals, (x, y - 2 * _LINE * height), height, layer, language)


def _table(
    canvas: Canvas,
    totals: Listing,
    corner: tuple[float, float],
    height: float,
    layer: str,
    language: Language,
) -> tuple[float, float]:
    """Draw a listing as a table with its row of totals; return its lower right corner."""
    kinds = [field.kind for field in totals.fields]
    body = [*totals.rows, _sums(totals, language)]
    lines = [[field.label for field in totals.fields]]
    lines += [[shown_cell(c, k) for c, k in zip(row, kinds, strict=True)] for row in body]
    x, top = corner
    widths = [
        (max(map(places, column)) * PLACE + _GAP) * height for column in zip(*lines, strict=True)
    ]
    starts = [x + sum(widths[:k]) for k in range(len(widths) + 1)]
    y = top
    rules = [top]
    for number, line in enumerate(lines):
        y -= _LINE * height
        for k, said in enumerate(line):
            if kinds[k] in ("text", "id"):
                canvas.text(said, starts[k] + height / 2, y, height, layer)
            else:
                end = starts[k + 1] - height / 2
                canvas.text(said, end, y, height, layer, align="right")
        if number in (0, len(lines) - 2):
            rules.append(y - 0.45 * height)
    rules.append(y - 0.45 * height)
    for rule in rules:
        canvas.line([(x, rule), (starts[-1], rule)], layer, ())
    return starts[-1], rules[-1]


def _sums(listing: Listing, language: Language) -> tuple[Cell, ...]:
    """Return the row of totals: counts and cents exactly, lengths to the decimetre."""
    row: list[Cell] = []
    for field, column in zip(listing.fields, zip(*listing.rows, strict=True), strict=True):
        if field.kind in ("int", "yuan"):
            row.append(listing.total(field.name))
        elif field.kind == "metres":
            row.append(float(np.round(sum(float(cell or 0) for cell in column), 1)))
        else:
            row.append("")
    return (Text("合计", "total").get(language), *row[1:])


def _wrapped(text: str) -> list[str]:
    """Return text in lines of equal room; it may break anywhere but inside a word of letters."""
    lines, line, room = [""], "", 0
    for part in _parts(text):
        room += places(part)
        if room > _WRAP and line:
            lines[-1], line, room = line, "", places(part)
            lines.append("")
        line += part
    lines[-1] = line
    return [each.strip() for each in lines]


def _parts(text: str) -> list[str]:
    """Return text in pieces that stay whole: each Chinese character, each word with its blank."""
    parts: list[str] = [""]
    for character in text:
        if character in _CLOSING and parts[-1]:  # no line begins with one
            parts[-1] += character
            continue
        wide = places(character) == 2
        if wide or (parts[-1] and (places(parts[-1][-1]) == 2 or parts[-1][-1] == " ")):
            parts.append(character)
        else:
            parts[-1] += character
    return [part for part in parts if part]
