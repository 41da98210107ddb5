"""The money frontier as files: a table, a plot, and map layers that say when each row enters.

Nothing is computed here. The plot is drawn as SVG by hand: it needs no library, looks the same
everywhere, and the same frontier is the same file.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd

from geoplan.export.csv import guard
from geoplan.export.tables import attribution_line, plan_table
from geoplan.frontier import FRONTIER_TABLE, Frontier
from geoplan.geopackage import FileLayer, write_geopackage
from geoplan.plan import Plan
from geoplan.schema import Table
from geoplan.text import Language, Text
from geoplan.units import CENTS_PER_YUAN

__all__ = ["FRONTIER_FILES", "frontier_json", "frontier_svg", "write_frontier"]

FRONTIER_FILES = ("frontier.csv", "frontier.gpkg", "frontier.json", "frontier.svg")
_ROUTES = Text("路由最早启用点", "stretches by when they first enter")
_SITES = Text("站点最早接入点", "sites by when they first enter")
_ENTERS = {
    "first_point": Text("最早的点（0：不接入）", "first point (0: at none)"),
    "first_money_cents": Text("最早的资金（分，-1：不接入）", "first money (cents, -1: at none)"),
}
_WIDTH, _HEIGHT = 860, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 24, 64, 86
_COLUMNS = 150
"""Columns of nine-point type across the plot."""
_REACHED, _BOUND, _GRID, _INK = "#1b5e9e", "#c2571a", "#d9dde1", "#222222"


def write_frontier(
    frontier: Frontier, plan: Plan, out_dir: Path, *, language: Language = "zh"
) -> list[Path]:
    """Write table (CSV, JSON), plot (SVG) and map layers (GeoPackage); return their paths.

    Every file carries the classification line and the attributions of the data. The folder
    must exist; files of the same name are replaced.

    Raises
    ------
    OSError
        The folder can't be written to.
    """
    paths = [out_dir / name for name in FRONTIER_FILES]
    _write_csv(frontier, plan, paths[0], language)
    _write_layers(frontier, plan, paths[1], language)
    text = json.dumps(frontier_json(frontier, plan, language), ensure_ascii=False, indent=1)
    paths[2].write_text(text + "\n", encoding="utf-8", newline="\n")
    paths[3].write_text(frontier_svg(frontier, plan, language), encoding="utf-8", newline="\n")
    return paths


def frontier_json(frontier: Frontier, plan: Plan, language: Language) -> dict[str, Any]:
    """Return the frontier as plain values, with the marks of the plan."""
    return {
        "nested": frontier.nested,
        "struck_time_limit": frontier.struck_time_limit,
        "classification": str(plan.provenance[f"classification_{language}"]),
        "attribution": attribution_line(plan, language),
        "points": frontier.table.to_dict("records"),
    }


def _write_csv(frontier: Frontier, plan: Plan, path: Path, language: Language) -> None:
    """Write the table; money in yuan with two decimals, exactly."""
    marks = [str(plan.provenance[f"classification_{language}"]), attribution_line(plan, language)]
    labels = [column.label.get(language) for column in FRONTIER_TABLE.columns]
    yuan = {"（分）": "（元）", " (cents)": " (yuan)"}
    for cents, said in yuan.items():
        labels = [label.replace(cents, said) for label in labels]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*labels, *map(guard, marks)])
        for row in frontier.table.to_dict("records"):
            writer.writerow([*(_cell(str(name), value) for name, value in row.items()), "", ""])


def _cell(name: str, value: Any) -> str:
    if name.endswith("_cents"):
        yuan, cents = divmod(int(value), CENTS_PER_YUAN)
        return f"{yuan}.{cents:02d}"
    return f"{value:.6f}" if isinstance(value, float) else str(int(value))


def _write_layers(frontier: Frontier, plan: Plan, path: Path, language: Language) -> None:
    """Write sites and stretches with the point and the money at which each first enters."""
    colon = Text("：", ": ").get(language)
    said = (
        (Text("密级", "classification"), str(plan.provenance[f"classification_{language}"])),
        (Text("数据来源", "sources"), attribution_line(plan, language)),
    )
    marks = " ".join(f"{key.get(language)}{colon}{mark}" for key, mark in said if mark)
    layers = (
        ("frontier_routes", frontier.routes, "LineString", "candidate_edges", _ROUTES),
        ("frontier_sites", frontier.sites, "Point", "sites", _SITES),
    )
    write_geopackage(
        [
            FileLayer(
                name,
                layer,
                kind,
                title.get(language),
                marks,
                _layer_labels(layer, plan_table(table), language),
            )
            for name, layer, kind, table, title in layers
        ],
        path,
    )


def _layer_labels(layer: pd.DataFrame, contract: Table, language: Language) -> dict[str, str]:
    """Return what the columns of a layer are called: as in the plan, and when a row enters."""
    known = {column.name: column.label for column in contract.columns} | _ENTERS
    return {name: known[name].get(language) for name in layer.columns if name != "geometry"}


# ---- the plot ---------------------------------------------------------------------------------


def frontier_svg(frontier: Frontier, plan: Plan, language: Language) -> str:
    """Draw weight reached and its proven bound against money, as one SVG document."""
    table = frontier.table
    most = max(1, int(table["money_cents"].max()))

    def at(money: float, share: float) -> str:
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * money / most
        y = _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share
        return f"{x:.1f},{y:.1f}"

    money = table["money_cents"].tolist()
    reached = list(map(at, money, table["weight_share"].tolist()))
    bound = list(map(at, money, table["weight_bound_share"].tolist()))
    between = " ".join([*reached, *reversed(bound)])
    title = Text("资金与覆盖", "Coverage against money").get(language)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="Noto Sans CJK SC, Microsoft YaHei, '
        f'sans-serif" font-size="13" fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _word(_LEFT, 26, f"{title} · {plan.provenance[f'title_{language}']}", size=17),
        *_axes(most, language),
        f'<polygon points="{between}" fill="{_BOUND}" fill-opacity="0.10"/>',
        f'<polyline points="{" ".join(bound)}" fill="none" stroke="{_BOUND}" stroke-width="2" '
        'stroke-dasharray="6 4"/>',
        f'<polyline points="{" ".join(reached)}" fill="none" stroke="{_REACHED}" '
        'stroke-width="2.5"/>',
        *(_dot(point) for point in reached),
        *_legend(language),
        *_marks(plan, language),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _word(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(text)}</text>"
    )


def _dot(point: str) -> str:
    x, y = point.split(",")
    return f'<circle cx="{x}" cy="{y}" r="3" fill="{_REACHED}"/>'


def _axes(most_cents: int, language: Language) -> list[str]:
    """Draw the grid: shares by fifths, money by fifths of the whole, in 万元 or million yuan."""
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    yuan = 1e4 if language == "zh" else 1e6
    parts = []
    for k in range(6):
        y, x = _HEIGHT - _BOTTOM - height * k / 5, _LEFT + width * k / 5
        money = most_cents * k / 5 / CENTS_PER_YUAN / yuan
        parts += [
            f'<path d="M{_LEFT} {y:.1f}h{width}M{x:.1f} {_TOP}v{height}" stroke="{_GRID}"/>',
            _word(_LEFT - 8, y + 4, f"{k * 20} %", anchor="end"),
            _word(x, _HEIGHT - _BOTTOM + 18, f"{money:,.1f}", anchor="middle"),
        ]
    unit = Text("资金（万元）", "money (million yuan)").get(language)
    parts.append(_word(_LEFT + width / 2, _HEIGHT - _BOTTOM + 38, unit, anchor="middle"))
    return parts


def _legend(language: Language) -> list[str]:
    reached = Text("在网权重占比", "share of weight in service").get(language)
    bound = Text("任何方案的上界（已证明）", "proven most of any plan").get(language)
    y = 48
    return [
        f'<path d="M{_LEFT} {y - 4}h28" stroke="{_REACHED}" stroke-width="2.5"/>',
        _word(_LEFT + 34, y, reached),
        f'<path d="M{_LEFT + 260} {y - 4}h28" stroke="{_BOUND}" stroke-width="2" '
        'stroke-dasharray="6 4"/>',
        _word(_LEFT + 294, y, bound),
    ]


def _marks(plan: Plan, language: Language) -> list[str]:
    """Write the classification line and the attributions below the plot."""
    mark = str(plan.provenance[f"classification_{language}"])
    return [
        _word(_WIDTH - _RIGHT, 26, mark, anchor="end"),
        *(
            _word(_LEFT, _HEIGHT - 34 + 12 * k, line, size=9)
            for k, line in enumerate(_wrapped(attribution_line(plan, language)))
        ),
    ]


def _wrapped(text: str) -> list[str]:
    """Break a line where the plot ends; a Chinese character counts as two."""
    lines, width = [""], 0
    for character in text:
        wide = 1 + (ord(character) > 0x2E7F)
        if width + wide > _COLUMNS:
            lines, width = [*lines, ""], 0
        lines[-1] += character
        width += wide
    return lines
