"""The shapefile pack: the works for programs that read nothing newer, with a table of its names.

A column of a shapefile has at most ten bytes for its name and 254 for a text. Names are therefore
short and Latin, ``fields.csv`` says what each means, and a column with a longer text is left out
and named there: never is a text cut.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pyogrio

from geoplan.export.about import about_pack, drawn_in
from geoplan.export.archive import put
from geoplan.export.csv import csv_cell
from geoplan.export.frames import listing_frame
from geoplan.export.selection import WHOLE, Selection
from geoplan.export.tables import Field, Listing
from geoplan.export.works import (
    WorkLayer,
    pack_column,
    phase_totals,
    work_layers,
    works_bill,
)
from geoplan.plan import Plan
from geoplan.text import Language, Text

__all__ = ["write_shapefiles"]

_LONGEST_NAME, _LONGEST_TEXT = 10, 254  # bytes: dBASE III
_NO_DATE = "2000-01-01"
_GEOMETRIES = {"sites": "Point", "feeders": "Point"}


def write_shapefiles(
    plan: Plan, out_dir: Path, *, language: Language, selection: Selection = WHOLE
) -> list[Path]:
    """Write the works of all phases, or of one, or of a lot, as ``works-<language>.shp.zip``.

    A shapefile per layer in the planning CRS, UTF-8; ``fields.csv`` is the table of column names,
    ``about.csv`` what to know about the pack, ``totals.csv`` and ``bill.csv`` what it comes to.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    names: list[tuple[str, str, str, str, str]] = []
    path = selection.path(out_dir, language, ".shp.zip")
    with (
        tempfile.TemporaryDirectory(dir=out_dir, prefix=".shp-") as folder,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack,
    ):
        for work in work_layers(plan, selection, language):
            names += _write(work, Path(folder), language)
        for file in sorted(Path(folder).iterdir()):
            put(pack, file.name, file.read_bytes())
        head = ("图层", "字段", "方案字段", "含义", "备注")
        if language == "en":
            head = ("layer", "column", "column of the plan", "meaning", "remark")
        put(pack, "fields.csv", _csv([head, *names]))
        tables = {
            "about": about_pack(plan, selection, drawn_in(plan, language), language),
            "totals": phase_totals(plan, selection, language),
            "bill": works_bill(plan, selection, language),
        }
        for name, listing in tables.items():
            put(pack, f"{name}.csv", _csv(_cells(listing)))
    return [path]


def _write(
    work: WorkLayer, folder: Path, language: Language
) -> list[tuple[str, str, str, str, str]]:
    """Write one layer and return the rows of the table of names."""
    listing = work.listing
    kept = [k for k in range(len(listing.fields)) if not _too_long(listing, k)]
    short = _short_names([listing.fields[k] for k in kept])
    frame = listing_frame(
        Listing(
            tuple(listing.fields[k] for k in kept),
            tuple(tuple(row[k] for k in kept) for row in listing.rows),
        )
    )
    frame.columns = short
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(list(work.shapes), crs=work.crs)),
        folder / f"{work.name}.shp",
        driver="ESRI Shapefile",
        encoding="UTF-8",
        geometry_type=_GEOMETRIES.get(work.name, "LineString"),
        layer_options={"DBF_DATE_LAST_UPDATE": _NO_DATE},
    )
    called = dict(zip(kept, short, strict=True))
    out = Text("文字过长，未列入", "too long a text: left out").get(language)
    return [
        (work.name, called.get(k, ""), pack_column(field), field.label, "" if k in called else out)
        for k, field in enumerate(listing.fields)
    ]


def _too_long(listing: Listing, column: int) -> bool:
    """Tell whether a text of a column does not fit."""
    cells = (row[column] for row in listing.rows)
    return any(len(c.encode("utf-8")) > _LONGEST_TEXT for c in cells if isinstance(c, str))


def _short_names(fields: Sequence[Field]) -> list[str]:
    """Return a name of ten characters at most for each column, no two alike."""
    names: list[str] = []
    for field in fields:
        whole = pack_column(field)
        name, number = whole[:_LONGEST_NAME].rstrip("_"), 2
        while name in names:
            name, number = f"{whole[: _LONGEST_NAME - 1]}{number}", number + 1
        names.append(name)
    return names


def _cells(listing: Listing) -> list[list[str]]:
    """Return labels and rows of a listing as they stand in a CSV file."""
    kinds = [field.kind for field in listing.fields]
    rows = [[csv_cell(c, k) for c, k in zip(row, kinds, strict=True)] for row in listing.rows]
    return [[field.label for field in listing.fields], *rows]


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    """Return rows as CSV that Excel opens rightly."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return stream.getvalue().encode("utf-8-sig")
