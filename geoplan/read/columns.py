"""Check the columns of one source against the schema and bring their values to their types."""

from __future__ import annotations

import math
import re
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

from geoplan.read.findings import Findings, one_of
from geoplan.read.sources import Source
from geoplan.schema import Column, InputTable
from geoplan.text import Text, control_characters, nearest, row_words

__all__ = ["as_text", "choice_column", "typed_table"]

_TRUE = ("true", "t", "yes", "y", "1", "是")
_FALSE = ("false", "f", "no", "n", "0", "否")
_LARGEST_COUNT = 10**12
_GEOMETRY_COLUMNS = ("lon", "lat")
_MISTYPED = 0.8
"""A column this much like an optional one (shared letters, 0 to 1) is that one, mistyped."""


def as_text(values: pd.Series) -> pd.Series:
    """Return a column as text: missing as ``""``, whole floats without their ``.0``."""
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "true", False: "false"}).astype(object)
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=np.float64)
        return pd.Series(
            list(map(_number_text, numbers.tolist())), index=values.index, dtype=object
        )
    text = values.astype(object).where(values.notna(), "")
    return text.map(str).astype(object)


def _number_text(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def typed_table(source: Source, table: InputTable, found: Findings) -> pd.DataFrame | None:
    """Return the columns of ``table``, typed, with a column ``row`` that names each row.

    Text stays as it stands (a code or id loses blanks around it); an absent optional column and
    an empty cell become ``""``, nan, 0 or False. Faulty cells are reported and replaced by such
    a value (a faulty float by inf: it is not merely unknown), so that everything else can still
    be checked. ``None`` when a column is missing.
    """
    names = _match_names(source, table, found)
    if names is None:
        return None
    labels = _row_labels(source, table, names)
    data: dict[str, pd.Series] = {}
    for column in table.columns:
        name = names.get(column.name)
        if name is None:
            data[column.name] = _absent(column, len(source.frame))
        else:
            text = as_text(source.frame[name]).reset_index(drop=True)
            data[column.name] = _parse(text, column, table, labels, found)
    frame = pd.DataFrame(data)
    frame["row"] = pd.Series(labels, dtype=object)
    _check_unique(frame, source, table, found)
    return frame


def _match_names(source: Source, table: InputTable, found: Findings) -> dict[str, str] | None:
    """Find each column of the schema in the source, upper or lower case alike."""
    given = [str(name) for name in source.frame.columns]
    by_fold = {name.casefold(): name for name in reversed(given)}
    wanted = [column.name for column in table.columns]
    names = {name: by_fold[name] for name in wanted if name in by_fold}
    extra = [name for name in given if name not in names.values()]
    drawn = source.geometry is not None
    missing = [
        name
        for name in wanted
        if name not in names
        and name not in table.optional
        and not (drawn and name in _GEOMETRY_COLUMNS)
    ]
    for name in missing:
        close = nearest(name, extra)
        found.fault(
            f"{source.layer}.missing_column",
            source.layer,
            "",
            Text(f"缺少列 {name}", f"the column {name} is missing"),
            Text(f"把列 {close} 改名为 {name}？", f"rename the column {close} to {name}?")
            if close
            else Text(
                f"补上该列；现有的列：{', '.join(given)}",
                f"add it; the file has the columns {', '.join(given)}",
            ),
        )
        extra = [each for each in extra if each != close]
    _note_extra(source, table, names, extra, found)
    return None if missing else names


def _note_extra(
    source: Source, table: InputTable, names: dict[str, str], extra: list[str], found: Findings
) -> None:
    """Tell of columns that nobody reads; one that is all but an optional one is a fault.

    Files from a GIS carry columns of their own, which is fine. A mistyped ``uses_system`` that
    is silently passed over would change the plan without anybody noticing.
    """
    for name in extra:
        close = nearest(name, [each for each in table.optional if each not in names])
        alike = SequenceMatcher(None, name.casefold(), close).ratio() if close else 0.0
        if alike > _MISTYPED:
            found.fault(
                f"{source.layer}.unknown_column",
                source.layer,
                name,
                Text(f"没有名为 {name!r} 的列", f"there is no column called {name!r}"),
                Text(
                    f"把列 {name} 改名为 {close}；若是别的内容，请另取名或删除",
                    f"rename the column {name} to {close}; if it holds something else, give it "
                    "another name or remove it",
                ),
            )
            continue
        found.note(
            f"{source.layer}.extra_column",
            source.layer,
            name,
            Text(f"未使用的列 {name!r}", f"the column {name!r} is not used"),
            Text(f"是否应为 {close}？", f"did you mean {close}?")
            if close
            else Text("无需处理", "nothing needs to be done"),
        )


def _row_labels(source: Source, table: InputTable, names: dict[str, str]) -> list[str]:
    """Name each row by its key; by its place in the file where the key is unfit."""
    if table.key not in names:
        return list(source.rows)
    keys = as_text(source.frame[names[table.key]])
    return [
        key.strip() if key.strip() and not control_characters(key) else row
        for key, row in zip(keys, source.rows, strict=True)
    ]


def _absent(column: Column, n: int) -> pd.Series:
    """Return the column as it is when the file does not have it."""
    if column.kind == "str":
        return pd.Series([""] * n, dtype=object)
    kind = {"int": "int64", "float": "float64", "bool": "bool"}[column.kind]
    return pd.Series(np.full(n, np.nan if column.kind == "float" else 0), dtype=kind)


def _parse(
    text: pd.Series, column: Column, table: InputTable, labels: list[str], found: Findings
) -> pd.Series:
    parsed: list[object] = []
    nullable = column.nullable or column.name in table.optional
    for value, row in zip(text, labels, strict=True):
        result, what, cure = _parse_cell(value, column, nullable)
        if what is not None and cure is not None:
            rule = "control_characters" if "控制字符" in what.zh else "bad_value"
            named = Text(f"{column.name}：{what.zh}", f"{column.name} {what.en}")
            found.fault(f"{table.name}.{rule}", table.name, row, named, cure)
        parsed.append(result)
    kind = {"str": "object", "int": "int64", "float": "float64", "bool": "bool"}[column.kind]
    return pd.Series(parsed, dtype=kind)


def _parse_cell(
    value: str, column: Column, nullable: bool
) -> tuple[object, Text | None, Text | None]:
    """Return the typed value and, when it is faulty, what is wrong and the cure."""
    empty: object = {"str": "", "int": 0, "float": math.nan, "bool": False}[column.kind]
    stripped = value.strip()
    if not stripped:
        if nullable:
            return empty, None, None
        return empty, Text("为空", "is empty"), Text("填写该值", "fill it in")
    if column.kind == "str":
        if bad := control_characters(value):
            what = Text(f"含控制字符 {bad}", f"holds control characters {bad}")
            return empty, what, Text("删除换行等控制字符", "remove line breaks and the like")
        return (_code(stripped) if _is_code(column.name) else value), None, None
    if column.kind == "bool":
        if stripped.casefold() in _TRUE + _FALSE:
            return stripped.casefold() in _TRUE, None, None
        shown = Text(f"{value!r} 不是是/否", f"{value!r} is neither true nor false")
        return empty, shown, Text("写 true 或 false", "write true or false")
    return _parse_number(stripped, column, empty)


def _parse_number(
    value: str, column: Column, empty: object
) -> tuple[object, Text | None, Text | None]:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        what = Text(f"{value!r} 不是数字", f"{value!r} is not a number")
        return (
            math.inf if column.kind == "float" else empty,
            what,
            Text("填写数字", "write a number"),
        )
    if column.kind == "float":
        return number, None, None
    if number < 0:
        what = Text(f"{value} 为负数", f"{value} is negative")
        return empty, what, Text("填写零或正整数", "write zero or a positive whole number")
    if not number.is_integer() or number > _LARGEST_COUNT:
        what = Text(f"{value} 不是合理的整数", f"{value} is not a sensible whole number")
        return empty, what, Text("填写整数", "write a whole number")
    return int(number), None, None


def _is_code(name: str) -> bool:
    return name == "code" or name.endswith(("_id", "_code", "_node", "node_a", "node_b"))


def _code(text: str) -> str:
    """Undo what spreadsheets do to codes: ``120101.0`` is ``120101``."""
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


def _check_unique(frame: pd.DataFrame, source: Source, table: InputTable, found: Findings) -> None:
    keys = frame[table.key]
    for key, group in frame[(keys != "") & keys.duplicated(keep=False)].groupby(
        table.key, sort=False
    ):
        places = [row_words(source.rows[i]) for i in group.index]
        zh, en = "、".join(row.zh for row in places), ", ".join(row.en for row in places)
        found.fault(
            f"{table.name}.duplicate_id",
            table.name,
            str(key),
            Text(f"{table.key} {key} 重复（{zh}）", f"{table.key} {key} is used twice ({en})"),
            Text("每行使用不同的编号", "give each row an id of its own"),
        )


def choice_column(
    frame: pd.DataFrame,
    layer: str,
    column: str,
    options: tuple[str, ...],
    found: Findings,
) -> None:
    """Report each value of ``column`` that is neither empty nor one of ``options``."""
    wrong = ~frame[column].isin(("", *options))
    for row, value in zip(frame.loc[wrong, "row"], frame.loc[wrong, column], strict=True):
        found.fault(
            f"{layer}.bad_value",
            layer,
            row,
            Text(f"{column}：没有取值 {value!r}", f"{column}: there is no value {value!r}"),
            one_of(value, options),
        )
