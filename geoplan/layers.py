"""The layers of one planning run, read and checked: frozen tables in the planning CRS."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from geoplan.errors import Fault

__all__ = ["LEVELS", "Layers"]

LEVELS: tuple[str, ...] = ("core", "district", "municipal", "township")
"""Levels of a site, in the order in which the plan is built up (a hub has level district)."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Checked input layers, all in the scenario's planning CRS (metres).

    Column contracts (types, units, meaning) stand in :mod:`geoplan.schema`. Tables are
    treated as read-only: every stage returns new tables.

    Parameters
    ----------
    districts
        Polygons, one row per district (``schema.DISTRICTS``).
    sites
        Points, one row per core node, hub, municipal unit and township (``schema.SITES``);
        a site without a known position has an empty (``None``) geometry and stays in.
    roads
        Lines (``schema.ROADS``) or ``None``: then corridors run between settlements.
    water
        Polygons or ``None``.
    existing_ducts, existing_cables
        The existing plant (``schema.EXISTING_DUCTS``, ``schema.EXISTING_CABLES``); empty
        tables when there is none.
    notes
        What was noticed and is not an error (sites without position, repaired geometry).
    attributions
        Lines of attribution that every output must carry.
    hashes
        ``layer name -> sha256`` of the files that were read.
    """

    districts: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame | None
    water: gpd.GeoDataFrame | None
    existing_ducts: gpd.GeoDataFrame
    existing_cables: gpd.GeoDataFrame
    notes: tuple[Fault, ...]
    attributions: tuple[str, ...]
    hashes: tuple[tuple[str, str], ...]
