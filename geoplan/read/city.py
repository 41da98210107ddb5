"""Districts: the table of districts joined to their outlines."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.crs import planning_area_deg, to_geographic
from geoplan.read.columns import typed_table
from geoplan.read.findings import Findings, one_of
from geoplan.read.shapes import planning_shapes
from geoplan.read.sources import Source
from geoplan.schema import DISTRICT_OUTLINES_FILE, DISTRICTS, DISTRICTS_FILE
from geoplan.text import Text, nearest

__all__ = ["check_urban_districts", "district_polygons", "district_table"]


def district_table(source: Source | None, found: Findings) -> pd.DataFrame | None:
    """Return the checked table of districts (``schema.DISTRICTS_FILE``)."""
    return None if source is None else typed_table(source, DISTRICTS_FILE, found)


def district_polygons(
    table: pd.DataFrame | None, source: Source | None, planning_crs: str, found: Findings
) -> gpd.GeoDataFrame | None:
    """Join outlines to the table of districts; both must name the same districts.

    Returns
    -------
    ``schema.DISTRICTS`` with MultiPolygons in the planning CRS, in the order of the table;
    ``None`` when there is nothing to work on (the faults say why).
    """
    if source is None:
        return None
    outlines = typed_table(source, DISTRICT_OUTLINES_FILE, found)
    shapes = planning_shapes(source, "polygons", planning_crs, found)
    if outlines is None or shapes is None or table is None:
        return None
    lost = shapely.is_missing(shapes)
    by_code = dict(zip(outlines["code"][~lost], shapes[~lost], strict=True))
    _match_codes(table, outlines, set(by_code), found)
    use = table[table["code"].isin(list(by_code))].drop_duplicates("code")
    if use.empty:
        return None
    polygons = np.array([_multi(by_code[code]) for code in use["code"]], dtype=object)
    districts = gpd.GeoDataFrame(
        use[DISTRICTS.column_names()].reset_index(drop=True).astype({"code": "str", "name": "str"}),
        geometry=polygons,
        crs=planning_crs,
    )
    _check_planning_area(districts, planning_crs, found)
    return districts


def _multi(polygon: shapely.Geometry) -> shapely.MultiPolygon:
    if isinstance(polygon, shapely.MultiPolygon):
        return polygon
    return shapely.MultiPolygon([polygon])


def _match_codes(
    table: pd.DataFrame, outlines: pd.DataFrame, drawn: set[str], found: Findings
) -> None:
    for code, name, row in zip(table["code"], table["name"], table["row"], strict=True):
        if code and code not in drawn:
            found.fault(
                "districts.no_outline",
                "districts",
                row,
                Text(f"{name} 没有边界", f"{name} has no outline"),
                Text(
                    f"在 district_outlines 中补上 code = {code} 的面",
                    f"add a polygon with code {code} to district_outlines",
                ),
            )
    known = list(table["code"])
    for code, row in zip(outlines["code"], outlines["row"], strict=True):
        if code and code not in known:
            close = nearest(code, known)
            found.fault(
                "district_outlines.unknown_district",
                "district_outlines",
                row,
                Text(f"没有代码为 {code} 的区", f"there is no district {code}"),
                Text(
                    f"在 districts 中补上，或改为 {close or '已有代码'}",
                    f"add it to districts, or write {close or 'a code of that table'}",
                ),
            )


def _check_planning_area(districts: gpd.GeoDataFrame, planning_crs: str, found: Findings) -> None:
    """Refuse a planning CRS made for another part of the world; tell when the city sticks out."""
    area = planning_area_deg(planning_crs)
    if area is None:
        return
    west, south, east, north = districts.total_bounds
    lon, lat = to_geographic([west, east], [south, north], planning_crs=planning_crs)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        lon, lat = np.array([np.inf, np.inf]), np.array([np.inf, np.inf])
    apart = lon[0] > area[2] or lon[1] < area[0] or lat[0] > area[3] or lat[1] < area[1]
    out = lon[0] < area[0] or lon[1] > area[2] or lat[0] < area[1] or lat[1] > area[3]
    what = Text(
        f"区界位于 {lon[0]:.2f}-{lon[1]:.2f}E {lat[0]:.2f}-{lat[1]:.2f}N，"
        f"{planning_crs} 适用于 {area[0]:g}-{area[2]:g}E {area[1]:g}-{area[3]:g}N",
        f"districts lie at {lon[0]:.2f}-{lon[1]:.2f} E {lat[0]:.2f}-{lat[1]:.2f} N, "
        f"{planning_crs} is made for {area[0]:g}-{area[2]:g} E {area[1]:g}-{area[3]:g} N",
    )
    cure = Text(
        "改 planning_crs，或检查边界文件的坐标系",
        "set another planning_crs, or check the CRS of the outlines",
    )
    if apart:
        found.fault("crs.planning_area", "district_outlines", "", what, cure)
    elif out:
        found.note("crs.planning_area", "district_outlines", "", what, cure)


def check_urban_districts(
    codes: tuple[str, ...], table: pd.DataFrame | None, found: Findings
) -> None:
    """Report each urban district of the scenario that the table of districts does not have."""
    if table is None:
        return
    known = list(table["code"])
    for code in codes:
        if code not in known:
            found.fault(
                "scenario.unknown_district",
                "scenario [route]",
                "urban_districts",
                Text(f"没有代码为 {code} 的区", f"there is no district {code}"),
                one_of(code, known),
            )
