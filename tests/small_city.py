"""A city as a folder of files, as small as a user's own can be: two districts side by side.

Streets form a grid of about 2.2 km, so that every hub has its two ways; six townships (one
without position), four municipal units, one duct with a cable between core and a unit.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

ROOT = Path(__file__).resolve().parent.parent
TIANJIN = ROOT / "data" / "tianjin"
WEST, SOUTH, STEP = 117.0, 39.0, 0.1

LAYERS = """[layers]
districts = "districts.csv"
district_outlines = "outlines.geojson"
townships = "townships.csv"
municipal_units = "units.csv"
existing_ducts = "ducts.geojson"
existing_cables = "cables.csv"
roads = "roads.geojson"
roads_attribution = "City survey"
input_crs = "EPSG:4326"

"""
FILES = {
    "districts.csv": """code,name,population,seat_lon,seat_lat
A1,甲区,1000,117.04,39.06
B2,乙区,2000,117.16,39.04
""",
    "townships.csv": """code,name,district_code,lon,lat,villages
A101,东街,A1,117.02,39.02,3
A102,西街,A1,117.08,39.08,5
A103,中街,A1,117.06,39.03,4
B201,南镇,B2,117.12,39.02,7
B202,北镇,B2,117.18,39.08,6
B203,飞地,B2,,,2
""",
    "units.csv": """unit_id,name,district_code,lon,lat,uses_system,existing_node
M1,甲局,A1,117.06,39.05,true,X2
M2,乙局,,117.16,39.06,false,
M3,丙局,,117.03,39.08,true,
M4,丁局,,117.11,39.09,false,
""",
    "cables.csv": """cable_id,duct_id,cores,cores_used
L1,G1,24,10
""",
}


def feature(kind: str, at: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": at},
    }


def collection(*features: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def square(west: float, south: float, size: float = STEP) -> list[list[list[float]]]:
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def street(*points: tuple[float, float]) -> dict[str, Any]:
    """A street between points given in hundredths of a degree from the city's corner."""
    at = [[WEST + x / 100, SOUTH + y / 100] for x, y in points]
    return feature("LineString", at, road_class="secondary")


def grid(x0: float = 1, x1: float = 19) -> list[dict[str, Any]]:
    """Streets along five lines of latitude and those of longitude from x0 to x1."""
    columns = [x for x in range(1, 20, 3) if x0 <= x <= x1]
    return [
        *(street((columns[0], y), (columns[-1], y)) for y in (1, 3, 5, 7, 9)),
        *(street((x, 1), (x, 9)) for x in columns),
    ]


@dataclass(frozen=True)
class SmallCity:
    """The folder, with what tests do to it."""

    folder: Path

    @property
    def scenario(self) -> Path:
        return self.folder / "scenario.toml"

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace what stands exactly once in a file."""
        text = (self.folder / name).read_text("utf-8")
        assert text.count(old) == 1, (name, old)
        self.write(name, text.replace(old, new))

    def points(self, name: str, crs: str | None) -> None:
        """Put the townships' points into an OGR file that declares ``crs``, degrees as they are."""
        rows = [line.split(",") for line in FILES["townships.csv"].splitlines()[1:]]
        rows = [row for row in rows if row[3]]
        frame = gpd.GeoDataFrame(
            {
                "code": [row[0] for row in rows],
                "name": [row[1] for row in rows],
                "district_code": [row[2] for row in rows],
                "villages": [int(row[5]) for row in rows],
            },
            geometry=[shapely.Point(float(row[3]), float(row[4])) for row in rows],
            crs=crs,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the writer's, that there is no CRS
            frame.to_file(self.folder / name)
        self.edit("scenario.toml", "townships.csv", name)


def small_city(folder: Path) -> SmallCity:
    """Write the city into ``folder`` (made if missing)."""
    folder.mkdir(parents=True, exist_ok=True)
    city = SmallCity(folder)
    text = (TIANJIN / "scenario.toml").read_text("utf-8")
    head, rest = text.split("[layers]", 1)
    rest = rest[rest.index("[[core]]") :]
    start = rest.index("urban_districts")
    rest = rest[:start] + 'urban_districts = ["A1"]' + rest[rest.index("\n", start) :]
    rest = rest.replace("lon = 117.2171", "lon = 117.05").replace("lat = 39.1086", "lat = 39.045")
    rest = rest.replace("value_yuan = 3000000.0", "value_yuan = 300000.0")  # a small core
    city.write("scenario.toml", head + LAYERS + rest)
    for name, content in FILES.items():
        city.write(name, content)
    city.write(
        "outlines.geojson",
        collection(
            feature("Polygon", square(WEST, SOUTH), code="A1"),
            feature("Polygon", square(WEST + STEP, SOUTH), code="B2"),
        ),
    )
    line = [[117.05, 39.045], [117.06, 39.05]]
    duct = {"duct_id": "G1", "node_a": "X1", "node_b": "X2", "bores": 4, "bores_used": 1}
    city.write("ducts.geojson", collection(feature("LineString", line, **duct)))
    city.write("roads.geojson", collection(*grid()))
    return city
