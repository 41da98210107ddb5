"""Only the districts of a scenario, for what has to be known before the other layers are there."""

from __future__ import annotations

import geopandas as gpd

from geoplan.errors import InputError
from geoplan.read.city import district_polygons, district_table
from geoplan.read.findings import Findings
from geoplan.read.sources import open_source
from geoplan.scenario import Scenario

__all__ = ["read_districts"]


def read_districts(scenario: Scenario) -> gpd.GeoDataFrame:
    """Read and check the districts of a scenario and nothing else.

    Returns
    -------
    ``schema.DISTRICTS``: polygons in the planning CRS.

    Raises
    ------
    InputError
        With every fault of the table of districts and of the outlines.
    """
    found = Findings()
    layers = scenario.layers
    places = {"districts": layers.districts, "district_outlines": layers.district_outlines}
    sources = {name: open_source(name, place, found) for name, place in places.items()}
    table = district_table(sources["districts"], found)
    crs = scenario.planning_crs
    districts = district_polygons(table, sources["district_outlines"], crs, found)
    if found.faults or districts is None:
        raise InputError(found.faults)
    return districts
