"""QGIS styles of a plan file: what each layer looks like when it is dropped into QGIS.

The styles are QML texts for the file's ``layer_styles`` table. Phases keep their colours in
every layer; what exists is grey, what is only a candidate is thin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from geoplan.text import Text

__all__ = ["PHASE_COLOURS", "layer_styles"]

PHASE_COLOURS: tuple[str, ...] = (
    *("#9e9e9e", "#123f86", "#bf4800", "#2bb08a"),
    *("#8c4a86", "#b98a00", "#56b4e9"),
)
"""Colour of phase 0 (not built), 1, 2, ...: those of the map; the last one repeats."""

_LEVELS: tuple[tuple[str, Text, str, str], ...] = (
    ("core", Text("核心节点", "core node"), "star", "5"),
    ("district", Text("汇聚节点", "hub"), "square", "3.4"),
    ("municipal", Text("市级单位", "municipal unit"), "circle", "1.6"),
    ("township", Text("乡镇街道", "township"), "circle", "2.4"),
)
_Symbol = tuple[str, str, Mapping[str, str]]  # type of symbol, class of its layer, properties


def layer_styles(phases: Sequence[Text]) -> dict[str, str]:
    """Return the QML of each layer by its name; ``phases`` are the names of the phases."""
    names = [Text("未建", "not built"), *phases]
    grey = {"line_color": _rgba("#757575"), "line_width": "0.36"}
    dashed = {**grey, "line_style": "dash"}
    return {
        "districts": _single(_fill("#00000000", "#455a64", "0.4")),
        "water_base": _single(_fill("#cfe3ef", "#cfe3ef", "0.1")),
        "roads_base": _single(_line("#dcd3c3", "0.3")),
        "candidate_edges": _single(_line("#c9c9c9", "0.1")),
        "existing_ducts": _single(("line", "SimpleLine", grey)),
        "existing_cables": _single(("line", "SimpleLine", dashed)),
        "routes": _categorized(
            '"phase"',
            [(str(k), name, _line(_colour(k), "0.7")) for k, name in enumerate(names) if k > 0],
        ),
        "cables": _categorized(
            '"phase"',
            [(str(k), name, _line(_colour(k), "0.3")) for k, name in enumerate(names) if k > 0],
        ),
        "core_paths": _single(_line("#7e57c2", "0.2")),
        "witness_paths": _single(_line("#00695c", "0.4")),
        "rings": _single(_line("#ad1457", "0.5")),
        "feeders": _categorized(
            '"architecture"',
            [
                ("ring_pair", Text("环纤对", "ring pair"), _marker("circle", "3.4", "#00000000")),
                ("splitter", Text("分光器", "splitter"), _marker("triangle", "3", "#ad1457")),
            ],
        ),
        "hubs": _single(_marker("square", "4.2", "#00000000")),
        "sites": _categorized(
            '"level" || \' \' || "phase"',
            [
                (
                    f"{level} {k}",
                    Text(f"{label.zh}·{name.zh}", f"{label.en}, {name.en}"),
                    _marker(shape, size, _colour(k)),
                )
                for level, label, shape, size in _LEVELS
                for k, name in enumerate(names)
                if not (level == "core" and k != 1)
            ],
        ),
    }


def _colour(phase: int) -> str:
    return PHASE_COLOURS[min(phase, len(PHASE_COLOURS) - 1)]


def _rgba(colour: str) -> str:
    """Return ``#rrggbb`` or ``#rrggbbaa`` the way QGIS writes it: ``r,g,b,a``."""
    digits = colour.lstrip("#").ljust(8, "f")
    return ",".join(str(int(digits[k : k + 2], 16)) for k in range(0, 8, 2))


def _line(colour: str, width_mm: str) -> _Symbol:
    properties = {
        "line_color": _rgba(colour),
        "line_width": width_mm,
        "line_style": "solid",
        "capstyle": "round",
        "joinstyle": "round",
    }
    return "line", "SimpleLine", properties


def _fill(colour: str, outline: str, width_mm: str) -> _Symbol:
    properties = {
        "color": _rgba(colour),
        "outline_color": _rgba(outline),
        "outline_width": width_mm,
        "outline_style": "solid",
        "style": "solid",
    }
    return "fill", "SimpleFill", properties


def _marker(shape: str, size_mm: str, colour: str) -> _Symbol:
    properties = {
        "name": shape,
        "size": size_mm,
        "color": _rgba(colour),
        "outline_color": _rgba("#212121"),
        "outline_width": "0.2",
    }
    return "marker", "SimpleMarker", properties


def _single(symbol: _Symbol) -> str:
    root, renderer = _style("singleSymbol")
    _add_symbol(SubElement(renderer, "symbols"), "0", symbol)
    return _text(root)


def _categorized(expression: str, rows: Sequence[tuple[str, Text, _Symbol]]) -> str:
    root, renderer = _style("categorizedSymbol")
    renderer.set("attr", expression)
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for number, (value, label, symbol) in enumerate(rows):
        SubElement(
            categories,
            "category",
            {"value": value, "label": label.both(), "symbol": str(number), "render": "true"},
        )
        _add_symbol(symbols, str(number), symbol)
    return _text(root)


def _style(kind: str) -> tuple[Element, Element]:
    root = Element("qgis", {"version": "3.28.0", "styleCategories": "Symbology"})
    renderer = SubElement(
        root, "renderer-v2", {"type": kind, "enableorderby": "0", "symbollevels": "0"}
    )
    return root, renderer


def _add_symbol(parent: Element, name: str, symbol: _Symbol) -> None:
    kind, layer_class, properties = symbol
    element = SubElement(parent, "symbol", {"type": kind, "name": name, "alpha": "1"})
    layer = SubElement(element, "layer", {"class": layer_class, "enabled": "1", "locked": "0"})
    options = SubElement(layer, "Option", {"type": "Map"})
    for key, value in properties.items():
        SubElement(options, "Option", {"name": key, "value": value, "type": "QString"})
    for key, value in properties.items():  # QGIS before 3.26 reads these instead
        SubElement(layer, "prop", {"k": key, "v": value})


def _text(root: Element) -> str:
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tostring(
        root, encoding="unicode"
    )
