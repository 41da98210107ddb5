"""The layers of one planning run, read and checked: frozen tables in the planning CRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geoplan.errors import Fault

__all__ = ["LEVELS", "BuiltPlan", "BuiltWay", "Layers"]

LEVELS: tuple[str, ...] = ("core", "district", "municipal", "township")
"""Levels of a site, in the order in which the plan is built up (a hub has level district)."""


@dataclass(frozen=True, slots=True)
class BuiltWay:
    """A core path that is built: site, number of the way, phase, edges of the earlier plan."""

    site_id: str
    way: int
    phase: int
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BuiltPlan:
    """What the first phases of an earlier plan have built.

    Parameters
    ----------
    site_phase
        Phase of each site in service (cores left out).
    ways
        Their core paths.
    edges
        The edges under them: ``edge_id, method, existing_id, length_m, geometry, cable_cores``
        (cores of the cables pulled, -1 where existing cores are lit).
    """

    site_phase: Mapping[str, int]
    ways: tuple[BuiltWay, ...]
    edges: pd.DataFrame


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
    built
        What an earlier plan has built, where the scenario's locks name one.
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
    built: BuiltPlan | None = None
