"""All layers of one run: opened, checked, joined; every fault over all files at once."""

from __future__ import annotations

import logging

import geopandas as gpd

from geoplan.errors import InputError
from geoplan.existing import check_plant
from geoplan.layers import Layers
from geoplan.read.base import OSM_ATTRIBUTION, is_osm, road_table, water_table
from geoplan.read.built import built_plan
from geoplan.read.city import check_urban_districts, district_polygons, district_table
from geoplan.read.findings import Findings
from geoplan.read.plant import cable_table, duct_nodes, duct_table, empty_table
from geoplan.read.points import make_city
from geoplan.read.sites import site_table
from geoplan.read.sources import Source, open_source
from geoplan.scenario import Scenario
from geoplan.schema import EXISTING_CABLES, EXISTING_DUCTS
from geoplan.text import Text

__all__ = ["read_layers"]

_LOG = logging.getLogger(__name__)


def read_layers(scenario: Scenario, *, roads: str | None = None) -> Layers:
    """Read and check every layer of a scenario and bring it into the planning CRS.

    Parameters
    ----------
    scenario
        Says where the layers are and what their points are declared to be.
    roads
        A roads source (path, ``file#layer``) that takes the place of the scenario's.

    Returns
    -------
    Layers
        With one note per site that has no position and per thing that was repaired.

    Raises
    ------
    InputError
        With every fault of every layer.
    """
    found = Findings()
    sources = _open(scenario, roads, found)
    crs = scenario.planning_crs
    table = district_table(sources.get("districts"), found)
    districts = district_polygons(table, sources.get("district_outlines"), crs, found)
    check_urban_districts(scenario.route.urban_districts, table, found)
    # Positions are checked against a whole city only: half of one would blame good sites.
    whole = districts is not None and table is not None and len(districts) == len(table)
    lost = any(f.rule == "crs.planning_area" for f in found.faults)
    city = make_city(districts, crs) if districts is not None and whole and not lost else None
    ducts, cables = _plant(scenario, sources, found)
    # a row that is at fault already was filled with what is no survey's
    told = {(fault.layer, fault.row) for fault in found.faults}
    found.faults += [f for f in check_plant(ducts, cables) if (f.layer, f.row) not in told]
    nodes = None if scenario.layers.existing_ducts is None else duct_nodes(ducts)
    sites = site_table(
        scenario,
        table,
        sources.get("townships"),
        sources.get("municipal_units"),
        city,
        nodes,
        found,
    )
    road_lines = water = None
    if "roads" in sources:
        road_lines = road_table(sources["roads"], city, crs, found)
    if "water" in sources:
        water = water_table(sources["water"], crs, found)
    locks = scenario.locks
    built = built_plan(locks.built, locks.built_phases, crs, found) if locks.built else None
    attributions = _attributions(scenario, sources, roads, found)
    if found.faults or districts is None or sites is None:
        raise InputError(found.faults)
    _LOG.info("%d sites, %d districts, %d notes", len(sites), len(districts), len(found.notes))
    hashes = [(name, source.sha256) for name, source in sources.items() if source.sha256]
    if built is not None:
        hashes.append(("built", built[1]))
    return Layers(
        districts=districts,
        sites=sites,
        roads=road_lines,
        water=water,
        existing_ducts=ducts,
        existing_cables=cables,
        notes=tuple(found.notes),
        attributions=attributions,
        hashes=tuple(hashes),
        built=None if built is None else built[0],
    )


def _open(scenario: Scenario, roads: str | None, found: Findings) -> dict[str, Source]:
    """Open every source that the scenario names; those that can't be read leave a fault."""
    layers = scenario.layers
    places = {
        "districts": layers.districts,
        "district_outlines": layers.district_outlines,
        "townships": layers.townships,
        "municipal_units": layers.municipal_units,
        "existing_ducts": layers.existing_ducts,
        "existing_cables": layers.existing_cables,
        "roads": roads if roads is not None else layers.roads,
        "water": layers.water,
    }
    opened = {
        name: open_source(name, place, found) for name, place in places.items() if place is not None
    }
    return {name: source for name, source in opened.items() if source is not None}


def _plant(
    scenario: Scenario, sources: dict[str, Source], found: Findings
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return ducts and cables, empty tables where the scenario has none."""
    crs = scenario.planning_crs
    ducts = cables = None
    if "existing_ducts" in sources:
        ducts = duct_table(sources["existing_ducts"], crs, found)
    if "existing_cables" in sources:
        if scenario.layers.existing_ducts is None:
            found.fault(
                "existing_cables.no_ducts",
                "existing_cables",
                "",
                Text("有现有光缆而没有现有管道", "there are existing cables but no ducts"),
                Text("在 [layers] 中写 existing_ducts", "set existing_ducts in [layers]"),
            )
        cables = cable_table(sources["existing_cables"], ducts, crs, found)
    return (
        empty_table(EXISTING_DUCTS, crs) if ducts is None else ducts,
        empty_table(EXISTING_CABLES, crs) if cables is None else cables,
    )


def _attributions(
    scenario: Scenario, sources: dict[str, Source], roads: str | None, found: Findings
) -> tuple[str, ...]:
    """Collect the lines that outputs must carry: declared ones, and OpenStreetMap's own."""
    lines = list(scenario.layers.attributions)
    # What the scenario says of its roads does not hold for a file named on the command line.
    own_roads = roads is None or scenario.layers.roads is None
    declared = scenario.layers.roads_attribution if own_roads else ""
    for name in ("roads", "water"):
        source = sources.get(name)
        if source is None:
            continue
        if name == "roads" and declared:
            lines.append(declared)
        if is_osm(source):
            lines.append(OSM_ATTRIBUTION)
        elif not (name == "roads" and declared):
            found.note(
                f"{name}.origin_unknown",
                name,
                "",
                Text("数据来源未声明", "the data does not say where it comes from"),
                Text(
                    "在 [layers] 中写 roads_attribution 或 attributions",
                    "set roads_attribution or attributions in [layers]",
                ),
            )
    return tuple(dict.fromkeys(lines))
