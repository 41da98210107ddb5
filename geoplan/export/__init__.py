"""Contractor packs: the plan as lists and drawings that people outside the office work from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from geoplan.export.selection import WHOLE, Selection, known_lots
from geoplan.plan import Plan
from geoplan.text import Language

__all__ = ["FORMATS", "LISTS", "Selection", "export_packs", "known_lots"]

FORMATS: tuple[str, ...] = ("xlsx", "csv", "gpkg", "kmz", "dxf", "shp", "ofds")
"""Formats that packs are written in."""
LISTS: tuple[str, ...] = ("xlsx", "csv")
"""Formats of the lists that every plan is written with."""


class _Writer(Protocol):
    def __call__(
        self, plan: Plan, out_dir: Path, /, *, language: Language, selection: Selection = WHOLE
    ) -> list[Path]: ...


def export_packs(
    plan: Plan,
    out_dir: Path,
    *,
    language: Language = "zh",
    formats: Sequence[str] = LISTS,
    phase: int | None = None,
    lot: str | None = None,
) -> list[Path]:
    """Write contractor packs of a plan into ``out_dir`` and return their paths in order.

    Every file carries the classification line and the attributions of the data. The folder must
    exist; files of the same name are replaced.

    Parameters
    ----------
    formats
        Any of :data:`FORMATS`: ``xlsx`` (an overview, and a workbook per phase with a sheet per
        lot), ``csv`` (sites, routes, bill and core schedule) and the drawings, each one file
        ``works-<language>.*``: ``gpkg``, ``kmz``, ``dxf``, ``shp`` (zipped shapefiles) and ``ofds``
        (Open Fibre Data Standard).
    phase
        Number of the one phase to write; all by default. Files are then named after it.
    lot
        Code of the one lot to write, as in the ``lot`` columns of the plan; likewise.

    Raises
    ------
    ValueError
        There is no such format, phase or lot, or nothing is built of the lot in the phase.
    OSError
        The folder can't be written to.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ValueError(f"no such format: {', '.join(unknown)}")
    if phase is not None and phase not in WHOLE.numbers(plan):
        raise ValueError(f"no such phase: {phase}")
    if lot is not None and lot not in known_lots(plan):
        raise ValueError(f"no such lot: {lot}")
    selection = Selection(phase, lot)
    if lot is not None and not selection.numbers(plan):
        raise ValueError(f"nothing is built of lot {lot} in what is asked for")
    files: list[Path] = []
    for name in FORMATS:  # in one order, whatever the order they were asked in
        if name in formats:
            files += _writer(name)(plan, out_dir, language=language, selection=selection)
    return files


def _writer(name: str) -> _Writer:
    """Return what writes a format; its library is loaded here, when it is asked for."""
    if name == "xlsx":
        from geoplan.export.excel import write_workbooks

        return write_workbooks
    if name == "csv":
        from geoplan.export.csv import write_csvs

        return write_csvs
    if name == "gpkg":
        from geoplan.export.geopackage import write_geopackage_pack

        return write_geopackage_pack
    if name == "kmz":
        from geoplan.export.kmz import write_kmz

        return write_kmz
    if name == "dxf":
        from geoplan.export.dxf import write_dxf

        return write_dxf
    if name == "shp":
        from geoplan.export.shapefile import write_shapefiles

        return write_shapefiles
    from geoplan.export.ofds import write_ofds

    return write_ofds
