"""Write GeoPackages: whole or not at all, styled for QGIS, the same bytes for the same tables."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

__all__ = ["FileLayer", "write_geopackage"]

# A file does not depend on when it was written.
_NO_DATE = "2000-01-01T00:00:00.000Z"
# As QGIS creates it when a style is saved into a GeoPackage.
_STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)"""
# Schema extension of OGC 12-128r15, annex F.9: what columns are called for people.
_LABEL_TABLE = """
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT,
    description TEXT, mime_type TEXT, constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name)
)"""
_EXTENSION_TABLE = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
    scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
)"""


@dataclass(frozen=True, slots=True)
class FileLayer:
    """One table of a GeoPackage.

    ``geometry`` is the type of its geometries (``None`` for a plain table), ``labels`` what its
    columns are called for people, ``qml`` its QGIS style (``""`` for none).
    """

    name: str
    frame: pd.DataFrame
    geometry: str | None
    identifier: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict)
    qml: str = ""


def write_geopackage(layers: Sequence[FileLayer], target: Path) -> None:
    """Write tables as one GeoPackage, in order.

    The file is made in a temporary folder beside its place and moved there when it is
    complete; an older file at ``target`` stays as it is until then.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.stem}-") as folder:
        draft, clean = Path(folder) / "draft.gpkg", Path(folder) / "clean.gpkg"
        _write_tables(layers, draft)
        with closing(sqlite3.connect(draft)) as file:
            with file:
                _describe(layers, file)
                _add_labels(layers, file)
                _add_styles(layers, file)
            # Packs the pages in one order: the same tables are the same file, byte by byte.
            file.execute("VACUUM INTO ?", (str(clean),))
        clean.replace(target)


def _write_tables(layers: Sequence[FileLayer], draft: Path) -> None:
    with _unsynchronized():
        for layer in layers:
            options: dict[str, Any] = {}
            if isinstance(layer.frame, gpd.GeoDataFrame):
                multi = layer.geometry == "MultiPolygon"
                options = {"geometry_type": layer.geometry, "promote_to_multi": multi}
            pyogrio.write_dataframe(
                layer.frame,
                draft,
                layer=layer.name,
                driver="GPKG",
                append=draft.exists(),
                **options,
            )


@contextmanager
def _unsynchronized() -> Iterator[None]:
    """Let GDAL write without waiting for the disk after every table.

    Safe here: the file is a draft until it is complete; the disk is waited for once, when the
    finished file is packed.
    """
    option = "OGR_SQLITE_SYNCHRONOUS"
    before = pyogrio.get_gdal_config_option(option)
    pyogrio.set_gdal_config_options({option: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({option: before})


def _describe(layers: Sequence[FileLayer], file: sqlite3.Connection) -> None:
    """Give each layer its name for people and its description."""
    file.executemany(
        "UPDATE gpkg_contents SET identifier = ?, description = ?, last_change = ? "
        "WHERE table_name = ?",
        [(layer.identifier, layer.description, _NO_DATE, layer.name) for layer in layers],
    )


def _add_labels(layers: Sequence[FileLayer], file: sqlite3.Connection) -> None:
    """Add what columns are called for people, which GDAL and QGIS show in place of the names."""
    rows = [
        (layer.name, column, label) for layer in layers for column, label in layer.labels.items()
    ]
    if not rows:
        return
    file.execute(_LABEL_TABLE)
    file.execute(_EXTENSION_TABLE)
    file.execute(
        "INSERT INTO gpkg_extensions VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', "
        "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')"
    )
    file.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, title) VALUES (?, ?, ?)", rows
    )


def _add_styles(layers: Sequence[FileLayer], file: sqlite3.Connection) -> None:
    """Add the ``layer_styles`` table that QGIS looks for, registered as attributes."""
    column = dict(file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    file.execute(_STYLE_TABLE)
    file.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "ui, update_time) VALUES ('', '', ?, ?, 'geoplan', ?, '', 1, 'geoplan', '', NULL, ?)",
        [(x.name, column.get(x.name, ""), x.qml, _NO_DATE) for x in layers if x.qml],
    )
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
        "last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', "
        "'图层样式 / QGIS styles', ?)",
        (_NO_DATE,),
    )
