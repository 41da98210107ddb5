"""Roads of OpenStreetMap: a server on this machine plays Overpass, good and bad."""

from __future__ import annotations

import base64
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import geopandas as gpd
import numpy as np
import osmnx
import pandas as pd
import pyogrio
import pytest
import shapely
from small_city import grid, small_city

from geoplan import cli
from geoplan.candidates import build_candidates
from geoplan.errors import Fault, GeoplanError, InputError, NoAnswerError
from geoplan.osm import ROAD_CLASSES, city_boundary, fetch_roads, save_roads
from geoplan.read import read_layers, read_scenario
from geoplan.read.base import OSM_ATTRIBUTION
from geoplan.read.districts import read_districts

BOX = shapely.box(117.0, 39.0, 117.1, 39.1)


# ---- a server that plays Overpass -------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    """What the server says once: status, body, headers, and how long it takes."""

    body: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    missing_bytes: int = 0  # promised and never sent


@dataclass
class Overpass:
    """A running server: its address, what it will say (the last for ever), what it was asked."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def queries(self) -> list[str]:
        return [query for _, query in self.asked]


@pytest.fixture
def server() -> Iterator[Overpass]:
    played = Overpass("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            played.asked.append((self.path, parse_qs(form)["data"][0]))
            played.agents.append(self.headers["User-Agent"])
            played.users.append(self.headers.get("Authorization", ""))
            reply = played.next_reply()
            time.sleep(reply.delay_s)
            body = reply.body.encode("utf-8")
            try:
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) + reply.missing_bytes))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # the one who asked went away
                pass

        def do_GET(self) -> None:
            played.asked.append((self.path, ""))
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:
            logging.getLogger(__name__).debug(format, *args)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        played.url = f"http://127.0.0.1:{running.server_address[1]}/api"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield played
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nothing but this machine be named or connected to, and nothing of osmnx stay changed."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    strangers: list[str] = []

    def only_here(host: Any) -> None:
        if host != "127.0.0.1":
            strangers.append(str(host))
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolve, by_name, connect = socket.getaddrinfo, socket.gethostbyname, socket.socket.connect

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        only_here(host)
        return resolve(host, *rest, **more)

    def gethostbyname(host: str) -> str:
        only_here(host)
        return by_name(host)

    def guarded_connect(self: socket.socket, address: Any) -> None:
        only_here(address[0])
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "gethostbyname", gethostbyname)
    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    # osmnx remembers the function it found when it was imported
    monkeypatch.setattr(osmnx._http, "_original_getaddrinfo", getaddrinfo)
    before = settings_now()
    yield
    assert settings_now() == before
    assert socket.getaddrinfo is getaddrinfo
    assert [name for name in strangers if name != "overpass-api.de"] == []


def settings_now() -> dict[str, Any]:
    kept = {k: v for k, v in vars(osmnx.settings).items() if not k.startswith("__")}
    return {name: value.copy() if hasattr(value, "copy") else value for name, value in kept.items()}


# ---- what it says -----------------------------------------------------------------------------

NODES = {1: (117.01, 39.01), 2: (117.02, 39.01), 3: (117.03, 39.01), 4: (117.03, 39.02)}


def answer(ways: dict[int, tuple[list[int], dict[str, str]]], **more: Any) -> str:
    """An answer of Overpass as it comes: nodes after ways, in no order."""
    elements: list[dict[str, Any]] = [
        {"type": "way", "id": number, "nodes": nodes, "tags": tags}
        for number, (nodes, tags) in ways.items()
    ]
    elements += [{"type": "node", "id": n, "lon": x, "lat": y} for n, (x, y) in NODES.items()]
    return json.dumps({"version": 0.6, "generator": "Overpass API", "elements": elements, **more})


PRIMARY = {"highway": "primary"}
TWO_WAYS = answer(
    {
        20: ([3, 4], {"highway": "trunk_link", "bridge": "viaduct", "name": "匝道"}),
        10: ([1, 2, 3], PRIMARY),
    }
)
AGAIN_AT_ONCE = (("Retry-After", "0"),)


def fetch(server: Overpass, *replies: Reply | str, **options: Any) -> gpd.GeoDataFrame:
    server.replies = [Reply(r) if isinstance(r, str) else r for r in replies]
    return fetch_roads(BOX, **{"overpass_url": server.url, "timeout_s": 10, **options})


def refusal(server: Overpass, *replies: Reply | str, **options: Any) -> Fault:
    with pytest.raises(NoAnswerError) as caught:
        fetch(server, *replies, **options)
    (fault,) = caught.value.faults
    assert fault.what.zh
    assert fault.cure.zh
    assert fault.cure.en
    return fault


# ---- good answers -----------------------------------------------------------------------------


def test_roads_have_the_columns_of_the_contract(server: Overpass) -> None:
    roads = fetch(server, TWO_WAYS)
    assert list(roads.columns) == ["osm_id", "road_class", "structure", "geometry"]
    assert roads.crs == "EPSG:4326"
    assert roads["osm_id"].tolist() == [10, 20]  # in order of number, whatever the answer's order
    assert roads["road_class"].tolist() == ["primary", "trunk_link"]
    assert roads["structure"].tolist() == ["none", "bridge"]
    assert roads["road_class"].dtype == "str"
    assert roads["structure"].dtype == "str"
    assert roads.geometry.to_wkt().tolist() == [
        "LINESTRING (117.01 39.01, 117.02 39.01, 117.03 39.01)",
        "LINESTRING (117.03 39.01, 117.03 39.02)",
    ]
    assert roads.attrs["attribution"] == OSM_ATTRIBUTION


def test_one_question_is_asked_and_it_names_area_and_classes(server: Overpass) -> None:
    fetch(server, TWO_WAYS)
    ((path, query),) = server.asked
    assert path == "/api/interpreter"
    assert query.startswith("[out:json][timeout:10];")
    for name in ROAD_CLASSES:
        assert f"way['highway'='{name}']" in query
    assert query.count("way['highway'=") == len(ROAD_CLASSES) == 10
    assert "39.000000 117.100000" in query  # latitude first
    assert server.agents[0].startswith("geoplan/")


def test_classes_named_are_those_asked_for(server: Overpass) -> None:
    roads = fetch(server, TWO_WAYS, road_classes=("primary", "residential", "primary"))
    assert "'residential'" in server.queries[0]
    assert "'trunk_link'" not in server.queries[0]
    assert roads["osm_id"].tolist() == [10]  # what was not asked for is not taken


def test_address_of_the_interpreter_will_do(server: Overpass) -> None:
    fetch(server, TWO_WAYS, overpass_url=server.url + "/interpreter/")
    assert server.asked[0][0] == "/api/interpreter"


@pytest.mark.parametrize(
    ("tags", "structure"),
    [
        ({}, "none"),
        ({"bridge": "no"}, "none"),
        ({"bridge": "yes"}, "bridge"),
        ({"bridge": "no;yes"}, "bridge"),
        ({"bridge": "no; no"}, "none"),
        ({"tunnel": "yes"}, "tunnel"),
        ({"tunnel": "No"}, "none"),
        ({"bridge": "yes", "tunnel": "building_passage"}, "tunnel"),
        ({"bridge": "yes", "tunnel": "no"}, "bridge"),
    ],
)
def test_structure(server: Overpass, tags: dict[str, str], structure: str) -> None:
    roads = fetch(server, answer({10: ([1, 2], {**PRIMARY, **tags}), 11: ([2, 3], PRIMARY)}))
    assert roads["structure"].tolist() == [structure, "none"]


def test_rings_are_lines_and_squares_are_none(server: Overpass) -> None:
    ring = [2, 3, 4, 2]
    roads = fetch(
        server,
        answer(
            {
                10: (ring, {**PRIMARY, "junction": "roundabout"}),
                11: (ring, {**PRIMARY, "landuse": "grass"}),  # osmnx makes a polygon of it
                12: (ring, {**PRIMARY, "area": "yes"}),
                13: ([1, 99], PRIMARY),  # its second node is not in the answer
            }
        ),
    )
    assert roads["osm_id"].tolist() == [10, 11]
    assert set(roads.geom_type) == {"LineString"}
    assert roads.geometry.is_ring.all()


def test_a_large_area_is_asked_in_parts_and_no_road_comes_twice(
    server: Overpass, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(osmnx.settings, "max_query_area_size", 5e6)  # of about 96 km2
        roads = fetch(server, TWO_WAYS)
    assert len(server.asked) > 10
    assert roads["osm_id"].tolist() == [10, 20]


def test_cache_is_used_where_one_is_given(server: Overpass, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = fetch(server, TWO_WAYS, cache_dir=cache)
    (kept,) = cache.iterdir()
    second = fetch(server, "nobody asks", cache_dir=cache)
    pd.testing.assert_frame_equal(first, second)
    assert len(server.asked) == 1
    kept.write_text('{"elements": [', encoding="utf-8")  # as an interrupted run leaves it
    with pytest.raises(InputError) as caught:
        fetch(server, TWO_WAYS, cache_dir=cache)
    assert [fault.rule for fault in caught.value.faults] == ["osm.cache"]
    with pytest.raises(InputError, match=r"osm\.cache"):
        fetch(server, TWO_WAYS, cache_dir=kept)


def test_nothing_is_written_without_a_cache(
    server: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fetch(server, TWO_WAYS)
    assert list(tmp_path.iterdir()) == []


def test_name_and_password_go_to_the_server_only(server: Overpass) -> None:
    url = server.url.replace("//", "//anna:se%40cret@")
    assert len(fetch(server, Reply("", 429, AGAIN_AT_ONCE), TWO_WAYS, overpass_url=url)) == 2
    assert server.users == ["Basic " + base64.b64encode(b"anna:se@cret").decode("ascii")] * 2
    fault = refusal(server, "<html>", overpass_url=url)
    assert "cret" not in fault.line("en") + fault.line("zh")


# ---- bad answers ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503, 504])
def test_a_busy_server_is_asked_again(server: Overpass, status: int) -> None:
    roads = fetch(server, Reply("busy", status, AGAIN_AT_ONCE), TWO_WAYS)
    assert roads["osm_id"].tolist() == [10, 20]
    assert len(server.asked) == 2
    assert server.asked[0] == server.asked[1]


def test_pauses_are_the_servers_wish_within_reason(
    server: Overpass, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("geoplan.osm.time.sleep", slept.append)
    wishes = ("7", "Wed, 21 Oct 2026 07:28:00 GMT", "86400")
    busy = [Reply("", 429, (("Retry-After", wish),)) for wish in wishes]
    fetch(server, *busy, TWO_WAYS)
    assert [s for s in slept if s] == [7.0, 30.0, 120.0]


@pytest.mark.parametrize("status", [429, 504])
def test_a_server_that_stays_busy_is_left_alone(server: Overpass, status: int) -> None:
    fault = refusal(server, Reply("busy", status, AGAIN_AT_ONCE))
    assert fault.rule == "osm.busy"
    assert str(status) in fault.what.en
    assert len(server.asked) == 4


def test_timeout(server: Overpass) -> None:
    fault = refusal(server, Reply(TWO_WAYS, delay_s=1.5), timeout_s=1)
    assert fault.rule == "osm.timeout"
    assert "1 s" in fault.what.en


@pytest.mark.parametrize(
    "body",
    [
        "<html><body>Log in</body></html>",
        "",
        "[]",
        '{"elements": 3}',
        '{"elements": [3]}',
        '{"elements": [{"type": "way", "id": 1}]}',
        '{"elements": [{"type": "way", "id": 1, "nodes": []}]}',
        '{"elements": [{"type": "node", "id": 1, "lon": "117", "lat": 39}]}',
        '{"elements": [{"type": "street", "id": 1}]}',
        '{"elements": [{"type": "relation", "id": 1}]}',
        '{"elements": [{"type": "node", "id": 1, "lon": 117, "lat": 39, "tags": {"a": 1}}]}',
        TWO_WAYS[:-9],
    ],
)
def test_garbage(server: Overpass, body: str) -> None:
    assert refusal(server, body).rule == "osm.garbage"


def test_an_answer_that_breaks_off(server: Overpass) -> None:
    assert refusal(server, Reply(TWO_WAYS, missing_bytes=10)).rule == "osm.unreachable"


def test_an_answer_cut_short_by_the_server(server: Overpass) -> None:
    fault = refusal(server, answer({10: ([1, 2], PRIMARY)}, remark="runtime error:\nout of memory"))
    assert fault.rule == "osm.incomplete"
    assert "runtime error: out of memory" in fault.what.en


@pytest.mark.parametrize(
    "body",
    [
        '{"elements": []}',
        answer({}),
        answer({10: ([1, 2], {"highway": "footway"})}),
        answer({10: ([2, 3, 4, 2], {**PRIMARY, "area": "yes"})}),
        answer({10: ([98, 99], PRIMARY)}),
    ],
)
def test_empty(server: Overpass, body: str) -> None:
    assert refusal(server, body).rule == "osm.empty"


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_refused(server: Overpass, status: int) -> None:
    fault = refusal(server, Reply(TWO_WAYS, status))
    assert fault.rule == "osm.refused"
    assert str(status) in fault.what.en
    assert len(server.asked) == 1


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NoAnswerError) as caught:
        fetch_roads(BOX, overpass_url=f"http://anna:secret@127.0.0.1:{port}/api")
    (fault,) = caught.value.faults
    assert fault.rule == "osm.unreachable"
    assert "refused" in fault.what.en
    assert "secret" not in fault.line("en") + fault.line("zh")


def test_no_network_is_told_at_once() -> None:
    began_s = time.monotonic()
    with pytest.raises(NoAnswerError) as caught:
        fetch_roads(BOX)
    assert [fault.rule for fault in caught.value.faults] == ["osm.unreachable"]
    assert time.monotonic() - began_s < 5.0


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({"overpass_url": "overpass.example"}, ["osm.url"]),
        ({"overpass_url": "ftp://overpass.example/api"}, ["osm.url"]),
        ({"overpass_url": "http://overpass.example:99999/api"}, ["osm.url"]),
        ({"overpass_url": "http://a..b/api"}, ["osm.url"]),
        ({"road_classes": ()}, ["osm.unknown_class"]),
        ({"road_classes": ("primry", "x]['"), "overpass_url": "x"},
         ["osm.url", "osm.unknown_class", "osm.unknown_class"]),
    ],
)  # fmt: skip
def test_arguments_that_can_not_be(options: dict[str, Any], rules: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        fetch_roads(BOX, **options)
    assert [fault.rule for fault in caught.value.faults] == rules


def test_a_mistyped_class_is_told_the_right_one() -> None:
    with pytest.raises(GeoplanError, match="did you mean primary"):
        fetch_roads(BOX, road_classes=("primry",))


@pytest.mark.parametrize(
    "boundary", [shapely.Polygon(), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])]
)
def test_a_boundary_that_is_none(boundary: shapely.Polygon) -> None:
    with pytest.raises(ValueError, match="valid polygon"):
        fetch_roads(boundary)


# ---- from the city to the plan ----------------------------------------------------------------


def grid_answer(classes: tuple[str, ...] = ("secondary", "primary")) -> str:
    """The streets of the small city as a server would give them: nodes shared at crossings."""
    number: dict[tuple[float, float], int] = {}
    ways = []
    for i, street in enumerate(grid()):
        nodes = [
            number.setdefault((round(x, 6), round(y, 6)), len(number) + 1)
            for x, y in street["geometry"]["coordinates"]
        ]
        tags = {"highway": classes[i % len(classes)]}
        ways.append({"type": "way", "id": 500 - i, "nodes": nodes, "tags": tags})
    nodes_too = [{"type": "node", "id": n, "lon": x, "lat": y} for (x, y), n in number.items()]
    return json.dumps({"elements": [*ways, *nodes_too]})


def test_boundary_holds_the_city_and_its_surroundings(tmp_path: Path) -> None:
    districts = read_districts(read_scenario(small_city(tmp_path).scenario))
    boundary = city_boundary(districts, margin_m=5000.0)
    outside_m = (
        gpd.GeoSeries([boundary], crs="EPSG:4326")
        .to_crs(districts.crs)
        .exterior.distance(districts.geometry.union_all())
    )
    assert 5000.0 <= outside_m.iloc[0] <= 5600.0
    assert len(boundary.exterior.coords) < 60


def test_fetched_roads_are_planned_on(server: Overpass, tmp_path: Path) -> None:
    city = small_city(tmp_path)
    scenario = read_scenario(city.scenario)
    server.replies = [Reply(grid_answer())]
    boundary = city_boundary(read_districts(scenario), margin_m=5000.0)
    fetched = fetch_roads(boundary, overpass_url=server.url)
    path = tmp_path / "taken along.gpkg"
    save_roads(fetched, path)
    layers = read_layers(scenario, roads=str(path))
    assert layers.roads is not None
    assert len(layers.roads) == len(grid())
    assert set(layers.roads["road_class"]) == {"primary", "secondary"}
    assert OSM_ATTRIBUTION in layers.attributions
    on_own = build_candidates(read_layers(scenario), scenario)
    on_osm = build_candidates(layers, scenario)
    assert np.isclose(on_osm.length_m.sum(), on_own.length_m.sum(), rtol=1e-3)


def test_the_file_tells_where_its_roads_come_from(server: Overpass, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "r.gpkg"
    save_roads(fetch(server, TWO_WAYS), path)
    assert [p.name for p in path.parent.iterdir()] == ["r.gpkg"]
    info = pyogrio.read_info(path)
    assert info["layer_metadata"]["attribution"] == OSM_ATTRIBUTION
    assert info["dataset_metadata"]["source"] == "OpenStreetMap"
    back = gpd.read_file(path)
    assert back.crs == "EPSG:4326"
    assert back["osm_id"].tolist() == [10, 20]
    assert back["structure"].tolist() == ["none", "bridge"]


def test_a_file_that_fails_leaves_the_old_one(
    server: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roads = fetch(server, TWO_WAYS)
    path = tmp_path / "r.gpkg"
    path.write_bytes(b"old")

    def full(self: gpd.GeoDataFrame, file: Path, **_: object) -> None:
        Path(file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_file", full)
    with pytest.raises(OSError, match="No space"):
        save_roads(roads, path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.gpkg"]


# ---- the command ------------------------------------------------------------------------------


def test_command_writes_roads_and_says_whose_they_are(
    server: Overpass, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = small_city(tmp_path / "city")
    # the roads that the scenario names may not be there yet
    (city.folder / "roads.geojson").unlink()
    server.replies = [Reply(grid_answer())]
    out = tmp_path / "roads.gpkg"
    arguments = ["roads", str(city.scenario), "-o", str(out), "--overpass", server.url]
    assert cli.main([*arguments, "--classes", "primary, secondary", "--json", "--lang", "en"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["status"] == "done"
    assert told["roads"] == len(grid())
    assert sum(told["classes"].values()) == len(grid())
    assert told["attribution"] == OSM_ATTRIBUTION
    assert told["file"] == out.as_posix()
    # 5 rows of 18 hundredths of a degree of longitude, 7 columns of 8 of latitude
    assert told["length_km"] == pytest.approx(5 * 15.57 + 7 * 8.88, rel=0.01)
    assert OSM_ATTRIBUTION in said.err
    assert len(gpd.read_file(out)) == len(grid())
    assert server.queries[0].count("way['highway'=") == 2


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        (Reply("", 429, AGAIN_AT_ONCE), "osm.busy"),
        (Reply("<html>"), "osm.garbage"),
        (Reply('{"elements": []}'), "osm.empty"),
        (Reply("{}", delay_s=1.5), "osm.timeout"),
    ],
)
def test_command_without_an_answer(
    server: Overpass,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    reply: Reply,
    rule: str,
) -> None:
    city = small_city(tmp_path / "city")
    server.replies = [reply]
    out = tmp_path / "out" / "roads.gpkg"
    arguments = ["roads", str(city.scenario), "-o", str(out), "--overpass", server.url]
    assert cli.main([*arguments, "--timeout", "1", "--json", "--lang", "zh"]) == 3
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["status"] == "no_answer"
    assert [fault["rule"] for fault in told["faults"]] == [rule]
    assert "错误：共 1 项" in said.err
    assert "Traceback" not in said.err
    assert not out.parent.exists()


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["-o", "roads.shp"], "output.format"),
        (["-o", "city/districts.csv/roads.gpkg"], "output.place"),
        (["-o", "r.gpkg", "--classes", "primary,streets"], "osm.unknown_class"),
        (["-o", "r.gpkg", "--classes", ","], "osm.unknown_class"),
        (["-o", "r.gpkg", "--overpass", "localhost"], "osm.url"),
    ],
)
def test_command_with_bad_arguments(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    rule: str,
) -> None:
    city = small_city(tmp_path / "city")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["roads", str(city.scenario), *arguments, "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert f"[{rule}]" in said.err
    assert not (tmp_path / "r.gpkg").exists()


def test_command_needs_its_districts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    city = small_city(tmp_path / "city")
    (city.folder / "outlines.geojson").unlink()
    out = tmp_path / "r.gpkg"
    assert cli.main(["roads", str(city.scenario), "-o", str(out), "--lang", "en"]) == 2
    assert "layers.missing_file" in capsys.readouterr().err
