"""The plan file: one GeoPackage, written whole or not at all, read back to the same Plan."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from geoplan.errors import Fault, PlanFileError
from geoplan.geopackage import FileLayer, write_geopackage
from geoplan.plan import PLAN_KEYS, Plan
from geoplan.plan_styles import layer_styles
from geoplan.schema import PLAN_TABLES
from geoplan.tables import conform
from geoplan.text import Text

__all__ = ["load_plan", "save_plan"]

_BASE_LAYERS: dict[str, tuple[str, Text]] = {
    "water_base": ("MultiPolygon", Text("水域底图", "water (backdrop)")),
    "roads_base": ("LineString", Text("道路底图", "roads (backdrop)")),
}
_PAIRS = ("certificate", "provenance")


def save_plan(plan: Plan, path: str | os.PathLike[str]) -> None:
    """Write a plan as one GeoPackage with QGIS styles.

    The file is made in a temporary folder beside its place and moved there when it is
    complete; an older plan at ``path`` stays as it is until then.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    write_geopackage(_layers(plan), Path(path))


def load_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan file back; every table has the types of its schema.

    Raises
    ------
    PlanFileError
        The file is missing, damaged or not a plan; names every table, column and key missing.
    """
    source = Path(path)
    with _damage_reported(source):
        layers = _check_file(source)
        faults = [_table_missing(source, t.name) for t in PLAN_TABLES if t.name not in layers]
        if faults:
            raise PlanFileError(faults)
        read = {t.name: pyogrio.read_dataframe(source, layer=t.name) for t in PLAN_TABLES}
        faults = [
            _column_missing(table.name, name)
            for table in PLAN_TABLES
            for name in table.column_names()
            if name not in read[table.name]
        ]
        if faults:
            raise PlanFileError(faults)
        faults = _unfit_values(source)
        if faults:
            raise PlanFileError(faults)
        tables: dict[str, pd.DataFrame] = {
            table.name: conform(read[table.name], table) for table in PLAN_TABLES
        }
        for name in _BASE_LAYERS:
            if name in layers:
                tables[name] = pyogrio.read_dataframe(source, layer=name)
        pairs = {name: _decoded(tables[name]) for name in _PAIRS}
        faults = [
            _key_missing(source, table, key)
            for table, keys in PLAN_KEYS.items()
            for key in keys
            if key not in pairs[table]
        ]
        if faults:
            raise PlanFileError(faults)
        certificate, provenance = (pairs[name] for name in _PAIRS)
    return Plan(tables, certificate, provenance)


def _layers(plan: Plan) -> list[FileLayer]:
    """Return the layers to write: backdrops lie below the rest.

    Each has its name in both languages, the marks of the plan and a style.
    """
    wanted: list[tuple[str, str | None, Text]] = [
        (name, kind, label) for name, (kind, label) in _BASE_LAYERS.items() if name in plan.tables
    ]
    wanted += [(table.name, table.geometry, table.label) for table in PLAN_TABLES]
    marks = "; ".join(
        mark
        for mark in (
            f"{plan.provenance['classification_zh']} / {plan.provenance['classification_en']}",
            *plan.provenance["attributions"],
        )
        if mark.strip(" /")
    )
    phases = plan.tables["phases"]
    names = [Text(zh, en) for zh, en in zip(phases["name_zh"], phases["name_en"], strict=True)]
    styles = layer_styles(names)
    return [
        FileLayer(
            name,
            plan.tables[name],
            kind,
            f"{label.both()} [{name}]",
            f"{label.both()}. {marks}",
            qml=styles.get(name, "") if kind else "",
        )
        for name, kind, label in wanted
    ]


def _decoded(pairs: pd.DataFrame) -> Mapping[str, Any]:
    return {key: json.loads(value) for key, value in zip(pairs["key"], pairs["value"], strict=True)}


def _check_file(source: Path) -> set[str]:
    """Return the tables of the file after checking that it is whole; raise ``PlanFileError``."""
    if not source.is_file():
        raise PlanFileError(
            [
                Fault(
                    "plan.missing",
                    str(source),
                    "",
                    Text("方案文件不存在", "there is no plan file"),
                    Text(
                        "先运行 geoplan plan，或检查路径",
                        "run geoplan plan first, or check the path",
                    ),
                )
            ]
        )
    # The header of a SQLite file counts its pages: one that was cut short is found here.
    with source.open("rb") as raw:
        header = raw.read(100)
    if not header.startswith(b"SQLite format 3\0") or len(header) < 100:
        raise sqlite3.DatabaseError("not a GeoPackage")
    page_size, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
    if source.stat().st_size < (65536 if page_size == 1 else page_size) * pages:
        raise sqlite3.DatabaseError("the file is cut short")
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as file:
        if file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check failed")
        # a table that is listed and gone would only be found by a warning of the reader
        named = "SELECT table_name FROM gpkg_contents WHERE table_name IN "
        there = "(SELECT name FROM sqlite_master)"
        return {row[0] for row in file.execute(named + there)}


def _unfit_values(source: Path) -> list[Fault]:
    """Return a fault for each column of numbers that holds something else (SQLite lets it)."""
    faults = []
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as file:
        for table in PLAN_TABLES:
            names = [column.name for column in table.columns if column.kind != "str"]
            if not names:
                continue
            counts = ", ".join(
                f"count(CASE WHEN typeof(\"{name}\") IN ('text', 'blob') THEN 1 END)"
                for name in names
            )
            found = file.execute(f'SELECT {counts} FROM "{table.name}"').fetchone()
            faults += [
                Fault(
                    "plan.value",
                    table.name,
                    name,
                    Text(f"列 {name} 有 {n} 处不是数", f"{n} values of {name} are no numbers"),
                    Text("重新运行 geoplan plan 生成", "make it again with geoplan plan"),
                )
                for name, n in zip(names, found, strict=True)
                if n
            ]
    return faults


@contextmanager
def _damage_reported(source: Path) -> Iterator[None]:
    """Turn what a foreign or damaged file makes the readers raise into ``PlanFileError``."""
    damage = (
        sqlite3.DatabaseError,
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        json.JSONDecodeError,
    )
    try:
        yield
    except damage as error:
        raise PlanFileError(
            [
                Fault(
                    "plan.damaged",
                    str(source),
                    "",
                    Text(f"不是完整的方案文件（{error}）", f"not a complete plan file ({error})"),
                    Text("重新运行 geoplan plan 生成", "make it again with geoplan plan"),
                )
            ]
        ) from error


def _table_missing(source: Path, table: str) -> Fault:
    return Fault(
        "plan.table_missing",
        str(source),
        table,
        Text(
            f"缺少表 {table}，不是方案文件或版本不符",
            f"table {table} is missing: not a plan, or one of another version",
        ),
        Text("重新运行 geoplan plan 生成", "make it again with geoplan plan"),
    )


def _column_missing(table: str, column: str) -> Fault:
    return Fault(
        "plan.column_missing",
        table,
        column,
        Text(f"缺少列 {column}", f"column {column} is missing"),
        Text("重新运行 geoplan plan 生成", "make it again with geoplan plan"),
    )


def _key_missing(source: Path, table: str, key: str) -> Fault:
    return Fault(
        "plan.key_missing",
        f"{source} {table}",
        key,
        Text(f"缺少条目 {key}", f"the entry {key} is missing"),
        Text("重新运行 geoplan plan 生成", "make it again with geoplan plan"),
    )
