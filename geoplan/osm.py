"""Roads of OpenStreetMap, fetched where there is internet, as a file to plan on.

The only module that imports osmnx, and only when roads are fetched. osmnx keeps its settings in
a mutable module, writes a cache folder, asks a public DNS server and replaces
``socket.getaddrinfo`` for the whole process; a busy server it asks again forever. Here it runs
with settings that are put back afterwards, and each answer is looked at before osmnx sees it:
a busy server is asked again a few times, and what is no complete answer is one clear fault.
"""

from __future__ import annotations

import json
import logging
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import __version__, osm_faults
from geoplan.crs import WGS84
from geoplan.errors import InputError, NoAnswerError
from geoplan.read.base import OSM_ATTRIBUTION

__all__ = [
    "OVERPASS_URL",
    "ROAD_CLASSES",
    "city_boundary",
    "fetch_roads",
    "save_roads",
]

_LOG = logging.getLogger(__name__)

OVERPASS_URL = "https://overpass-api.de/api"
"""The public server, asked when no other one is named."""

ROAD_CLASSES: tuple[str, ...] = tuple(
    f"{name}{end}"
    for name in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for end in ("", "_link")
)
"""Values of OpenStreetMap's ``highway`` that are fetched when no others are named."""

_MORE_CLASSES = (
    "unclassified", "residential", "living_street", "service", "road", "track", "busway",
    "pedestrian", "cycleway", "footway", "path",
)  # fmt: skip
# Pauses before asking a busy server again; what the server itself wishes goes first.
_PAUSES_S = (15.0, 30.0, 60.0)
_LONGEST_PAUSE_S = 120.0
_BUSY = (429, 503, 504)
# Tags of a bridge or tunnel that say there is none.
_NO = ("", "no", "false", "0", "none")
_LINES = (1, 5)  # GEOS ids of LineString and MultiLineString
_POLYGON = 3
# A boundary drawn finer than this only makes the question longer.
_BOUNDARY_DETAIL_M = 200.0
# osmnx's settings and socket functions belong to the process: one fetch at a time.
_ONE_AT_A_TIME = threading.Lock()


# ---- what is asked ----------------------------------------------------------------------------


