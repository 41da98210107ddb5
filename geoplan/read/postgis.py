"""Read one table of a PostGIS database, in a read-only transaction.

GDAL's wheels come without its PostgreSQL driver, so the database is asked directly. Addresses are
libpq's, ``PG:dbname=city host=db`` as GDAL writes them or ``postgresql://db/city``; a password may
stand in libpq's own places (``PGPASSWORD``, ``.pgpass``, a service) instead of the scenario.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.read.findings import Findings, one_of
from geoplan.redact import redacted
from geoplan.text import Text

if TYPE_CHECKING:  # an extra of its own: who has no database needs no driver
    from psycopg import Cursor

__all__ = ["Table", "is_database", "read_table"]

_WAIT_S = 10
"""For a server that does not answer, unless the address says ``connect_timeout``."""
_SHAPES = ("geometry", "geography")
_RELATIONS = """
    SELECT c.oid, n.nspname, c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY n.nspname, c.relname"""
_COLUMNS = """
    SELECT a.attname, t.typname
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum"""
_KEY = """
    SELECT a.attname
    FROM pg_catalog.pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = %s AND i.indisprimary
    ORDER BY k.place"""
_POSTGIS = """
    SELECT n.nspname
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'postgis'"""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of one table or view, in the order of its primary key.

    Parameters
    ----------
    origin
        ``schema.table`` and the comment on it: where the data may come from.
    frame
        Its columns but for the geometry; text, whole and decimal numbers and truth values as
        such, times in ISO form, whatever else as text.
    rows
        A name for each row: its primary key, or its number where the table has none.
    geometry
        object (n,), ``None`` for a table without; geometry that GEOS can't build is missing.
    crs
        ``EPSG:4490`` or WKT; ``None`` when the database does not say.
    sha256
        Hash of columns and rows as they were read.
    """

    origin: str
    frame: pd.DataFrame
    rows: tuple[str, ...]
    geometry: NDArray[np.object_] | None
    crs: str | None
    sha256: str


def is_database(place: str) -> bool:
    """Tell whether an address is one of a PostgreSQL server.

    >>> is_database("PG:dbname=city"), is_database("postgresql://db/city"), is_database("a.gpkg")
    (True, True, False)
    """
    return place.lower().startswith(("pg:", "postgresql://", "postgres://"))


def read_table(layer: str, place: str, wanted: str | None, found: Findings) -> Table | None:
    """Read ``wanted`` (``table`` or ``schema.table``) at an address; faults leave ``None``.

    Parameters
    ----------
    wanted
        ``None``: the only table that there is.
    """
    try:
        import psycopg
    except ImportError:
        found.fault(
            "layers.no_driver",
            layer,
            "",
            Text("读取数据库需要 psycopg，尚未安装", "a database needs psycopg, which is missing"),
            Text("pip install 'geoplan[postgis]'", "pip install 'geoplan[postgis]'"),
        )
        return None
    settings = _settings(layer, place, found)
    if settings is None:
        return None
    try:
        with psycopg.connect(**settings) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.cursor() as cursor:
                return _read(layer, place, wanted, cursor, found)
    except psycopg.Error as error:
        said = redacted(str(error).strip().split("\n")[0])
        found.fault(
            "layers.unreadable",
            layer,
            "",
            Text(f"{place} 无法读取：{said}", f"{place} can't be read: {said}"),
            Text(
                "检查地址、用户及其读取权限，以及数据库是否可达",
                "check address, user and its right to read, and that the server can be reached",
            ),
        )
        return None


