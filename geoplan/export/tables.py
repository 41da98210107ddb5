"""The plan's tables as people read them: labelled, in words, money as exact cents.

One shape (:class:`Listing`) for every format, so that a workbook and a CSV file of the same
table can't differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.export.words import word
from geoplan.plan import Plan
from geoplan.plan_words import half, price_name
from geoplan.schema import PLAN_TABLES, Column, Table
from geoplan.text import Language, Text
from geoplan.units import CENTS_PER_YUAN

__all__ = [
    "SITES_COUNTED",
    "Cell",
    "Field",
    "FieldKind",
    "Listing",
    "attribution_line",
    "exact_text",
    "list_table",
    "lot_name",
    "plan_table",
]

FieldKind = Literal[
    "text",
    "id",
    "int",
    "float",
    "metres",
    "planar",
    "decibel",
    "degree",
    "yuan",
    "share",
    "most_share",
]
Cell = str | int | float | None
SITES_COUNTED = Text("站点数（含核心节点）", "sites (core node included)")
"""Label of counts of sites by lot: one more in all than the sites of the phases."""

_GEOGRAPHIC = "EPSG:4326"
_DEGREE_DECIMALS = 6  # about 0.1 m
_SHARES: dict[str, FieldKind] = {"weight_share": "share", "weight_bound_share": "most_share"}
# numbers that name things: nobody adds them, and 1,204 is another name than 1204
_IDS = {"edge_id", "tail_node", "head_node", "node", "number", "ordinal", "phase", "ring_id", "way"}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a listing: its name in the plan, its label and how it is written."""

    name: str
    label: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class Listing:
    """A labelled table: ``rows[i][j]`` belongs to ``fields[j]``; ``yuan`` cells hold cents."""

    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def total(self, name: str) -> int:
        """Return the sum of an integer or money column (cents)."""
        position = [field.name for field in self.fields].index(name)
        return sum(int(row[position] or 0) for row in self.rows)


def plan_table(name: str) -> Table:
    """Return the contract of the plan table called ``name``; ``KeyError`` when there is none."""
    for table in PLAN_TABLES:
        if table.name == name:
            return table
    raise KeyError(name)


def lot_name(plan: Plan, lot: str, language: Language) -> str:
    """Return what a lot is called: its district, or the municipal lot ``M``."""
    if lot == "M":
        return Text("市级", "municipal").get(language)
    districts = plan["districts"]
    named = districts.loc[districts["code"] == lot, "name"]
    return str(named.iloc[0]) if len(named) else lot


def attribution_line(plan: Plan, language: Language) -> str:
    """Return what the owners of the data ask for, in one line.

    Licences that oblige whoever passes the list on stand first: a printed footer is short.
    """
    lines = [half(str(line), language) for line in plan.provenance["attributions"]]
    lines.sort(key=lambda line: "OpenStreetMap" not in line)
    return ("；" if language == "zh" else "; ").join(lines)