def city_boundary(
    districts: gpd.GeoDataFrame, *, margin_m: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the outline of a city and its surroundings, in WGS-84 degrees.

    Parameters
    ----------
    districts
        Polygons in a projected CRS (metres).
    margin_m
        Width of the surroundings: routes may leave the city and come back.

    Returns
    -------
    Polygon or MultiPolygon without holes; at least ``margin_m`` around every district.
    """
    detail_m = _BOUNDARY_DETAIL_M
    outline = shapely.union_all(shapely.simplify(districts.geometry.to_numpy(), detail_m))
    area = shapely.simplify(shapely.buffer(outline, margin_m + 2.0 * detail_m), detail_m)
    shells = [shapely.Polygon(part.exterior) for part in shapely.get_parts(area)]
    whole = gpd.GeoSeries([shapely.union_all(shells)], crs=districts.crs).to_crs(WGS84)
    boundary: shapely.Polygon | shapely.MultiPolygon = whole.iloc[0]
    return boundary


def fetch_roads(
    boundary_lonlat: shapely.Polygon | shapely.MultiPolygon,
    *,
    overpass_url: str | None = None,
    road_classes: Sequence[str] = ROAD_CLASSES,
    cache_dir: Path | None = None,
    timeout_s: int = 180,
) -> gpd.GeoDataFrame:
    """Fetch the roads within a boundary from an Overpass server, each as a whole.

    Nothing but the server is contacted, and nothing of osmnx stays changed in the process.

    Parameters
    ----------
    boundary_lonlat
        In WGS-84 degrees; roads that touch it are fetched.
    overpass_url
        Base address of the server (``http://host/api``); :data:`OVERPASS_URL` when ``None``.
    road_classes
        Values of ``highway``, exactly as OpenStreetMap has them.
    cache_dir
        Folder for answers, so that they are not asked for twice; nothing is kept when ``None``.
    timeout_s
        Seconds to wait for the server's next bytes, and the work it may put into an answer.

    Returns
    -------
    ``schema.ROADS`` with ``osm_id`` (number of the way), in WGS-84, in order of ``osm_id``;
    ``attrs["attribution"]`` is what the licence wants to be said.

    Raises
    ------
    InputError
        A road class or the address can't be one, or the cache can't be used.
    NoAnswerError
        The server can't be reached, is busy, too slow, or its answer is no use.
    """
    if shapely.is_empty(boundary_lonlat) or not shapely.is_valid(boundary_lonlat):
        raise ValueError("the boundary must be a valid polygon in degrees")
    if timeout_s < 1:
        raise ValueError("timeout_s must be 1 or more")
    url = (overpass_url or OVERPASS_URL).rstrip("/").removesuffix("/interpreter")
    known = (*ROAD_CLASSES, *_MORE_CLASSES)
    faults = osm_faults.class_faults(road_classes, known)
    if not _is_address(url):
        faults.insert(0, osm_faults.no_address(url))
    if faults:
        raise InputError(faults)
    if cache_dir is not None:
        try:
            cache_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError([osm_faults.closed_cache(cache_dir, error)]) from error
    wanted = list(dict.fromkeys(road_classes))
    import osmnx  # a second or more: only here

    with _ONE_AT_A_TIME, _own_settings(osmnx.settings, url, cache_dir, int(timeout_s)):
        try:
            with warnings.catch_warnings():
                # of a large city, which needs several requests: nothing to do about it
                warnings.filterwarnings("ignore", message="This area is", category=UserWarning)
                ways = osmnx.features_from_polygon(boundary_lonlat, {"highway": wanted})
        except osmnx._errors.InsufficientResponseError as error:
            raise NoAnswerError([osm_faults.empty(url)]) from error
        except json.JSONDecodeError as error:  # answers are looked at before: it is the cache
            raise InputError([osm_faults.closed_cache(cache_dir, error)]) from error
        except OSError as error:  # all that requests raises is one
            raise NoAnswerError([osm_faults.unreachable(url, error, timeout_s)]) from error
    return _road_table(ways, url)


def _is_address(url: str) -> bool:
    """Tell whether this can be the address of a server."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        return parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:  # an unfit port or name (UnicodeError is one)
        return False


# ---- osmnx, kept on its own -------------------------------------------------------------------


@contextmanager
def _own_settings(
    settings: Any, url: str, cache_dir: Path | None, timeout_s: int
) -> Iterator[None]:
    """Set what osmnx reads from its settings, and put all of it back afterwards."""
    before = {name: value for name, value in vars(settings).items() if not name.startswith("__")}
    resolve = socket.getaddrinfo
    open_url, user = _without_user(url)
    sent_with = {"hooks": {"response": _Door(url)}} | ({"auth": user} if user else {})
    own = {
        "overpass_url": open_url,
        "overpass_settings": "[out:json][timeout:{timeout}]{maxsize}",
        # its pauses have no end; a busy server says so and is asked again by `_Door`
        "overpass_rate_limit": False,
        "doh_url_template": None,
        "requests_timeout": timeout_s,
        "requests_kwargs": settings.requests_kwargs | sent_with,
        "http_user_agent": f"geoplan/{__version__} ({settings.http_user_agent})",
        "use_cache": cache_dir is not None,
        "cache_folder": "" if cache_dir is None else cache_dir,
        "cache_only_mode": False,
        "default_crs": WGS84,
        "log_console": False,
        "log_file": False,
    }
    try:
        for name, value in own.items():
            setattr(settings, name, value)
        yield
    finally:
        socket.getaddrinfo = resolve  # osmnx pins the server's address for good
        for name, value in before.items():
            setattr(settings, name, value)


def _without_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """Split an address from the name and password in it (osmnx takes a name for the host)."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, None
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host).geturl(), (
        unquote(parts.username),
        unquote(parts.password or ""),
    )


class _Door:
    """Looks at each answer before osmnx does; asks a busy server again.

    A response hook of requests: takes a response and what it was sent with, returns the one to
    go on with.
    """

    __slots__ = ("url",)

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, response: Any, **sent_with: Any) -> Any:
        for pause_s in _PAUSES_S:
            if response.status_code not in _BUSY:
                break
            wait_s = _wished_pause_s(response.headers.get("Retry-After", ""), pause_s)
            _LOG.info("server busy (%d): again in %g s", response.status_code, wait_s)
            time.sleep(wait_s)
            response.close()
            response = response.connection.send(response.request, **sent_with)
        if response.is_redirect:
            return response
        if response.status_code in _BUSY:
            response.close()
            tries = len(_PAUSES_S) + 1
            raise NoAnswerError([osm_faults.busy(self.url, response.status_code, tries)])
        if response.status_code != 200:
            response.close()
            raise NoAnswerError([osm_faults.refused(self.url, response.status_code)])
        self._check(response.content)
        return response

    def _check(self, content: bytes) -> None:
        """Raise when an answer is not what it should be, or not all of it."""
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not _well_formed(answer.get("elements")):
            raise NoAnswerError([osm_faults.garbage(self.url, content)])
        # An answer cut short by the server's limits has status 200 and says so here only.
        if "remark" in answer:
            raise NoAnswerError([osm_faults.incomplete(self.url, str(answer["remark"]))])


def _wished_pause_s(wish: str, otherwise_s: float) -> float:
    """Return how long to wait: what the server says in whole seconds, within reason."""
    return min(float(wish), _LONGEST_PAUSE_S) if wish.isascii() and wish.isdigit() else otherwise_s


def _well_formed(elements: Any) -> bool:
    """Tell whether these are elements of OpenStreetMap: what osmnx takes for granted."""
    return isinstance(elements, list) and all(map(_is_element, elements))


def _is_element(element: Any) -> bool:
    if not (isinstance(element, dict) and isinstance(element.get("id"), int)):
        return False
    tags = element.get("tags", {})
    if not (isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())):
        return False
    match element.get("type"):
        case "node":
            lon, lat = element.get("lon"), element.get("lat")
            return isinstance(lon, int | float) and isinstance(lat, int | float)
        case "way":
            nodes = element.get("nodes")
            return isinstance(nodes, list) and len(nodes) > 0
        case "relation":
            return isinstance(element.get("members"), list)
    return False


# ---- what comes back --------------------------------------------------------------------------


def _road_table(ways: gpd.GeoDataFrame, url: str) -> gpd.GeoDataFrame:
    """Return ways as roads: one row per way, lines only, classes and structures as words."""
    ways = ways[ways.index.get_level_values("element") == "way"]
    # A way on the border of two requests comes with both.
    ways = ways[~ways.index.duplicated()].sort_index()
    shapes = ways.geometry.to_numpy(copy=True)
    # A closed road may be taken for an area by another tag; real areas (squares) are no route.
    ring = (shapely.get_type_id(shapes) == _POLYGON) & (_tag(ways, "area") != "yes")
    shapes[ring] = shapely.boundary(shapes[ring])
    use = np.isin(shapely.get_type_id(shapes), _LINES)
    if not use.any():
        raise NoAnswerError([osm_faults.empty(url)])
    structure = np.full(len(ways), "none", dtype=object)
    for word in ("bridge", "tunnel"):
        structure[[_says_yes(value) for value in _tag(ways, word)]] = word
    data = pd.DataFrame(
        {
            "osm_id": ways.index.get_level_values("id").to_numpy(np.int64),
            "road_class": pd.Series(_tag(ways, "highway"), dtype="str"),
            "structure": pd.Series(structure, dtype="str"),
        }
    )[use].reset_index(drop=True)
    roads = gpd.GeoDataFrame(data, geometry=shapes[use], crs=WGS84)
    roads.attrs["attribution"] = OSM_ATTRIBUTION
    return roads


def _tag(ways: gpd.GeoDataFrame, name: str) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the values of a tag, ``""`` where a way doesn't have it."""
    if name not in ways.columns:
        return np.full(len(ways), "", dtype=object)
    values = ways[name].to_numpy(dtype=object)
    return np.where(pd.isna(values), "", values).astype(object)


def _says_yes(value: str) -> bool:
    """Tell whether a tag says that there is one; of several values (``no;yes``) one will do."""
    return any(part.strip().casefold() not in _NO for part in value.split(";"))


def save_roads(roads: gpd.GeoDataFrame, path: str | Path) -> None:
    """Write fetched roads as a GeoPackage that says where they come from.

    The file is made in a temporary folder beside its place and moved there when it is complete.
    Name of the layer, metadata and the column ``osm_id`` each tell ``geoplan plan`` that the
    attribution of OpenStreetMap is due, also when a GIS drops the metadata.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    said = {"attribution": OSM_ATTRIBUTION, "source": "OpenStreetMap"}
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".roads-") as folder:
        draft = Path(folder) / "roads.gpkg"
        roads.to_file(
            draft, layer="osm_roads", driver="GPKG", layer_metadata=said, dataset_metadata=said
        )
        draft.replace(target)
