"""The command ``geoplan roads``: roads of OpenStreetMap around a scenario's city, as a file."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geoplan.cli_inputs import add_output_argument
from geoplan.errors import Fault, InputError
from geoplan.output_files import check_file_place, write_fault
from geoplan.text import Text

__all__ = ["add_arguments", "run", "tell"]

_Told = Callable[[str, str], str]
_TIMEOUT_S = 180


def add_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the command's arguments; ``told`` picks the language of their help."""

    def seconds(text: str) -> int:
        value = int(text)
        if not 1 <= value <= 3600:
            raise argparse.ArgumentTypeError(told("须在 1 与 3600 之间", "must be in 1..3600"))
        return value

    parser.add_argument(
        "scenario",
        nargs="?",
        metavar="SCENARIO.toml",
        help=told(
            "情景文件；默认为内置的天津数据", "scenario; the embedded Tianjin one by default"
        ),
    )
    add_output_argument(parser, told, "FILE.gpkg")
    parser.add_argument(
        "--overpass",
        metavar="URL",
        help=told("Overpass 服务器，默认公共服务器", "Overpass server; the public one by default"),
    )
    parser.add_argument(
        "--classes",
        metavar="A,B,C",
        help=told(
            "道路等级（highway 的值），默认 motorway 至 tertiary 及匝道",
            "values of highway; motorway to tertiary and their links by default",
        ),
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=_TIMEOUT_S,
        metavar="S",
        help=told("等待秒数，默认 180", "seconds to wait, 180 by default"),
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help=told("在标准输出打印一个JSON对象", "print one JSON object on standard output"),
    )


def run(options: argparse.Namespace, say: Callable[[Text], None]) -> dict[str, Any]:
    """Fetch and write the roads; return what was found.

    Raises
    ------
    InputError
        The scenario, its districts, the arguments or the place of the file are at fault.
    NoAnswerError
        The server gave no usable answer; nothing is written.
    """
    began_s = time.perf_counter()
    target = Path(options.output)
    if target.suffix.lower() != ".gpkg":
        what = Text("道路文件是 GeoPackage", "roads are written as a GeoPackage")
        cure = Text("文件名以 .gpkg 结尾", "give the file a name that ends in .gpkg")
        raise InputError([Fault("output.format", str(target), "", what, cure)])
    check_file_place(target)
    from geoplan.candidates.roads import CITY_MARGIN_M
    from geoplan.crs import WGS84, geodesic_length_m
    from geoplan.datasets import tianjin_scenario
    from geoplan.osm import OVERPASS_URL, ROAD_CLASSES, city_boundary, fetch_roads, save_roads
    from geoplan.read import read_scenario
    from geoplan.read.districts import read_districts
    from geoplan.redact import redacted

    districts = read_districts(read_scenario(options.scenario or tianjin_scenario()))
    server = redacted(options.overpass or OVERPASS_URL)
    say(Text(f"向 {server} 请求道路，可能需要几分钟", f"asking {server}, this may take minutes"))
    named = options.classes
    roads = fetch_roads(
        city_boundary(districts, margin_m=CITY_MARGIN_M),
        overpass_url=options.overpass,
        road_classes=ROAD_CLASSES if named is None else _names(named),
        timeout_s=options.timeout,
    )
    try:
        save_roads(roads, target)
    except OSError as error:
        raise InputError([write_fault(error, target)]) from error
    length_m = float(geodesic_length_m(roads.geometry.to_numpy(), WGS84).sum())
    counts = roads["road_class"].value_counts().sort_index()
    return {
        "status": "done",
        "roads": len(roads),
        "length_km": round(length_m / 1000.0, 3),
        "classes": {str(name): int(count) for name, count in counts.items()},
        "attribution": roads.attrs["attribution"],
        "file": target.as_posix(),
        "seconds": round(time.perf_counter() - began_s, 3),
    }


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name for part in listed.split(",") if (name := part.strip()))


def tell(answer: dict[str, Any]) -> Text:
    """Return what a person is told of the file."""
    count, km, mark, file = (answer[k] for k in ("roads", "length_km", "attribution", "file"))
    return Text(
        f"{count:,} 条道路，{km:,.0f} 公里；{mark}\n"
        f"  {file}\n下一步：geoplan plan 情景文件 --roads {file}",
        f"{count:,} roads, {km:,.0f} km; {mark}\n"
        f"  {file}\nnext: geoplan plan SCENARIO.toml --roads {file}",
    )