def exact_text(cell: Cell, kind: FieldKind) -> str:
    """Return a cell as a program reads it back: no grouped digits, money in yuan to the cent.

    >>> exact_text(-123456, "yuan"), exact_text(1234.5, "metres"), exact_text(None, "int")
    ('-1234.56', '1234.5', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if kind == "yuan":
        sign, cents = ("-" if cell < 0 else ""), abs(int(cell))
        return f"{sign}{cents // CENTS_PER_YUAN}.{cents % CENTS_PER_YUAN:02d}"
    return repr(cell)


def list_table(
    plan: Plan,
    name: str,
    language: Language,
    *,
    columns: Sequence[str] | None = None,
    where: NDArray[np.bool_] | None = None,
) -> Listing:
    """List one table of the plan in a language.

    Parameters
    ----------
    name
        Name of the table in :data:`geoplan.schema.PLAN_TABLES`.
    columns
        Columns to show, in order; all by default. Of a pair of columns in two languages
        (``why_zh``, ``why_en``) only that of ``language`` is ever shown. Besides the columns
        of the schema, tables of points know ``lon``, ``lat``, ``x_m`` and ``y_m``.
    where
        bool (rows,), rows to keep; all by default.
    """
    contract, data = plan_table(name), plan[name]
    rows = data if where is None else data[where]
    asked = contract.column_names() if columns is None else list(columns)
    shown = [column for column in asked if _speaks(column, language)]
    places = _positions(rows)
    fields: list[Field] = []
    cells: list[list[Cell]] = []
    for column in shown:
        if column in places:
            label, kind, values = places[column]
            fields.append(Field(column, label.get(language), kind))
            cells.append([None if np.isnan(value) else float(value) for value in values])
        else:
            field = _field(contract.column(column), language)
            fields.append(field)
            cells.append([_cell(value, field, language) for value in rows[column].tolist()])
        if column == "price_id":
            fields.append(Field("price_name", Text("单价名称", "price of").get(language), "text"))
            cells.append([price_name(str(key)).get(language) for key in rows[column].tolist()])
    return Listing(tuple(fields), tuple(zip(*cells, strict=True)))


def _speaks(column: str, language: Language) -> bool:
    """Tell whether a column is in this language or in none."""
    other = "_en" if language == "zh" else "_zh"
    return not column.endswith(other)


def _field(column: Column, language: Language) -> Field:
    """Return the field of a schema column; money is shown in yuan, and says so."""
    label = column.label.get(language)
    if column.name.endswith("_cents"):
        label = label.replace("（分）", "（元）").replace("cents", "yuan")
        return Field(column.name, label, "yuan")
    if column.name in _SHARES:
        return Field(column.name, label, _SHARES[column.name])
    if column.name in _IDS and column.kind == "int":
        return Field(column.name, label, "id")
    if column.name.endswith("_m") and column.kind == "float":
        return Field(column.name, label, "metres")
    if column.name.endswith("_db"):
        return Field(column.name, label, "decibel")
    kinds: dict[str, FieldKind] = {"int": "int", "float": "float", "str": "text", "bool": "text"}
    return Field(column.name, label, kinds[column.kind])


def _cell(value: Any, field: Field, language: Language) -> Cell:
    """Return one value as a cell of its field; missing values are ``None``."""
    if value is None or (not isinstance(value, str | bool) and pd.isna(value)):
        return None
    if isinstance(value, bool):
        return Text("是", "yes").get(language) if value else Text("否", "no").get(language)
    if field.kind == "text":
        return word(field.name, str(value), language)
    if field.kind in ("id", "int", "yuan"):
        return int(value)
    return float(value)


def _positions(rows: pd.DataFrame) -> dict[str, tuple[Text, FieldKind, NDArray[np.float64]]]:
    """Return the coordinates of a table of points, in the planning CRS and in degrees."""
    if not isinstance(rows, gpd.GeoDataFrame) or rows.crs is None:
        return {}
    known = rows.geometry.notna() & ~rows.geometry.is_empty
    if not (rows.geometry[known].geom_type == "Point").all():
        return {}
    planar, round_ball = _xy(rows.geometry, known), _xy(rows.geometry.to_crs(_GEOGRAPHIC), known)
    crs = rows.crs.to_string()
    return {
        "lon": (Text("经度", "longitude"), "degree", round_ball[0].round(_DEGREE_DECIMALS)),
        "lat": (Text("纬度", "latitude"), "degree", round_ball[1].round(_DEGREE_DECIMALS)),
        "x_m": (Text(f"东坐标（{crs}）", f"easting ({crs})"), "planar", planar[0].round(1)),
        "y_m": (Text(f"北坐标（{crs}）", f"northing ({crs})"), "planar", planar[1].round(1)),
    }


def _xy(
    points: gpd.GeoSeries, known: pd.Series[bool]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coordinates of points, NaN where a point is unknown."""
    x, y = np.full(len(points), np.nan), np.full(len(points), np.nan)
    mask = known.to_numpy(dtype=bool)
    x[mask], y[mask] = points[mask].x.to_numpy(), points[mask].y.to_numpy()
    return x, y
