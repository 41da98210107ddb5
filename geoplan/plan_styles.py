"""QGIS styles of a plan file: what each layer looks like when it is dropped into QGIS.

The styles are QML texts for the file's ``layer_styles`` table. Phases keep their colours in
every layer; what exists is grey, what is only a candidate is thin.
"""

from __future__ import annotations

from collections.abc import Sequence

from geoplan.qml import categorized, fill_symbol, line_symbol, marker_symbol, single
from geoplan.text import Text

__all__ = ["LEVEL_MARKS", "PHASE_COLOURS", "layer_styles", "phase_colour"]

PHASE_COLOURS: tuple[str, ...] = (
    *("#9e9e9e", "#123f86", "#bf4800", "#2bb08a"),
    *("#8c4a86", "#b98a00", "#56b4e9"),
)
"""Colour of phase 0 (not built), 1, 2, ...: those of the map; the last one repeats."""

LEVEL_MARKS: tuple[tuple[str, Text, str, str], ...] = (
    ("core", Text("核心节点", "core node"), "star", "5"),
    ("district", Text("汇聚节点", "hub"), "square", "3.4"),
    ("municipal", Text("市级单位", "municipal unit"), "circle", "1.6"),
    ("township", Text("乡镇街道", "township"), "circle", "2.4"),
)


def layer_styles(phases: Sequence[Text]) -> dict[str, str]:
    """Return the QML of each layer by its name; ``phases`` are the names of the phases."""
    names = [Text("未建", "not built"), *phases]
    return {
        "districts": single(fill_symbol("#00000000", "#455a64", "0.4")),
        "water_base": single(fill_symbol("#cfe3ef", "#cfe3ef", "0.1")),
        "roads_base": single(line_symbol("#dcd3c3", "0.3")),
        "candidate_edges": single(line_symbol("#c9c9c9", "0.1")),
        "existing_ducts": single(line_symbol("#757575", "0.36")),
        "existing_cables": single(line_symbol("#757575", "0.36", "dash")),
        "routes": categorized(
            '"phase"',
            [
                (str(k), name.both(), line_symbol(phase_colour(k), "0.7"))
                for k, name in enumerate(names)
                if k > 0
            ],
        ),
        "cables": categorized(
            '"phase"',
            [
                (str(k), name.both(), line_symbol(phase_colour(k), "0.3"))
                for k, name in enumerate(names)
                if k > 0
            ],
        ),
        "core_paths": single(line_symbol("#7e57c2", "0.2")),
        "witness_paths": single(line_symbol("#00695c", "0.4")),
        "rings": single(line_symbol("#ad1457", "0.5")),
        "feeders": categorized(
            '"architecture"',
            [
                (
                    "ring_pair",
                    Text("环纤对", "ring pair").both(),
                    marker_symbol("circle", "3.4", "#00000000"),
                ),
                (
                    "splitter",
                    Text("分光器", "splitter").both(),
                    marker_symbol("triangle", "3", "#ad1457"),
                ),
            ],
        ),
        "hubs": single(marker_symbol("square", "4.2", "#00000000")),
        "sites": categorized(
            '"level" || \' \' || "phase"',
            [
                (
                    f"{level} {k}",
                    Text(f"{label.zh}·{name.zh}", f"{label.en}, {name.en}").both(),
                    marker_symbol(shape, size, phase_colour(k)),
                )
                for level, label, shape, size in LEVEL_MARKS
                for k, name in enumerate(names)
                if not (level == "core" and k != 1)
            ],
        ),
    }


def phase_colour(phase: int) -> str:
    """Return the colour of a phase, ``#rrggbb``; 0 is what no phase builds."""
    return PHASE_COLOURS[min(phase, len(PHASE_COLOURS) - 1)]
