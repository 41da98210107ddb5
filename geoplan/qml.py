"""QGIS layer styles (QML): symbols, categories, labels and what columns are called.

A style is a text for the ``layer_styles`` table of a GeoPackage; nothing here knows a plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = [
    "Symbol",
    "Words",
    "categorized",
    "fill_symbol",
    "line_symbol",
    "marker_symbol",
    "plain",
    "single",
]

Symbol = tuple[str, str, Mapping[str, str]]
"""Type of the symbol, class of its one layer, properties of that layer."""

_VERSION = "3.28.0"


@dataclass(frozen=True, slots=True)
class Words:
    """What the columns are called, and the column that is written beside each feature.

    Nothing is written where ``shown`` is empty, or at scales smaller than
    1 : ``shown_from_scale``.
    """

    labels: Mapping[str, str]
    shown: str = ""
    shown_from_scale: int = 200_000


def line_symbol(colour: str, width_mm: str, pattern: str = "solid") -> Symbol:
    """Return a line; ``pattern`` is one of QGIS's (solid, dash, dot, dash dot)."""
    properties = {
        "line_color": _rgba(colour),
        "line_width": width_mm,
        "line_style": pattern,
        "capstyle": "round",
        "joinstyle": "round",
    }
    return "line", "SimpleLine", properties


def fill_symbol(colour: str, outline: str, width_mm: str) -> Symbol:
    """Return a filled area with an outline."""
    properties = {
        "color": _rgba(colour),
        "outline_color": _rgba(outline),
        "outline_width": width_mm,
        "outline_style": "solid",
        "style": "solid",
    }
    return "fill", "SimpleFill", properties


def marker_symbol(shape: str, size_mm: str, colour: str) -> Symbol:
    """Return a point symbol (circle, square, star, triangle) with a dark outline."""
    properties = {
        "name": shape,
        "size": size_mm,
        "color": _rgba(colour),
        "outline_color": _rgba("#212121"),
        "outline_width": "0.2",
    }
    return "marker", "SimpleMarker", properties


def single(symbol: Symbol, words: Words | None = None) -> str:
    """Return the style of a layer whose features all look the same."""
    root, renderer = _style("singleSymbol", words)
    _add_symbol(SubElement(renderer, "symbols"), "0", symbol)
    return _text(root, words)


def categorized(
    expression: str, rows: Sequence[tuple[str, str, Symbol]], words: Words | None = None
) -> str:
    """Return the style of a layer by the value of an expression: value, label, symbol."""
    root, renderer = _style("categorizedSymbol", words)
    renderer.set("attr", expression)
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for number, (value, label, symbol) in enumerate(rows):
        SubElement(
            categories,
            "category",
            {"value": value, "label": label, "symbol": str(number), "render": "true"},
        )
        _add_symbol(symbols, str(number), symbol)
    return _text(root, words)


def plain(words: Words) -> str:
    """Return the style of a table without geometry: what its columns are called."""
    return _text(Element("qgis", {"version": _VERSION, "styleCategories": "Fields"}), words)


def _rgba(colour: str) -> str:
    """Return ``#rrggbb`` or ``#rrggbbaa`` the way QGIS writes it: ``r,g,b,a``."""
    digits = colour.lstrip("#").ljust(8, "f")
    return ",".join(str(int(digits[k : k + 2], 16)) for k in range(0, 8, 2))


def _style(kind: str, words: Words | None) -> tuple[Element, Element]:
    held = "Symbology" if words is None else "Symbology|Labeling|Fields"
    root = Element("qgis", {"version": _VERSION, "styleCategories": held})
    renderer = SubElement(
        root, "renderer-v2", {"type": kind, "enableorderby": "0", "symbollevels": "0"}
    )
    return root, renderer


def _add_symbol(parent: Element, name: str, symbol: Symbol) -> None:
    kind, layer_class, properties = symbol
    element = SubElement(parent, "symbol", {"type": kind, "name": name, "alpha": "1"})
    layer = SubElement(element, "layer", {"class": layer_class, "enabled": "1", "locked": "0"})
    options = SubElement(layer, "Option", {"type": "Map"})
    for key, value in properties.items():
        SubElement(options, "Option", {"name": key, "value": value, "type": "QString"})
    for key, value in properties.items():  # QGIS before 3.26 reads these instead
        SubElement(layer, "prop", {"k": key, "v": value})


def _add_words(root: Element, words: Words) -> None:
    aliases = SubElement(root, "aliases")
    for number, (column, label) in enumerate(words.labels.items()):
        SubElement(aliases, "alias", {"field": column, "name": label, "index": str(number)})
    if not words.shown:
        return
    root.set("labelsEnabled", "1")
    settings = SubElement(SubElement(root, "labeling", {"type": "simple"}), "settings")
    style = SubElement(
        settings,
        "text-style",
        {
            "fieldName": words.shown,
            "fontFamily": "Microsoft YaHei",
            "fontSize": "8",
            "textColor": _rgba("#212121"),
        },
    )
    halo = {"bufferDraw": "1", "bufferSize": "0.8", "bufferColor": _rgba("#ffffff")}
    SubElement(style, "text-buffer", halo)
    SubElement(
        settings,
        "rendering",
        # QGIS: the minimum scale is the one that shows most of the world
        {"scaleVisibility": "1", "scaleMin": str(words.shown_from_scale), "scaleMax": "0"},
    )


def _text(root: Element, words: Words | None) -> str:
    if words is not None:
        _add_words(root, words)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tostring(
        root, encoding="unicode"
    )
