"""What a contractor builds, as layers with a place on the ground.

The rows are those of the sheets (the same columns, words and exact cents), each with its shape in
the planning CRS, its phase and what it is drawn by. GeoPackage, KMZ and DXF take theirs from here,
so that no two of them can differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoplan.export.selection import Selection, stretch_lots
from geoplan.export.sheets import NEW_WAYS, ROUTE_COLUMNS, SITE_COLUMNS, phase_title
from geoplan.export.tables import SITES_COUNTED, Cell, Field, Listing, list_table, lot_name
from geoplan.plan import Plan
from geoplan.text import Language, Text

__all__ = [
    "WorkLayer",
    "flat_text",
    "outlines_shown",
    "owner_words",
    "pack_column",
    "phase_totals",
    "with_column",
    "work_layers",
    "works_bill",
    "works_schedule",
]

# XML 1.0 (2.2) has no place for these, escaped or not, nor has a line of a drawing
_UNDRAWN = re.compile("[^\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LAYERS: tuple[tuple[str, str, Text, tuple[str, ...] | None, tuple[str, ...]], ...] = (
    ("sites", "sites", Text("站点", "sites"), ("phase", "lot", *SITE_COLUMNS), ()),
    (
        "new_routes",
        "routes",
        Text("新建路由（沟、管道、杆路）", "new routes (trench, duct, poles)"),
        ("phase", *ROUTE_COLUMNS),
        NEW_WAYS,
    ),
    (
        "existing_used",
        "routes",
        Text("利用的现有管孔与纤芯", "existing ducts and cores used"),
        ("phase", *ROUTE_COLUMNS),
        ("pull", "light"),
    ),
    ("cables", "cables", Text("新建光缆", "new cables"), None, ()),
    ("feeders", "feeders", Text("共享馈纤", "feeders"), None, ()),
)
# what a feature of each layer is drawn by
_LOOKS = {"sites": "level", "feeders": "architecture"}


@dataclass(frozen=True, slots=True)
class WorkLayer:
    """One kind of works or sites: row ``i`` of the listing has ``shapes[i]``, in ``crs``.

    A shape is ``None`` where no place is known. ``phases`` are numbers, ``looks`` the codes that a
    feature is drawn by: the level of a site, the method of a stretch or cable, the architecture
    of a feeder.
    """

    name: str
    title: str
    listing: Listing
    shapes: tuple[BaseGeometry | None, ...]
    phases: tuple[int, ...]
    looks: tuple[str, ...]
    crs: str


def flat_text(text: str) -> str:
    r"""Return text as one line that every drawing can hold.

    >>> flat_text("a\nb\x01")
    'a b\ufffd'
    """
    return _UNDRAWN.sub("\ufffd", re.sub(r"[\t\r\n]+", " ", text))


def pack_column(field: Field) -> str:
    """Return the name of a column in a drawing: money is yuan there, a text in one language."""
    if field.kind == "yuan":
        return field.name.removesuffix("_cents") + "_yuan"
    return field.name.removesuffix("_zh").removesuffix("_en")


def work_layers(plan: Plan, selection: Selection, language: Language) -> list[WorkLayer]:
    """Return the layers of what is built and served, those without a row left out.

    Sites that no phase reaches are no works: they stand in a list of their own.
    """
    layers = []
    for name, table, title, columns, methods in _LAYERS:
        data = plan[table]
        assert isinstance(data, gpd.GeoDataFrame)
        mask = selection.rows(plan, table)
        if methods:
            mask = mask & data["method"].isin(methods).to_numpy(dtype=bool)
        if not mask.any():
            continue
        rows = data[mask]
        shapes = [None if s is None or s.is_empty else s for s in rows.geometry]
        layers.append(
            WorkLayer(
                name=name,
                title=title.get(language),
                listing=list_table(plan, table, language, columns=columns, where=mask),
                shapes=tuple(shapes),
                phases=tuple(int(number) for number in rows["phase"]),
                looks=tuple(str(code) for code in rows[_LOOKS.get(name, "method")]),
                crs=data.crs.to_string(),
            )
        )
    return layers


def works_bill(plan: Plan, selection: Selection, language: Language) -> Listing:
    """Return the bill of quantities."""
    return list_table(plan, "bill", language, where=selection.rows(plan, "bill"))


def works_schedule(plan: Plan, selection: Selection, language: Language) -> Listing:
    """Return the core schedule; in the pack of a lot each row says who builds its stretch."""
    mask = selection.rows(plan, "core_schedule")
    listing = list_table(plan, "core_schedule", language, where=mask)
    if selection.lot is None:
        return listing
    label = Text("路由段所属标段", "lot of the stretch").get(language)
    said = owner_words(plan, stretch_lots(plan)[mask].tolist(), selection.lot, language)
    return with_column(listing, Field("stretch_lot", label, "text"), said)


def owner_words(plan: Plan, lots: Sequence[str], own: str, language: Language) -> list[str]:
    """Return each lot with its name, marked as the pack's own or as another's."""
    mine = Text("（本标段）", " (this lot)").get(language)
    other = Text("（他标段，仅供衔接参考）", " (another lot, for reference)").get(language)
    names = {lot: lot_name(plan, lot, language) for lot in set(lots)}
    return [f"{lot} {names[lot]}{mine if lot == own else other}" for lot in lots]


def with_column(listing: Listing, field: Field, cells: Sequence[Cell]) -> Listing:
    """Return a listing with one column more, the last."""
    rows = tuple((*row, cell) for row, cell in zip(listing.rows, cells, strict=True))
    return Listing((*listing.fields, field), rows)


def outlines_shown(
    plan: Plan, selection: Selection, layers: Sequence[WorkLayer]
) -> NDArray[np.bool_]:
    """Return the districts whose outlines a drawing shows: bool (districts,).

    All of them; around a lot its own and those that its works come near.
    """
    districts = plan["districts"]
    assert isinstance(districts, gpd.GeoDataFrame)
    shown = np.ones(len(districts), dtype=bool)
    shapes = [shape for work in layers for shape in work.shapes if shape is not None]
    if selection.lot is not None and shapes:
        near = shapely.box(*shapely.total_bounds(shapes))
        own = (districts["code"] == selection.lot).to_numpy(dtype=bool)
        shown = own | districts.geometry.intersects(near).to_numpy(dtype=bool)
    return shown


def phase_totals(plan: Plan, selection: Selection, language: Language) -> Listing:
    """Return what each phase and lot comes to: sites, lengths, closures and cost.

    ``sites`` counts the core node too, which the phases of the plan do not.
    """

    def told(zh: str, en: str) -> str:
        return Text(zh, en).get(language)

    fields = (
        Field("phase", told("分期", "phase"), "id"),
        Field("phase_name", told("分期名称", "name of the phase"), "text"),
        Field("lot", told("标段", "lot"), "text"),
        Field("lot_name", told("标段名称", "name of the lot"), "text"),
        Field("sites", SITES_COUNTED.get(language), "int"),
        Field("new_m", told("新建沟长（米）", "new route (m)"), "metres"),
        Field("reused_m", told("利用现有路由（米）", "existing route used (m)"), "metres"),
        Field("sheath_m", told("新缆皮长（米）", "new sheath (m)"), "metres"),
        Field("closures", told("接头盒", "closures"), "int"),
        Field("cost_cents", told("工程费用（元）", "cost of works (yuan)"), "yuan"),
    )
    rows: list[tuple[Cell, ...]] = []
    for number in selection.numbers(plan):
        part = selection.in_phase(number)
        mine = {
            name: plan[name][part.rows(plan, name)]
            for name in ("sites", "routes", "cables", "bill")
        }
        lots = sorted({str(lot) for table in mine.values() for lot in table["lot"]})
        for lot in lots:
            sites, routes, cables, bill = (table[table["lot"] == lot] for table in mine.values())
            new = routes["method"].isin(NEW_WAYS)
            rows.append(
                (
                    number,
                    phase_title(plan, number, language),
                    lot,
                    lot_name(plan, lot, language),
                    len(sites),
                    float(np.round(routes["length_m"][new].sum(), 1)),
                    float(np.round(routes["length_m"][~new].sum(), 1)),
                    float(np.round(cables["sheath_m"].sum(), 1)),
                    int(cables["closures"].sum()),
                    int(bill["cost_cents"].sum()),
                )
            )
    return Listing(fields, tuple(rows))
