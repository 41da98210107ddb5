"""A table of the plan as a notebook shows it: labels and units in words, figures as people read."""

from __future__ import annotations

import html
from dataclasses import dataclass

from geoplan.export.tables import Cell, FieldKind, list_table
from geoplan.maps.format import share
from geoplan.plan import Plan
from geoplan.text import Language
from geoplan.units import CENTS_PER_YUAN

__all__ = ["ShownTable", "shown_cell", "shown_table"]

_DECIMALS: dict[FieldKind, int] = {"metres": 1, "planar": 1, "decibel": 3, "degree": 6}
_TEXTS: frozenset[FieldKind] = frozenset({"text", "id"})
_STYLE = (
    'style="border-collapse:collapse;font-variant-numeric:tabular-nums;font-family:'
    "'Microsoft YaHei','PingFang SC','Noto Sans CJK SC',sans-serif\""
)


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table in words: ``rows[i][j]`` stands under ``labels[j]``; ``total`` rows there are."""

    labels: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int

    def _repr_html_(self) -> str:
        sides = ["right" if number else "left" for number in self.numeric]

        def line(tag: str, cells: tuple[str, ...]) -> str:
            return "".join(
                f'<{tag} style="text-align:{side}">{html.escape(cell)}</{tag}>'
                for side, cell in zip(sides, cells, strict=True)
            )

        body = "".join(f"<tr>{line('td', row)}</tr>" for row in self.rows)
        more = self.total - len(self.rows)
        note = f"<p>{len(self.rows)} / {self.total}</p>" if more else ""
        head = f"<thead><tr>{line('th', self.labels)}</tr></thead>"
        return f"<table {_STYLE}>{head}<tbody>{body}</tbody></table>{note}"

    def __str__(self) -> str:
        """Return the table as tab-separated text."""
        return "\n".join("\t".join(row) for row in (self.labels, *self.rows))


def shown_table(
    plan: Plan,
    name: str,
    *,
    language: Language = "zh",
    columns: tuple[str, ...] | None = None,
    rows: int | None = 20,
) -> ShownTable:
    """Return a table of ``plan`` in words.

    Parameters
    ----------
    name
        One of :data:`geoplan.schema.PLAN_TABLES`.
    columns
        Columns to show, in order; all by default.
    rows
        How many rows are shown at most; ``None`` for all.

    Raises
    ------
    KeyError
        When there is no such table or column.
    """
    listing = list_table(plan, name, language, columns=columns)
    shown = listing.rows if rows is None else listing.rows[:rows]
    kinds = [field.kind for field in listing.fields]
    return ShownTable(
        tuple(field.label for field in listing.fields),
        tuple(kind not in _TEXTS for kind in kinds),
        tuple(
            tuple(shown_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True))
            for row in shown
        ),
        len(listing.rows),
    )


def shown_cell(cell: Cell, kind: FieldKind) -> str:
    """Return a cell as people read it: grouped digits, money with two decimals."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if kind == "id":
        return str(cell)
    if kind == "yuan":
        cents = int(cell)
        sign = "-" if cents < 0 else ""
        return f"{sign}{abs(cents) // CENTS_PER_YUAN:,}.{abs(cents) % CENTS_PER_YUAN:02d}"
    if kind in ("share", "most_share"):
        return share(float(cell), up=kind == "most_share").en  # rounded as on the map
    if kind == "float":
        return f"{cell:,g}"
    return f"{cell:,.{_DECIMALS.get(kind, 0)}f}"