def _settings(layer: str, place: str, found: Findings) -> dict[str, Any] | None:
    """Return how to connect; what libpq says of a faulty address may quote a password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    address = place[3:].strip().strip('"') if place.lower().startswith("pg:") else place
    try:
        settings: dict[str, Any] = dict(conninfo_to_dict(address))
    except ProgrammingError:
        found.fault(
            "layers.address",
            layer,
            "",
            Text("数据库地址无法识别", "the address of the database can't be understood"),
            Text(
                "写成 PG:dbname=库 host=主机 user=用户#模式.表（含空格的值加单引号）",
                "write PG:dbname=city host=db user=me#schema.table (quote 'values with blanks')",
            ),
        )
        return None
    settings.setdefault("connect_timeout", _WAIT_S)
    settings.setdefault("application_name", "geoplan")
    return {**settings, "client_encoding": "utf8"}


def _read(
    layer: str, place: str, wanted: str | None, cursor: Cursor[Any], found: Findings
) -> Table | None:
    relation = _pick(layer, place, wanted, cursor, found)
    if relation is None:
        return None
    oid, schema, name = relation
    columns = cursor.execute(_COLUMNS, [oid]).fetchall()
    home = _postgis_schema(cursor)
    shapes = [column for column, kind in columns if home and kind in _SHAPES]
    if len(shapes) > 1:
        listed = ", ".join(shapes)
        found.fault(
            "layers.which_geometry",
            layer,
            "",
            Text(f"{schema}.{name} 有多个几何列：{listed}", f"{schema}.{name} has {listed}"),
            Text("建一个只含其中一列的视图", "make a view with one of these geometries"),
        )
        return None
    plain = [column for column, _ in columns if column not in shapes]
    key = [column for (column,) in cursor.execute(_KEY, [oid]).fetchall()]
    records = _select(cursor, (schema, name), plain, shapes, home, key)
    rows, records = _named(plain, key, records)
    geometry, crs, sound = None, None, True
    if shapes:
        shape = np.array([record[-2] for record in records], dtype=object)
        # on_invalid as for files: the checks count what is missing
        geometry = shapely.from_wkb(shape, on_invalid="ignore")
        crs, sound = _crs(layer, {record[-1] for record in records}, home, cursor, found)
    if not sound:
        return None
    values = [[_plain(value) for value in record[: len(plain)]] for record in records]
    frame = pd.DataFrame(
        {column: _typed([row[i] for row in values]) for i, column in enumerate(plain)},
        index=pd.RangeIndex(len(values)),
    )
    ((comment,),) = cursor.execute("SELECT obj_description(%s, 'pg_class')", [oid]).fetchall()
    origin = " ".join([f"{schema}.{name}", *([comment] if comment else [])])
    return Table(origin, frame, rows, geometry, crs, _sha256(plain, records))


def _pick(
    layer: str, place: str, wanted: str | None, cursor: Cursor[Any], found: Findings
) -> tuple[int, str, str] | None:
    """Return oid, schema and name of the table that is meant; a fault where that is not plain."""
    every = [(int(oid), str(s), str(t)) for oid, s, t in cursor.execute(_RELATIONS).fetchall()]
    meant = [r for r in every if wanted in (None, r[2], f"{r[1]}.{r[2]}")]
    if len(meant) == 1:
        return meant[0]
    names = [f"{schema}.{table}" for _, schema, table in every]
    if wanted is not None and not meant:
        found.fault(
            "layers.unknown_layer",
            layer,
            "",
            Text(
                f"{place} 中没有可读的表 {wanted}",
                f"{place} has no table {wanted} that this user may read",
            ),
            one_of(wanted, names),
        )
        return None
    listed = ", ".join(f"{schema}.{table}" for _, schema, table in meant)
    found.fault(
        "layers.which_layer" if meant else "layers.empty",
        layer,
        "",
        Text(
            f"{place} 有 {len(meant)} 个表：{listed}", f"{place} has {len(meant)} tables: {listed}"
        ),
        Text("写成 地址#模式.表", "write address#schema.table to pick one"),
    )
    return None


def _postgis_schema(cursor: Cursor[Any]) -> str:
    """Return where PostGIS is installed, which need not be on the search path; "" without it."""
    for (schema,) in cursor.execute(_POSTGIS).fetchall():
        return str(schema)
    return ""


def _select(
    cursor: Cursor[Any],
    relation: tuple[str, str],
    plain: list[str],
    shapes: list[str],
    home: str,
    key: list[str],
) -> list[tuple[Any, ...]]:
    """Return the rows: plain columns, then WKB and SRID of the geometry where there is one."""
    from psycopg import sql

    wanted: list[sql.Composable] = [sql.Identifier(column) for column in plain]
    for shape in shapes:
        drawn = sql.SQL("{}::{}").format(sql.Identifier(shape), sql.Identifier(home, "geometry"))
        of = {
            "binary": sql.Identifier(home, "st_asbinary"),
            "lines": sql.Identifier(home, "st_curvetoline"),
            "srid": sql.Identifier(home, "st_srid"),
            "drawn": drawn,
        }
        wanted.append(sql.SQL("{binary}({lines}({drawn}))").format(**of))
        wanted.append(sql.SQL("{srid}({drawn})").format(**of))
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(wanted), sql.Identifier(*relation)
    )
    if key:
        query += sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join(map(sql.Identifier, key)))
    return cursor.execute(query).fetchall()


def _named(
    plain: list[str], key: list[str], records: list[tuple[Any, ...]]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return a name for each row, and the rows; without a key in an order of their own.

    A database hands out rows without ``ORDER BY`` as it pleases; two runs shall agree.
    """
    if key and all(column in plain for column in key):
        at = [plain.index(column) for column in key]
        names = [", ".join(f"{key[j]} = {r[i]}" for j, i in enumerate(at)) for r in records]
        return tuple(names), records
    ordered = sorted(records, key=_digest)
    return tuple(f"row {i + 1}" for i in range(len(ordered))), ordered


def _crs(
    layer: str, srids: set[int | None], home: str, cursor: Cursor[Any], found: Findings
) -> tuple[str | None, bool]:
    """Return the CRS of the geometries, and whether they have one in common."""
    used = sorted(srid for srid in srids if srid is not None)
    if len(used) > 1:
        listed = ", ".join(map(str, used))
        found.fault(
            "layers.mixed_crs",
            layer,
            "",
            Text(f"几何的 SRID 不一致：{listed}", f"its geometries have several SRIDs: {listed}"),
            Text("用 ST_Transform 统一坐标系", "bring them into one with ST_Transform"),
        )
        return None, False
    if not used or used[0] == 0:  # 0: PostGIS's word for "not known"
        return None, True
    from psycopg import sql

    known = sql.SQL("SELECT auth_name, auth_srid, srtext FROM {} WHERE srid = %s").format(
        sql.Identifier(home, "spatial_ref_sys")
    )
    for authority, code, wkt in cursor.execute(known, used).fetchall():
        return (f"{authority}:{code}" if authority in ("EPSG", "ESRI") else str(wkt)), True
    return None, True


def _plain(value: Any) -> Any:
    """Return a cell as text, number, truth value or ``None``."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _typed(values: list[Any]) -> pd.Series:
    """Return a column: of decimal numbers as such, with nan for what is missing."""
    given = [value for value in values if value is not None]
    if given and all(isinstance(value, float) for value in given):
        return pd.Series(values, dtype=np.float64)
    return pd.Series(values, dtype=object)


def _digest(record: Sequence[Any]) -> bytes:
    cells = [bytes(cell) if isinstance(cell, memoryview) else cell for cell in record]
    return hashlib.sha256(repr(cells).encode("utf-8", "surrogatepass")).digest()


def _sha256(columns: list[str], records: list[tuple[Any, ...]]) -> str:
    whole = hashlib.sha256(repr(columns).encode("utf-8"))
    for record in records:
        whole.update(_digest(record))
    return whole.hexdigest()
