"""The network as Open Fibre Data Standard 0.4 (https://standard.ofds.info): one JSON package.

Nodes are the ends of stretches, with the sites that stand there; a span is a new cable, or a
stretch on free cores of an existing one. The standard knows WGS-84 only. Whoever the network
belongs to is not in the plan, so there are no organisations.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.crs import WGS84
from geoplan.export.about import about_pack
from geoplan.export.selection import WHOLE, Selection
from geoplan.export.sheets import phase_title
from geoplan.export.shown import shown_cell
from geoplan.export.words import word
from geoplan.export.works import flat_text, phase_totals
from geoplan.plan import Plan
from geoplan.text import Language, Text
from geoplan.units import M_PER_KM

__all__ = ["write_ofds"]

_SCHEMA = "https://standard.ofds.info/en/0__4__0/network-schema.json"
# The one system of the standard: WGS-84, longitude first.
_CRS = {
    "name": "urn:ogc:def:crs:OGC::CRS84",
    "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
}
# codes of the standard's lists `deployment` and `spanSupportingInfrastructure` by method
_LAID: Mapping[str, tuple[str, str]] = {
    "direct_buried": ("belowGround", "none"),
    "duct": ("belowGround", "duct"),
    "aerial": ("aboveGround", "pole"),
    "pull": ("belowGround", "duct"),
    "light": ("belowGround", "duct"),
}
_LIT = "light"
_DEGREES = 7  # decimals: a centimetre
_KM_DECIMALS = 4  # a decimetre


def write_ofds(
    plan: Plan, out_dir: Path, *, language: Language, selection: Selection = WHOLE
) -> list[Path]:
    """Write the network of all phases, of one, or of a lot as ``works-<language>.ofds.json``.

    ``fibreCount`` of a new cable is its size, of a lit stretch the cores that the plan takes;
    ``fibreLength`` is the sheath with its slack, of a lit stretch its length.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    routes = plan["routes"]
    sites, built, cables = (
        plan[name][selection.rows(plan, name)] for name in ("sites", "routes", "cables")
    )
    titles = {k: phase_title(plan, k, language) for k in WHOLE.numbers(plan)}
    spans = [
        *_cables(cables, routes, titles, language),
        *_lit(built[built["method"] == _LIT], titles, language),
    ]
    nodes = _nodes(plan, built, sites, titles, language)
    # ends of stretches may belong to a phase before
    named = sorted({int(entry["phase"]["id"]) for entry in (*nodes, *spans)})
    phases = [
        _phase(plan, selection.in_phase(number), titles[number], language) for number in named
    ]
    content = {"nodes": nodes, "spans": spans, "phases": phases}
    network = {
        # of its content, so that the same plan is the same network
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, ensure_ascii=False))),
        "name": flat_text(selection.title(plan, language)),
        "language": language,
        "crs": _CRS,
        **{key: entries for key, entries in content.items() if entries},
        "links": [{"href": _SCHEMA, "rel": "describedby"}],
    }
    place = Text("WGS-84 经纬度", "WGS-84 degrees").get(language)
    about = {str(key): str(said) for key, said in about_pack(plan, selection, place, language).rows}
    path = selection.path(out_dir, language, ".ofds.json")
    package = {"networks": [network], "about": about}
    path.write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [path]


def _cables(
    cables: pd.DataFrame, routes: pd.DataFrame, titles: Mapping[int, str], language: Language
) -> list[dict[str, Any]]:
    """Return a span per new cable."""
    ends = routes.set_index("edge_id")[["tail_node", "head_node"]]
    return [
        {
            **_span(row, geometry, ends.loc[row["edge_id"]], titles, language),
            "id": row["cable_id"],
            "name": row["cable_id"],
            "status": "planned",
            "fibreCount": int(row["size_cores"]),
            "fibreLength": _km(row["sheath_m"]),
        }
        for row, geometry in _rows(cables)
    ]


def _lit(
    routes: pd.DataFrame, titles: Mapping[int, str], language: Language
) -> list[dict[str, Any]]:
    """Return a span per stretch on free cores: the cable is there, its cores are lit."""
    return [
        {
            **_span(row, geometry, row, titles, language),
            "id": f"L{row['edge_id']}",
            "name": flat_text(f"L{row['edge_id']} {row['existing_id']}").strip(),
            "status": "operational",
            "fibreCount": int(row["cores_used"]),
            "fibreLength": _km(row["length_m"]),
        }
        for row, geometry in _rows(routes)
    ]


