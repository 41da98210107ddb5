"""Open one source, CSV, PostGIS or anything OGR reads, and hand on its rows as they stand.

The only module (besides the scenario reader) that touches the user's files; databases are asked
in :mod:`geoplan.read.postgis`. A source that can't
be read leaves a fault and ``None``; what the columns mean is decided elsewhere.
"""

from __future__ import annotations

import csv
import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from geoplan.read.findings import Findings
from geoplan.read.postgis import is_database, read_table
from geoplan.redact import redacted
from geoplan.text import Text, control_characters, nearest

__all__ = ["Source", "open_source"]

_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_OGR_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Rows of one source, untouched.

    Parameters
    ----------
    layer
        Name of the layer it is read for.
    frame
        Its columns (no geometry).
    rows
        A name for each row: ``line 5`` of a CSV, its key in a database (``gid = 17``), else
        ``feature 3``.
    geometry
        object (n,) or ``None`` for a plain table.
    crs
        CRS of the geometry as WKT or code; ``None`` when the file does not say.
    origin
        File name, layer name and metadata in lower case: where the data may come from.
    sha256
        Hash of the file, of a database's rows as they were read, ``""`` for other addresses.
    """

    layer: str
    frame: pd.DataFrame
    rows: tuple[str, ...]
    geometry: NDArray[np.object_] | None
    crs: str | None
    origin: str
    sha256: str


def open_source(layer: str, source: str, found: Findings) -> Source | None:
    """Read ``source`` (a path, ``file#layer``, an address of PostGIS or OGR) for ``layer``."""
    place, sublayer = _split(source)
    path = Path(place)
    is_table = is_database(place)
    is_file = not (is_table or place.startswith("/vsi") or "://" in place)
    try:
        if is_file and not path.exists():
            _missing_file(layer, path, found)
            return None
        sha256 = _sha256(path) if is_file else ""
        is_csv = is_file and path.suffix.lower() == ".csv" and path.is_file()
        read = _read_csv(layer, path, sha256, found) if is_csv else None
    except (OSError, ValueError) as error:
        found.fault(
            "layers.unreadable",
            layer,
            "",
            Text(f"{place} 无法读取：{error}", f"{place} can't be read: {error}"),
            Text("检查路径与权限", "check the path and its permissions"),
        )
        return None
    if is_table:
        read = _read_database(layer, place, sublayer, found)
    elif not is_csv:
        read = _read_ogr(layer, place, sublayer, sha256, found)
    if read is not None and len(read.frame) == 0:
        found.fault(
            "layers.empty",
            layer,
            "",
            Text(f"{source} 没有任何记录", f"{source} holds no rows"),
            Text("检查是否选对了文件或图层", "check that this is the right file or layer"),
        )
        return None
    return read


def _split(source: str) -> tuple[str, str | None]:
    """Split ``file#layer``; a file whose very name holds ``#`` wins."""
    if "#" not in source or Path(source).exists():
        return source, None
    place, _, sublayer = source.rpartition("#")
    return place, sublayer


def _missing_file(layer: str, path: Path, found: Findings) -> None:
    folder = path.parent
    beside = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    close = nearest(path.name, beside)
    found.fault(
        "layers.missing_file",
        layer,
        "",
        Text(f"找不到文件 {path}", f"there is no file {path}"),
        Text(f"是否应为 {close}？", f"did you mean {close}?")
        if close
        else Text(
            "检查路径（相对路径从情景文件所在文件夹算起）",
            "check the path (relative ones start at the scenario file's folder)",
        ),
    )


def _sha256(path: Path) -> str:
    """Hash a file, a shapefile with its parts, or a folder with all its files."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
    elif path.suffix.lower() == ".shp":
        files = [p for s in _SHAPEFILE_PARTS if (p := path.with_suffix(s)).is_file()] or [path]
    else:
        files = [path]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


# ---- CSV --------------------------------------------------------------------------------------


def _decode(raw: bytes) -> str | None:
    """Decode UTF-8 (with or without mark) or GB 18030, the two that Chinese offices write."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _read_csv(layer: str, path: Path, sha256: str, found: Findings) -> Source | None:
    """Read a CSV as text, row by row, so that a fault can name its line."""
    text = _decode(path.read_bytes())
    if text is None:
        found.fault(
            "layers.encoding",
            layer,
            "",
            Text(f"{path.name} 的编码无法识别", f"the encoding of {path.name} is not known"),
            Text("另存为 UTF-8 的 CSV", "save it as CSV in UTF-8"),
        )
        return None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(reader, [])]
        records, rows = [], []
        first = reader.line_num + 1
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append(record)
                rows.append(f"line {first}")
            first = reader.line_num + 1
    except csv.Error as error:
        found.fault(
            "layers.csv",
            layer,
            f"line {reader.line_num}",
            Text(f"CSV 格式错误：{error}", f"not a valid CSV: {error}"),
            Text("检查这一行的引号与长度", "check the quotes and the length of this line"),
        )
        return None
    if not _check_header(layer, path.name, header, found):
        return None
    return _csv_source(layer, path, sha256, header, records, rows, found)


