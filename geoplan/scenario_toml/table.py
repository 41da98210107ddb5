"""Read values out of a TOML table and collect every fault on the way.

A reader never raises: a faulty value is replaced by a harmless one of the right type and the
fault is noted, so that one run over the file shows the user everything that is wrong with it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from geoplan.errors import Fault
from geoplan.redact import redacted, redacted_text
from geoplan.scenario import Figure, FigureKind
from geoplan.text import Text, control_characters, nearest

__all__ = ["KINDS", "TomlTable"]

KINDS: tuple[FigureKind, ...] = get_args(FigureKind)
# Beyond this no figure of a plan makes sense, and int64 cents would overflow.
_LARGEST = 1e15
_Choice = TypeVar("_Choice", bound=str)


class TomlTable:
    """One table of the file, read key by key; what was never asked for is unknown at the end.

    Parameters
    ----------
    name
        Dotted name of the table, for messages.
    data
        The table as tomllib gave it.
    faults
        List that every fault goes to (shared by all tables of one file).
    """

    __slots__ = ("_asked", "_data", "_faults", "name")

    def __init__(self, name: str, data: Mapping[str, Any], faults: list[Fault]) -> None:
        self.name = name
        self._data = data
        self._faults = faults
        self._asked: dict[str, None] = {}

    # ---- faults -------------------------------------------------------------------------------

    def fault(self, rule: str, key: str, what: Text, cure: Text) -> None:
        """Note a fault at ``key`` of this table."""
        layer = f"scenario [{self.name}]" if self.name else "scenario"
        what, cure = redacted_text(what), redacted_text(cure)
        self._faults.append(Fault(f"scenario.{rule}", layer, key, what, cure))

    def _wrong_type(self, key: str, value: object, zh: str, en: str) -> None:
        # before it is cut short: half an address may no longer look like one
        shown = redacted(repr(value))
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        self.fault(
            "wrong_type",
            key,
            Text(f"应为{zh}，实为 {shown}", f"{en} expected, found {shown}"),
            Text(f"改为{zh}", f"write {en}"),
        )

    def has(self, key: str) -> bool:
        """Tell whether ``key`` is there (and count it as known)."""
        self._asked[key] = None
        return key in self._data

    def know(self, key: str) -> None:
        """Count ``key`` as known, there or not."""
        self._asked[key] = None

    def _get(self, key: str, *, as_table: str = "") -> Any:
        """Return the value at ``key``; ``None`` after noting that it is missing."""
        if self.has(key):
            return self._data[key]
        cure = Text(f"在该表中补上 {key} = ...", f"add {key} = ... to this table")
        if as_table:
            cure = Text(f"补上 {as_table} 一节", f"add the section {as_table}")
        self.fault("missing_key", key, Text(f"缺少 {key}", f"{key} is missing"), cure)
        return None

    def close(self) -> None:
        """Note every key that nobody asked for, with the closest known name as cure."""
        for key in self._data:
            if key in self._asked:
                continue
            close = nearest(key, self._asked)
            known = ", ".join(self._asked)
            cure = (
                Text(f"是否应为 {close}？", f"did you mean {close}?")
                if close
                else Text(f"删除它；可用的有：{known}", f"remove it; known here: {known}")
            )
            what = Text(f"没有名为 {key!r} 的设置", f"there is no setting called {key!r}")
            self.fault("unknown_key", key, what, cure)

    # ---- values -------------------------------------------------------------------------------

    def text(self, key: str, *, default: str | None = None, empty: bool = False) -> str:
        """Return a text without control characters; optional when ``default`` is given."""
        if default is not None and not self.has(key):
            return default
        value = self._get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong_type(key, value, "文本", "a text")
            return ""
        if not value.strip() and not empty:
            self.fault("empty", key, Text("内容为空", "is empty"), Text("填写内容", "fill it in"))
        elif bad := control_characters(value):
            self.fault(
                "control_characters",
                key,
                Text(f"含控制字符 {bad}", f"holds control characters {bad}"),
                Text("删除这些字符", "remove them"),
            )
        return value

    def texts(self, key: str, *, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        if default is not None and not self.has(key):
            return default
        value = self._get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self._wrong_type(key, value, "文本列表", "a list of texts")
            return ()
        for item in value:
            if not item.strip() or control_characters(item):
                self._wrong_type(
                    key, item, "不含控制字符的非空文本", "a text without control characters"
                )
        return tuple(value)

    def bilingual(self, key: str) -> Text:
        """Return the texts ``<key>_zh`` and ``<key>_en``."""
        return Text(self.text(f"{key}_zh"), self.text(f"{key}_en"))

    def choice(self, key: str, options: tuple[_Choice, ...]) -> _Choice:
        """Return one of ``options``."""
        value = self._get(key)
        if value is not None and not isinstance(value, str):
            self._wrong_type(key, value, "文本", "a text")
        elif value is not None and value in options:
            return value
        elif value is not None:
            self._not_an_option(key, value, options)
        return options[0]

    def choices(self, key: str, options: tuple[_Choice, ...]) -> tuple[_Choice, ...]:
        """Return a non-empty list of different ``options``."""
        values = self.texts(key)
        for value in values:
            if value not in options:
                self._not_an_option(key, value, options)
        if (not values and isinstance(self._data.get(key), list)) or len(set(values)) < len(values):
            self.fault(
                "list",
                key,
                Text("列表为空或有重复", "the list is empty or repeats itself"),
                Text("至少写一项且不重复", "give at least one entry, each once"),
            )
        return tuple(v for v in dict.fromkeys(values) if v in options)

    def _not_an_option(self, key: str, value: str, options: Iterable[str]) -> None:
        listed = ", ".join(options)
        close = nearest(value, options)
        self.fault(
            "unknown_value",
            key,
            Text(f"没有取值 {value!r}", f"there is no value {value!r}"),
            Text(
                f"可用：{listed}" + (f"；是否应为 {close}？" if close else ""),
                f"one of {listed}" + (f"; did you mean {close}?" if close else ""),
            ),
        )

    def number(self, key: str, *, low: float = 0.0, high: float = _LARGEST) -> float:
        """Return a finite number between ``low`` and ``high`` (both allowed)."""
        value = self._get(key)
        return low if value is None else self._in_range(key, value, low, high)

    def integer(
        self, key: str, *, low: int = 0, high: int = int(_LARGEST), default: int | None = None
    ) -> int:
        """Return a whole number between ``low`` and ``high`` (both allowed)."""
        if default is not None and not self.has(key):
            return default
        value = self._get(key)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, int):
            self._wrong_type(key, value, "整数", "a whole number")
            return low
        return int(self._in_range(key, value, low, high))

    def numbers(self, key: str, *, low: float, high: float) -> tuple[float, ...]:
        """Return a list of finite numbers between ``low`` and ``high``."""
        value = self._get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong_type(key, value, "数字列表", "a list of numbers")
            return ()
        return tuple(
            self._in_range(f"{key}[{i + 1}]", item, low, high) for i, item in enumerate(value)
        )

    def _in_range(self, key: str, value: object, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong_type(key, value, "数字", "a number")
            return low
        if isinstance(value, float) and not math.isfinite(value):
            self.fault(
                "not_finite",
                key,
                Text(f"{value} 不是有限数", f"{value} is not a finite number"),
                Text("填写有限的数字", "write a finite number"),
            )
            return low
        # Python compares int and float exactly, however large: no overflow here.
        if not low <= value <= high:
            rule = "negative" if value < 0 <= low else "out_of_range"
            shown = str(value) if len(str(value)) < 25 else "..."
            self.fault(
                rule,
                key,
                Text(f"{shown} 超出范围", f"{shown} is out of range"),
                Text(f"取 {low:g} 至 {high:g}", f"take a value from {low:g} to {high:g}")
                if low < high
                else Text(f"取 {low:g}", f"write {low:g}"),
            )
            return low
        return float(value)

    def origin(self) -> tuple[FigureKind, str]:
        """Return ``kind`` and ``source``: who vouches for the figure."""
        return self.choice("kind", KINDS), self.text("source")

    def figure(
        self, key: str, *, low: float = 0.0, high: float = _LARGEST, above: bool = False
    ) -> Figure:
        """Return ``key = { value, kind, source }``; ``above``: the value must exceed ``low``."""
        table = self.table(key)
        if table is None:
            return Figure(low, "placeholder", "")
        value = table.number("value", low=low, high=high)
        if above and isinstance(table._data.get("value"), int | float) and value <= low:
            table.fault(
                "out_of_range",
                "value",
                Text(f"须大于 {low:g}", f"must be more than {low:g}"),
                Text(f"取大于 {low:g} 的值", f"take a value above {low:g}"),
            )
        kind, source = table.origin()
        table.close()
        return Figure(value, kind, source)

    # ---- tables -------------------------------------------------------------------------------

    def _dotted(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def table(self, key: str, *, required: bool = True) -> TomlTable | None:
        """Return the sub-table ``key``; ``None`` when it is missing or no table."""
        if not required and not self.has(key):
            return None
        # a figure of a sub-table is written in its line, not as a section
        value = self._get(key, as_table="" if self.name else f"[{key}]")
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong_type(key, value, "表", "a table")
            return None
        return TomlTable(self._dotted(key), value, self._faults)

    def tables(self, key: str) -> tuple[TomlTable, ...]:
        """Return the rows of the array of tables ``[[key]]``, at least one."""
        value = self._get(key, as_table=f"[[{self._dotted(key)}]]")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            self._wrong_type(key, value, "表数组", f"an array of tables [[{self._dotted(key)}]]")
            return ()
        if not value:
            self.fault(
                "empty",
                key,
                Text("列表为空", "the list is empty"),
                Text(f"至少写一个 [[{key}]]", f"write at least one [[{key}]]"),
            )
        return tuple(
            TomlTable(f"{self._dotted(key)} {i + 1}", item, self._faults)
            for i, item in enumerate(value)
        )

    def is_text_among(self, key: str, options: Iterable[str]) -> bool:
        """Tell whether ``key`` holds one of ``options``, without noting a fault."""
        return self._data.get(key) in tuple(options)

    def names(self) -> list[str]:
        """Return the keys of the table in the order of the file."""
        return list(self._data)

    def keys_matching(self, pattern: str) -> list[tuple[str, str]]:
        """Return ``(key, first group)`` of the keys that match ``pattern`` whole."""
        found = ((key, re.fullmatch(pattern, key)) for key in self._data)
        return [(key, match.group(1)) for key, match in found if match]