def _span(
    row: Mapping[str, Any],
    shape: Any,
    ends: Any,
    titles: Mapping[int, str],
    language: Language,
) -> dict[str, Any]:
    """Return what a span of either kind has."""
    deployment, support = _LAID[row["method"]]
    return {
        "id": "",  # stands first in the file; the caller knows it
        "phase": _reference(int(row["phase"]), titles),
        "start": _node_id(ends["tail_node"]),
        "end": _node_id(ends["head_node"]),
        "directed": False,
        **({} if shape is None or shape.is_empty else {"route": _geometry(shape)}),
        "transmissionMedium": ["fibre"],
        "deployment": [deployment],
        "supportingInfrastructure": {
            "type": support,
            "description": word("method", row["method"], language),
        },
    }


def _nodes(
    plan: Plan,
    built: pd.DataFrame,
    sites: pd.DataFrame,
    titles: Mapping[int, str],
    language: Language,
) -> list[dict[str, Any]]:
    """Return the ends of stretches and what stands there, each in the phase that reaches it."""
    routes, served = plan["routes"], plan["sites"][plan["sites"]["phase"] > 0]
    first: dict[int, int] = {}
    for table, columns in ((routes, ("tail_node", "head_node")), (served, ("node_id",))):
        for column in columns:
            for node, number in zip(table[column], table["phase"], strict=True):
                first[int(node)] = min(first.get(int(node), int(number)), int(number))
    place: dict[int, Any] = {}
    for row, shape in _rows(built):
        for node, end in ((row["tail_node"], 0), (row["head_node"], -1)):
            place.setdefault(int(node), None if shape is None else shape.coords[end])
    names: dict[int, list[str]] = {}
    comma = Text("、", ", ").get(language)
    for row, shape in _rows(sites):
        place[int(row["node_id"])] = None if shape is None else shape.coords[0]
        names.setdefault(int(row["node_id"]), []).append(flat_text(row["name"]))
    return [
        {
            "id": _node_id(node),
            **({"name": comma.join(names[node])} if any(names.get(node, ())) else {}),
            "phase": _reference(first[node], titles),
            "status": "planned",
            **({} if at is None else {"location": {"type": "Point", "coordinates": _degrees(at)}}),
            # a site is where the network is reached; any other node is where cables meet
            "type": ["pop" if node in names else "aggregationPoint"],
            "accessPoint": node in names,
        }
        for node, at in sorted(place.items())
    ]


def _phase(plan: Plan, part: Selection, title: str, language: Language) -> dict[str, str]:
    """Return a phase with what it comes to in words."""
    totals = phase_totals(plan, part, language)
    said = []
    if not totals.rows:
        # only where the ends of the lot's stretches belong to it
        said.append(Text("本标段无工程，仅供衔接", "no works of this lot").get(language))
    for k, field in enumerate(totals.fields):
        if totals.rows and field.kind not in ("text", "id"):
            total = sum(float(row[k] or 0) for row in totals.rows)
            said.append(f"{field.label} {shown_cell(total, field.kind)}")
    comma = Text("；", "; ").get(language)
    return {"id": str(part.phase), "name": title, "description": comma.join(said)}


def _rows(table: pd.DataFrame) -> list[tuple[dict[str, Any], Any]]:
    """Return rows with their shapes in degrees (``None`` where there is none)."""
    assert isinstance(table, gpd.GeoDataFrame)
    shapes = table.geometry.to_crs(WGS84)
    return list(zip(table.drop(columns="geometry").to_dict("records"), shapes, strict=True))


def _reference(number: int, titles: Mapping[int, str]) -> dict[str, str]:
    return {"id": str(number), "name": titles[number]}


def _node_id(node: Any) -> str:
    return f"n{int(node)}"


def _geometry(shape: Any) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [_degrees(at) for at in shape.coords]}


def _degrees(at: Sequence[float]) -> list[float]:
    return [round(float(at[0]), _DEGREES), round(float(at[1]), _DEGREES)]


def _km(length_m: float) -> float:
    return round(float(length_m) / M_PER_KM, _KM_DECIMALS)