def _check_header(layer: str, name: str, header: list[str], found: Findings) -> bool:
    faults = len(found.faults)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        found.fault(
            "layers.csv",
            layer,
            "line 1",
            Text(f"{name} 不是用逗号分隔的", f"{name} is not separated by commas"),
            Text("另存为逗号分隔的 CSV", "save it as CSV with commas"),
        )
    if bad := control_characters("".join(header)):
        found.fault(
            "layers.csv",
            layer,
            "line 1",
            Text(f"表头含控制字符 {bad}", f"the header holds control characters {bad}"),
            Text("列名写在一行，删除这些字符", "remove them: names of columns stand in one line"),
        )
    for column in dict.fromkeys(c for c in header if c and header.count(c) > 1):
        found.fault(
            "layers.duplicate_column",
            layer,
            "line 1",
            Text(f"列 {column!r} 出现多次", f"the column {column!r} stands there twice"),
            Text("保留一列", "keep one of them"),
        )
    return len(found.faults) == faults


def _csv_source(
    layer: str,
    path: Path,
    sha256: str,
    header: list[str],
    records: list[list[str]],
    rows: list[str],
    found: Findings,
) -> Source:
    width = len(header)
    kept, names = [], []
    for record, row in zip(records, rows, strict=True):
        # Spreadsheets append empty cells at the end of some lines: they mean nothing.
        if len(record) < width or any(cell.strip() for cell in record[width:]):
            found.fault(
                "layers.csv",
                layer,
                row,
                Text(
                    f"有 {len(record)} 个单元格，表头有 {width} 列",
                    f"has {len(record)} cells under {width} columns",
                ),
                Text("检查逗号与引号", "check commas and quotes"),
            )
            continue
        kept.append(record[:width])
        names.append(row)
    columns = [name or f"column {i + 1}" for i, name in enumerate(header)]
    frame = pd.DataFrame(kept, columns=columns, dtype=object)
    return Source(layer, frame, tuple(names), None, None, path.name.lower(), sha256)


# ---- PostGIS ----------------------------------------------------------------------------------


def _read_database(layer: str, place: str, wanted: str | None, found: Findings) -> Source | None:
    table = read_table(layer, place, wanted, found)
    if table is None:
        return None
    return Source(
        layer,
        table.frame,
        table.rows,
        table.geometry,
        table.crs,
        table.origin.lower(),
        table.sha256,
    )


# ---- OGR --------------------------------------------------------------------------------------


def _pick_layer(layer: str, place: str, sublayer: str | None, found: Findings) -> str | None:
    """Return the layer to read; a file with several must say which."""
    names = [str(name) for name in pyogrio.list_layers(place)[:, 0]]
    if sublayer is not None and sublayer in names:
        return sublayer
    if sublayer is not None:
        close = nearest(sublayer, names)
        found.fault(
            "layers.unknown_layer",
            layer,
            "",
            Text(f"{place} 中没有图层 {sublayer}", f"{place} has no layer {sublayer}"),
            Text(f"可用：{', '.join(names)}", f"it has {', '.join(names)}")
            if not close
            else Text(f"是否应为 {close}？", f"did you mean {close}?"),
        )
        return None
    if len(names) == 1:
        return names[0]
    listed = ", ".join(names)
    found.fault(
        "layers.which_layer" if names else "layers.empty",
        layer,
        "",
        Text(
            f"{place} 有 {len(names)} 个图层：{listed}",
            f"{place} has {len(names)} layers: {listed}",
        ),
        Text("写成 文件#图层", "write file#layer to pick one"),
    )
    return None


def _read_ogr(
    layer: str, place: str, sublayer: str | None, sha256: str, found: Findings
) -> Source | None:
    """Read a layer with OGR; GDAL's warnings become notes."""
    said: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            name = _pick_layer(layer, place, sublayer, found)
            if name is None:
                return None
            info = pyogrio.read_info(place, layer=name)
            # Geometry that GEOS can't build comes as missing and is counted by the checks.
            table: Any = pyogrio.read_dataframe(place, layer=name, on_invalid="ignore")
        said = [
            str(w.message) for w in caught if issubclass(w.category, RuntimeWarning | UserWarning)
        ]
    except _OGR_ERRORS as error:
        said_it = (
            redacted(str(error)).split(";")[0].splitlines()[0]
        )  # what follows is for programmers
        found.fault(
            "layers.unreadable",
            layer,
            "",
            Text(f"{place} 无法读取：{said_it}", f"{place} can't be read: {said_it}"),
            Text(
                "检查文件是否完整、格式是否为 GIS 格式",
                "check that the file is whole and of a GIS format",
            ),
        )
        return None
    for text in dict.fromkeys(said):
        found.note(
            "layers.gdal",
            layer,
            "",
            Text(f"GDAL 提示：{text}", f"GDAL says: {text}"),
            Text("检查该文件", "check the file"),
        )
    geometry = table.geometry.to_numpy() if hasattr(table, "geometry") else None
    frame = pd.DataFrame(table.drop(columns=table.geometry.name) if geometry is not None else table)
    metadata = [info.get("layer_metadata"), info.get("dataset_metadata")]
    origin = " ".join([Path(place).name, name, *(str(m) for m in metadata if m)]).lower()
    crs = table.crs.to_wkt() if geometry is not None and table.crs is not None else None
    rows = tuple(f"feature {i + 1}" for i in range(len(frame)))
    return Source(layer, frame, rows, geometry, crs, origin, sha256)
