"""The column contract holds together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geoplan import schema
from geoplan.schema import InputTable, Table

FILES = (
    schema.DISTRICTS_FILE,
    schema.DISTRICT_OUTLINES_FILE,
    schema.TOWNSHIPS_FILE,
    schema.MUNICIPAL_UNITS_FILE,
    schema.EXISTING_DUCTS_FILE,
    schema.EXISTING_CABLES_FILE,
)
LAYERS = (
    schema.DISTRICTS,
    schema.SITES,
    schema.ROADS,
    schema.EXISTING_DUCTS,
    schema.EXISTING_CABLES,
)
PLAN = schema.PLAN_TABLES


@pytest.mark.parametrize("table", [*LAYERS, *PLAN], ids=lambda t: t.name)
def test_table(table: Table) -> None:
    names = table.column_names()
    assert len(names) == len(set(names)) > 0
    assert set(table.key) <= set(names)
    assert "geometry" not in names
    assert table.label.zh
    assert table.label.en
    for column in table.columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert column.kind in {"str", "int", "float", "bool"}
        assert column.label.zh
        assert column.label.en
        assert table.column(column.name) is column
        # a number that may be missing must be a float: integers have no nan
        assert not (column.nullable and column.kind == "int")


@pytest.mark.parametrize("table", FILES, ids=lambda t: t.name)
def test_file(table: InputTable) -> None:
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    assert table.key in names
    assert set(table.optional) < set(names)
    assert table.key not in table.optional


@pytest.mark.parametrize("table", [*LAYERS, *PLAN], ids=lambda t: t.name)
def test_money_is_whole_cents_and_units_are_in_names(table: Table) -> None:
    for column in table.columns:
        if "分）" in column.label.zh or "cents" in column.label.en:
            assert column.name.endswith("_cents")
            assert column.kind == "int"


def test_plan_tables_have_names_of_their_own() -> None:
    names = [table.name for table in PLAN]
    assert len(names) == len(set(names))
    assert {"sites", "routes", "cables", "phases", "bill", "certificate", "provenance"} <= set(
        names
    )


def test_unknown_column() -> None:
    with pytest.raises(KeyError):
        schema.SITES.column("nothing")


@pytest.mark.parametrize("table", FILES, ids=lambda t: t.name)
def test_every_column_of_a_file_is_documented(table: InputTable) -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "layers.md").read_text("utf-8")
    start = page.index(f"## `{table.name}`")
    part = page[start : page.find("\n## ", start + 1)]
    for column in table.columns:
        kind = (
            "optional"
            if column.name in table.optional
            else "may be empty"
            if column.nullable
            else "required"
        )
        row = (
            f"| `{column.name}` | {column.kind} | {column.label.en} / {column.label.zh} | {kind} |"
        )
        assert row in part
