"""The still picture: what a file preview or a mail client shows, where scripts don't run.

Ordinary markup, no script: a drawing (inline SVG) of the finished plan, its legend, the figures of
every phase as a table, the proof and the notes. Made from the page's own payload, so that it can't
say anything else than the map does. Every text of the data is escaped here.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.maps.figures import table_rows
from geoplan.maps.words import WORDS
from geoplan.plan_words import half
from geoplan.text import LANGUAGES, Language, Text

__all__ = ["drawing", "still_page"]

_WIDTH, _MOST_HEIGHT = 1600, 2000  # units of the drawing, two per pixel of the page
_FINE, _COARSE = 1.0, 6.0  # units a line may be off; coarse above that many lines:
_MANY_LINES = 20_000
_DASHES = {"pull": ' stroke-dasharray="12 7"', "light": ' stroke-dasharray="3 6"'}
_ROW, _COLUMN = ' scope="row"', ' scope="col"'
_DOTS = (("municipal", 5), ("township", 11), ("district", 18))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where a coordinate of the payload falls on the drawing."""

    west: float
    north: float
    across: float
    down: float
    width: int
    height: int
    tolerance: float

    def at(self, place: Sequence[int]) -> tuple[int, int]:
        """Return a place of the payload in whole units."""
        return (
            round((place[0] - self.west) * self.across),
            round((self.north - place[1]) * self.down),
        )

    def points(self, lines: Sequence[Sequence[int]]) -> list[NDArray[np.int64]]:
        """Return delta-coded lines in whole units, simplified; all of them at once."""
        if not lines:
            return []
        sizes = np.array([len(flat) // 2 for flat in lines])
        index = np.repeat(np.arange(len(lines)), sizes)
        steps = np.concatenate([np.asarray(flat, dtype=np.int64) for flat in lines]).reshape(-1, 2)
        # a running sum over all lines, less what had been summed before each line began
        sums = np.cumsum(steps, axis=0)
        begin = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        at = sums - np.repeat(sums[begin] - steps[begin], sizes, axis=0)
        units = np.column_stack([(at[:, 0] - self.west) * self.across,
                                 (self.north - at[:, 1]) * self.down])  # fmt: skip
        shapes = shapely.simplify(shapely.linestrings(units, indices=index), self.tolerance)
        found, owner = shapely.get_coordinates(shapes, return_index=True)
        ends = np.cumsum(np.bincount(owner, minlength=len(lines)))[:-1]
        return np.split(np.rint(found).astype(np.int64), ends)

    def path(self, lines: Sequence[Sequence[int]], *, close: bool = False) -> str:
        """Return the lines as the data of one SVG path, in relative steps."""
        found = []
        # a line of one vertex is none
        for points in self.points([flat for flat in lines if len(flat) > 2]):
            start, *rest = points.tolist()
            x, y = start
            moves = []
            for u, v in rest:
                if (u, v) != (x, y):
                    moves.append(f"{u - x} {v - y}")
                    x, y = u, v
            if moves:
                found.append(f"M{start[0]} {start[1]}l{' '.join(moves)}{'z' if close else ''}")
        return "".join(found)


def _sheet(payload: Mapping[str, Any]) -> _Sheet:
    west, south, east, north = payload["bounds"]
    # a degree of longitude is shorter than one of latitude
    squeeze = float(np.cos(np.radians((south + north) / 2 / payload["units"])))
    margin = 0.02 * max((east - west) * squeeze, north - south, 1)
    wide, high = (east - west) * squeeze + 2 * margin, north - south + 2 * margin
    scale = min(_WIDTH / wide, _MOST_HEIGHT / high)
    many = len(payload["routes"]["edge_id"]) > _MANY_LINES
    return _Sheet(
        west - margin / squeeze, north + margin, scale * squeeze, scale,
        round(wide * scale), round(high * scale), _COARSE if many else _FINE,
    )  # fmt: skip


def drawing(payload: Mapping[str, Any], language: Language) -> str:
    """Return the finished plan as an SVG element: base, existing plant, routes and sites."""
    sheet = _sheet(payload)
    rings = [ring for district in payload["districts"] for ring in district["rings"]]
    parts = [
        _shape(sheet.path(rings, close=True), 'fill="#fff" stroke="#aab3bd" stroke-width="2"'),
        _shape(sheet.path(payload["water"], close=True), 'fill="#b9dcee" fill-opacity="0.75"'),
        _shape(sheet.path(payload["roads"]), 'fill="none" stroke="#c9d1d9" stroke-width="1.5"'),
        _shape(sheet.path(payload["existing"]), 'fill="none" stroke="#66727f" stroke-width="2"'),
        *_routes(payload, sheet),
        *_sites(payload, sheet),
        *_labels(payload, sheet),
    ]
    label = html.escape(payload["title"][LANGUAGES.index(language)], quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {sheet.width} {sheet.height}" '
        f'width="{sheet.width // 2}" height="{sheet.height // 2}">{"".join(parts)}</svg>'
    )


def _shape(path: str, style: str) -> str:
    return f'<path d="{path}" {style}/>' if path else ""


def _colour(payload: Mapping[str, Any], phase: int) -> str:
    colours: Sequence[str] = payload["colours"]
    return colours[min(phase, len(colours) - 1)]


def _routes(payload: Mapping[str, Any], sheet: _Sheet) -> list[str]:
    grouped: dict[tuple[int, str], list[Sequence[int]]] = {}
    routes = payload["routes"]
    for phase, method, lines in zip(routes["phase"], routes["method"], routes["line"], strict=True):
        if phase > 0:
            grouped.setdefault((phase, _DASHES.get(method, "")), []).extend(lines)
    return [
        _shape(
            sheet.path(lines),
            f'fill="none" stroke="{_colour(payload, phase)}" stroke-width="5"{dash}',
        )
        for (phase, dash), lines in sorted(grouped.items())
    ]


def _sites(payload: Mapping[str, Any], sheet: _Sheet) -> list[str]:
    sites, found = payload["sites"], []
    for level, size in _DOTS:
        by_phase: dict[int, list[str]] = {}
        for own, phase, at in zip(sites["level"], sites["phase"], sites["at"], strict=True):
            if own == level and at:
                x, y = sheet.at(at)
                by_phase.setdefault(phase, []).append(f"M{x} {y}h0")
        cap = "square" if level == "district" else "round"
        for phase, dots in sorted(by_phase.items()):
            for width, tint in ((size + 4, "#fff"), (size, _colour(payload, phase))):
                style = f'stroke="{tint}" stroke-width="{width}" stroke-linecap="{cap}"'
                found.append(_shape("".join(dots), style))
    for level, at in zip(sites["level"], sites["at"], strict=True):
        if level == "core" and at:
            x, y = sheet.at(at)
            found.append(_shape(f"M{x} {y - 17}l17 17-17 17-17-17z", 'fill="#1d2733"'))
    return found


def _labels(payload: Mapping[str, Any], sheet: _Sheet) -> list[str]:
    found = []
    for district in payload["districts"]:
        if not district["label"] or not district["rings"]:
            continue
        outer = sheet.points([max(district["rings"], key=len)])[0]
        # a name wider than its district would lie over its neighbours
        if np.ptp(outer[:, 0]) < 30 * len(district["name"]) + 20 or np.ptp(outer[:, 1]) < 60:
            continue
        x, y = sheet.at(district["label"])
        found.append(
            f'<text x="{x}" y="{y}" font-size="26" text-anchor="middle" fill="#4d5864" '
            f'stroke="#fff" stroke-width="6" paint-order="stroke">'
            f"{html.escape(district['name'])}</text>"
        )
    return found


def still_page(payload: Mapping[str, Any], language: Language) -> str:
    """Return the markup that is shown where scripts don't run."""

    def cell(tag: str, text: Text, more: str = "") -> str:
        return f"<{tag}{more}>{html.escape(text.get(language))}</{tag}>"

    records = payload["steps"]
    head = "".join(cell("th", record["name"], _COLUMN) for record in records)
    rows = "".join(
        f"<tr>{cell('th', label, _ROW)}{''.join(cell('td', value) for value in values)}</tr>"
        for label, values in table_rows(records)
    )
    texts = [*payload["proof"], *(text for note in payload["notes"] for text in note)]
    texts += [Text(half(line, "zh"), half(line, "en")) for line in payload["attributions"]]
    lines = "".join(cell("p", text) for text in texts)
    here = LANGUAGES.index(language)
    title, mark = (html.escape(payload[key][here]) for key in ("title", "classification"))
    above = f'<p class="mark">{mark}</p>' if mark else ""
    return (
        f'<div class="still" id="still">{above}<h1>{title}</h1>'
        f"{cell('p', WORDS['noscript'])}"
        f"{drawing(payload, language)}{_legend(payload, language)}"
        f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"{lines}</div>"
    )


def _legend(payload: Mapping[str, Any], language: Language) -> str:
    """Return the colours of the phases and the shapes of the levels, in words."""
    rows = [
        (f'<path d="M1 7h28" stroke="{_colour(payload, number)}" stroke-width="4"/>', step["name"])
        for number, step in enumerate(payload["steps"])
        if number
    ]
    rows += [
        ('<path d="M1 7h28" stroke="#66727f" stroke-width="1.5"/>', WORDS["existing"]),
        ('<path d="M15 0l7 7-7 7-7-7z" fill="#1d2733"/>', WORDS["core"]),
        ('<path d="M10 2h10v10h-10z" fill="#33404d"/>', WORDS["hubs"]),
        ('<circle cx="15" cy="7" r="4" fill="#33404d"/>', WORDS["townships"]),
        ('<circle cx="15" cy="7" r="2.2" fill="#33404d"/>', WORDS["municipal"]),
    ]
    items = "".join(
        f'<li><svg width="30" height="14" aria-hidden="true">{picture}</svg> '
        f"{html.escape(name.get(language))}</li>"
        for picture, name in rows
    )
    return f"<ul>{items}</ul>"
