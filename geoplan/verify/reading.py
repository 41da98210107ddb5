"""Read a plan file straight from SQLite: tables, columns, types, keys, JSON values.

No reader of the planner is used: what the check sees is what stands in the file.
"""

from __future__ import annotations

import json
import math
import sqlite3
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, PlanFileError
from geoplan.schema import PLAN_TABLES, Column, Table
from geoplan.text import Text
from geoplan.verify.report import RuleResult, judge, not_assessed

__all__ = ["FILE_RULES", "PlanData", "Rows", "read_plan"]

FILE_RULES = ("file.tables", "file.columns", "file.values", "file.keys")

_DTYPES: dict[str, Any] = {"int": np.int64, "float": np.float64, "bool": np.bool_, "str": object}
_SIGNS = ("certificate", "provenance", "routes", "core_paths")
"""Tables that only a plan has: a file with none of them is something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One table as columns: int64, float64 (missing: nan), bool or object (text) arrays."""

    name: str
    count: int
    columns: Mapping[str, NDArray[Any]]

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return one column (read-only)."""
        return self.columns[column]


@dataclass(frozen=True, slots=True, eq=False)
class PlanData:
    """Everything in a plan file that the rules look at.

    Parameters
    ----------
    tables
        Every table of ``schema.PLAN_TABLES``, by name.
    geometry
        Raw GeoPackage geometry blobs (object, ``None`` where null) of tables that have one.
    crs
        ``authority:code`` of every layer with a geometry.
    certificate, provenance
        The key-value tables, JSON decoded.
    scenario
        The scenario the plan was made from, parsed from ``provenance.scenario_toml``.
    """

    tables: Mapping[str, Rows]
    geometry: Mapping[str, NDArray[np.object_]]
    crs: Mapping[str, str]
    certificate: Mapping[str, Any]
    provenance: Mapping[str, Any]
    scenario: Mapping[str, Any]

    def __getitem__(self, table: str) -> Rows:
        """Return one table."""
        return self.tables[table]


def read_plan(path: Path) -> tuple[PlanData | None, list[RuleResult]]:
    """Read the file; return its data (``None`` when it can't be used) and the file rules.

    Raises
    ------
    PlanFileError
        The file is missing, is no GeoPackage, or holds none of a plan's tables.
    """
    if not path.is_file():
        raise _unreadable(path, Text("找不到该文件", "there is no such file"))
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return _read(connection, path)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _unreadable(
            path,
            Text(f"不是完好的GeoPackage（{error}）", f"it is not a sound GeoPackage ({error})"),
        ) from error


def _unreadable(path: Path, what: Text) -> PlanFileError:
    cure = Text(
        "请给出由 geoplan plan 写出的 plan.gpkg，或重新规划",
        "give a plan.gpkg that `geoplan plan` wrote, or plan again",
    )
    return PlanFileError([Fault("plan.unreadable", path.name, "", what, cure)])


def _read(connection: sqlite3.Connection, path: Path) -> tuple[PlanData | None, list[RuleResult]]:
    present = {
        str(name)
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
    }
    if not present & set(_SIGNS) or "gpkg_contents" not in present:
        raise _unreadable(path, Text("文件里没有方案的表", "it holds no table of a plan"))
    missing = [table for table in PLAN_TABLES if table.name not in present]
    results = [
        judge(
            "file.tables",
            [
                Text(f"缺少表{t.label.zh}（{t.name}）", f"table {t.name} is missing")
                for t in missing
            ],
            Text(f"{len(PLAN_TABLES)}张表齐全", f"all {len(PLAN_TABLES)} tables are there"),
        )
    ]
    if missing:
        return None, [*results, *_skipped(1)]
    columns, shapes = _declared(connection)
    lacking = [
        Text(f"{table.name}缺少列{column.name}", f"{table.name} lacks the column {column.name}")
        for table in PLAN_TABLES
        for column in table.columns
        if column.name not in columns[table.name]
    ]
    lacking += [
        Text(f"{table.name}没有几何", f"{table.name} has no geometry")
        for table in PLAN_TABLES
        if table.geometry is not None and table.name not in shapes
    ]
    results.append(judge("file.columns", lacking, Text("各列齐全", "every column is there")))
    if lacking:
        return None, [*results, *_skipped(2)]
    data, wrong = _contents(connection, shapes)
    results.append(judge("file.values", wrong, Text("取值类型相符", "every value has its type")))
    if data is None or wrong:
        return None, [*results, *_skipped(3)]
    double = [fault for table in PLAN_TABLES for fault in _keys(table, data[table.name])]
    results.append(judge("file.keys", double, Text("主键唯一", "keys are unique")))
    return (None if double else data), results


def _skipped(done: int) -> list[RuleResult]:
    return [
        not_assessed(rule, "文件结构有误，未核查", "the file itself is broken: not assessed")
        for rule in FILE_RULES[done:]
    ]


def _declared(
    connection: sqlite3.Connection,
) -> tuple[dict[str, set[str]], dict[str, tuple[str, str]]]:
    """Return the columns of every plan table, and (geometry column, crs) of those with one."""
    columns = {
        table.name: {
            str(row[1]) for row in connection.execute(f'pragma table_info("{table.name}")')
        }
        for table in PLAN_TABLES
    }
    shapes = {}
    query = (
        "select g.table_name, g.column_name, s.organization, s.organization_coordsys_id "
        "from gpkg_geometry_columns g left join gpkg_spatial_ref_sys s on g.srs_id = s.srs_id"
    )
    for name, column, authority, code in connection.execute(query):
        if column in columns.get(name, ()):
            shapes[str(name)] = (str(column), f"{authority}:{code}")
    return columns, shapes


def _contents(
    connection: sqlite3.Connection, shapes: Mapping[str, tuple[str, str]]
) -> tuple[PlanData | None, list[Text]]:
    tables: dict[str, Rows] = {}
    geometry: dict[str, NDArray[np.object_]] = {}
    wrong: list[Text] = []
    for table in PLAN_TABLES:
        names = table.column_names()
        wanted = [f'"{name}"' for name in names]
        if table.geometry is not None:
            wanted.append(f'"{shapes[table.name][0]}"')
        rows = connection.execute(f'select {", ".join(wanted)} from "{table.name}" order by rowid')
        values = list(zip(*rows, strict=True)) or [()] * len(wanted)
        arrays = {}
        for column, cells in zip(table.columns, values, strict=False):
            faults, arrays[column.name] = _typed(table.name, column, cells)
            wrong += faults
        if table.geometry is not None:
            blobs = np.empty(len(values[-1]), dtype=object)
            blobs[:] = values[-1]
            geometry[table.name] = blobs
        tables[table.name] = Rows(table.name, len(values[0]), arrays)
    if wrong:
        return None, wrong
    crs = {name: code for name, (_, code) in shapes.items()}
    certificate, faults = _decoded(tables["certificate"])
    provenance, more = _decoded(tables["provenance"])
    scenario, yet_more = _scenario(provenance)
    faults = [*faults, *more, *yet_more]
    return PlanData(tables, geometry, crs, certificate, provenance, scenario), faults


def _fits(column: Column, cell: Any) -> bool:
    """Tell whether one cell has the type of its column (SQLite itself does not enforce it)."""
    if cell is None:
        return column.nullable
    if column.kind == "str":
        return isinstance(cell, str)
    if column.kind == "float":
        return isinstance(cell, int | float) and math.isfinite(cell)
    return isinstance(cell, int) and (column.kind == "int" or cell in (0, 1))


def _typed(table: str, column: Column, cells: tuple[Any, ...]) -> tuple[list[Text], NDArray[Any]]:
    """Return faults of type and the column as an array (zeros where a value is wrong)."""
    fine = [_fits(column, cell) for cell in cells]
    if not all(fine):
        row = fine.index(False)
        place, cell = f"{table}.{column.name} #{row + 1}", cells[row]
        zh = f"{place}的值{cell!r}不是{column.kind}（共{fine.count(False)}处）"
        en = f"{place}: {cell!r} is no {column.kind} ({fine.count(False)} such values)"
        return [Text(zh, en)], np.zeros(len(cells), dtype=_DTYPES[column.kind])
    if column.kind == "str":
        array = np.empty(len(cells), dtype=object)
        array[:] = cells
    elif column.kind == "float":
        array = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    else:
        array = np.array(cells, dtype=_DTYPES[column.kind])
    array.setflags(write=False)
    return [], array


def _decoded(rows: Rows) -> tuple[dict[str, Any], list[Text]]:
    values: dict[str, Any] = {}
    wrong = []
    for key, text in zip(rows["key"], rows["value"], strict=True):
        try:
            values[str(key)] = json.loads(text)
        except ValueError:
            place = f"{rows.name} {key}"
            wrong.append(Text(f"{place}不是JSON", f"{place} is not JSON"))
    return values, wrong


def _scenario(provenance: Mapping[str, Any]) -> tuple[dict[str, Any], list[Text]]:
    try:
        return tomllib.loads(str(provenance["scenario_toml"])), []
    except KeyError:
        what = Text("provenance缺少scenario_toml", "provenance lacks scenario_toml")
    except tomllib.TOMLDecodeError as error:
        what = Text(f"scenario_toml无法解析：{error}", f"scenario_toml can't be read: {error}")
    return {}, [what]


def _keys(table: Table, rows: Rows) -> list[Text]:
    if not table.key:
        return []
    seen: set[tuple[Any, ...]] = set()
    faults = []
    for key in zip(*(rows[name].tolist() for name in table.key), strict=True):
        if key in seen:
            named = " ".join(str(part) for part in key)
            faults.append(
                Text(f"{table.name}中{named}重复", f"{named} occurs twice in {table.name}")
            )
        seen.add(key)
    return faults
