"""Layers from a real PostGIS server: the same as from files, and every fault is told."""

from __future__ import annotations

import builtins
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ensure_postgis
import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from conftest import geoplan
from pandas.testing import assert_frame_equal
from psycopg import sql

from geoplan.errors import Fault, InputError
from geoplan.layers import Layers
from geoplan.read import read_layers, read_scenario
from geoplan.read.findings import Findings
from geoplan.read.postgis import is_database
from geoplan.read.sources import Source, open_source

TIANJIN = Path(__file__).resolve().parent.parent / "data" / "tianjin"
PASSWORD = "s3cret word's"
LAYERS = {
    "districts": "districts.csv",
    "district_outlines": "district_outlines.geojson",
    "townships": "townships.csv",
    "municipal_units": "municipal_units.csv",
    "existing_ducts": "existing_ducts.geojson",
    "existing_cables": "existing_cables.csv",
}


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of this test, on a port of its own, with a database ``city``."""

    port: int

    def address(self, password: str = PASSWORD, **settings: str) -> str:
        """Return an address as GDAL writes it."""
        quoted = password.replace("\\", r"\\").replace("'", r"\'")
        named = {"host": "127.0.0.1", "port": str(self.port), "user": "planner", "dbname": "city"}
        named |= settings
        words = [f"{key}={value}" for key, value in named.items()]
        return " ".join(["PG:" + words[0], *words[1:], f"password='{quoted}'"])

    def admin(self, database: str = "city") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )

    def do(self, *statements: str) -> None:
        with self.admin() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def put(self, table: str, frame: pd.DataFrame) -> None:
        """Store a table under ``public``, its rows numbered by ``gid``."""
        shapes = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else None
        plain = pd.DataFrame(frame if shapes is None else frame.drop(columns=shapes.name))
        kinds = {"i": "bigint", "f": "double precision", "b": "boolean"}
        columns = [
            sql.SQL("{} {}").format(
                sql.Identifier(str(name)), sql.SQL(kinds.get(frame[name].dtype.kind, "text"))
            )
            for name in plain.columns
        ]
        columns.insert(0, sql.SQL("gid serial PRIMARY KEY"))
        if shapes is not None:
            columns.append(sql.SQL("geom geometry"))
        cells = [sql.Placeholder()] * len(plain.columns)
        drawn = [] if shapes is None else [sql.SQL("ST_GeomFromWKB(%s, 4326)")]
        names = [*map(str, plain.columns), *(["geom"] if drawn else [])]
        with self.admin() as connection, connection.cursor() as cursor:
            name = sql.Identifier(table)
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
            cursor.execute(
                sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join(columns))
            )
            insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                name,
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join([*cells, *drawn]),
            )
            rows = plain.astype(object).where(plain.notna(), None).to_numpy().tolist()
            if shapes is not None:
                wkb = shapely.to_wkb(shapes.to_numpy()).tolist()
                rows = [[*row, shape] for row, shape in zip(rows, wkb, strict=True)]
            cursor.executemany(insert, rows)


def _as_owner(folder: Path) -> dict[str, Any]:
    """Return how to run the server's programs: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for user in ("postgres", "nobody"):
        try:
            shutil.chown(folder, user)
        except LookupError:
            continue
        return {"user": user, "extra_groups": []}
    pytest.skip("root, and no user to run a database server as")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = ensure_postgis.find()
    if programs is None:
        pytest.skip("no PostGIS server found: run `make postgis`, or set GEOPLAN_POSTGRES_BIN")
    folder = Path(tempfile.mkdtemp(prefix="geoplan-postgis-"))
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    owner = _as_owner(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        with (folder / "log").open("ab") as log:
            subprocess.run(command, cwd=folder, check=True, stdout=log, stderr=log, **owner)

    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    try:
        run(
            *("initdb", "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"),
            f"--pwfile={folder / 'password'}",
        )
        run("pg_ctl", "-w", "-l", str(folder / "data" / "server.log"), "-o", settings, "start")
        made = Server(port)
        with made.admin("postgres") as connection:
            connection.execute("CREATE DATABASE city")
            connection.execute(
                sql.SQL("CREATE ROLE planner LOGIN PASSWORD {}").format(sql.Literal(PASSWORD))
            )
        # not on the search path: PostGIS is found where it is
        made.do(
            "CREATE SCHEMA gis",
            "CREATE EXTENSION postgis SCHEMA gis",
            "ALTER ROLE postgres IN DATABASE city SET search_path = public, gis",
            "GRANT USAGE ON SCHEMA gis TO planner",
            "GRANT USAGE ON SCHEMA public TO planner",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO planner",
        )
        yield made
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def city(server: Server) -> Server:
    """The server with the embedded layers in it."""
    for name, file in LAYERS.items():
        path = TIANJIN / file
        frame = gpd.read_file(path) if path.suffix == ".geojson" else _table(path)
        server.put(name, frame)
    return server


def _table(path: Path) -> pd.DataFrame:
    """Return a CSV as an office keeps it: codes as text, counts and degrees as numbers."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in frame.columns:
        if column.endswith(("lon", "lat", "_km2")):
            frame[column] = pd.to_numeric(frame[column])
        elif column in ("population", "cores", "cores_used"):
            frame[column] = frame[column].astype(np.int64)
    return frame


def from_database(server: Server, **layers: str) -> Layers:
    scenario = read_scenario(TIANJIN / "scenario.toml")
    places = {name: f"{server.address()}#{name}" for name in LAYERS} | layers
    return read_layers(replace(scenario, layers=replace(scenario.layers, **places)))


def opened(place: str) -> Source:
    found = Findings()
    source = open_source("roads", place, found)
    assert not found.faults, [fault.line("en") for fault in found.faults]
    assert source is not None
    return source


def only_fault(place: str) -> Fault:
    found = Findings()
    assert open_source("roads", place, found) is None
    (fault,) = found.faults
    for language in ("zh", "en"):
        assert "s3cret" not in fault.line(language)
    return fault


# ---- the same as from files -------------------------------------------------------------------


def test_the_city_comes_in_as_from_files(city: Server) -> None:
    files = read_layers(read_scenario(TIANJIN / "scenario.toml"))
    tables = from_database(city)
    for name in ("districts", "sites", "existing_ducts", "existing_cables"):
        one, other = getattr(files, name), getattr(tables, name)
        assert one.crs == other.crs
        assert_frame_equal(
            pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(other.drop(columns="geometry"))
        )
        assert shapely.equals_exact(one.geometry, other.geometry, tolerance=1e-6).sum() == (
            one.geometry.notna().sum()
        )
    assert [name for name, _ in tables.hashes] == list(LAYERS)
    assert tables.hashes == from_database(city).hashes
    city.do("UPDATE townships SET note = 'changed' WHERE gid = 7")
    changed = dict(from_database(city).hashes)
    assert [n for n, digest in tables.hashes if changed[n] != digest] == ["townships"]


def test_a_plan_from_a_database_holds_and_keeps_no_password(city: Server, tmp_path: Path) -> None:
    text = (TIANJIN / "scenario.toml").read_text("utf-8")
    for name, file in LAYERS.items():
        address = city.address().replace("\\", "\\\\")
        text = text.replace(f'"{file}"', f'"{address}#public.{name}"')
    quick = text[text.index("time_limit_s") :].split("\n")[0]
    (tmp_path / "scenario.toml").write_text(text.replace(quick, "time_limit_s = 1"), "utf-8")
    done = geoplan("plan", tmp_path / "scenario.toml", "--out", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    assert done.json["levels"]["township"]["served"] == 240
    plan = tmp_path / "out" / "plan.gpkg"
    checked = geoplan("check", plan, "--json")
    assert checked.code == 0
    assert checked.json["ok"]
    for file in (tmp_path / "out").rglob("*"):
        assert not file.is_file() or b"s3cret" not in file.read_bytes(), file


def test_both_ways_of_writing_an_address(city: Server) -> None:
    escaped = PASSWORD.replace(" ", "%20").replace("'", "%27")
    url = f"postgresql://planner:{escaped}@127.0.0.1:{city.port}/city#districts"
    assert is_database(url)
    assert opened(url).frame.equals(opened(f"{city.address()}#public.districts").frame)


def test_the_password_may_stand_where_libpq_looks(
    city: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"PG:host=127.0.0.1 port={city.port} user=planner dbname=city#districts"
    assert only_fault(place).rule == "layers.unreadable"
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert len(opened(place).frame) == 16


# ---- what tables hold -------------------------------------------------------------------------


def test_columns_keep_what_they_hold(server: Server) -> None:
    server.do(
        "CREATE TABLE kinds (id bigint, half numeric(6,2), day date, tags jsonb, list int[],"
        " yes boolean, note text, big bigint, geom geometry(PointZ, 4490))",
        "INSERT INTO kinds VALUES (2, 1.5, '2026-11-24', '{\"桥\": 1}', '{1,2}', true, '甲',"
        " 9007199254740993, ST_GeomFromText('POINT Z (117 39 5)', 4490)),"
        " (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    source = opened(f"{server.address()}#kinds")
    row = source.frame.loc[source.frame["id"] == 2].iloc[0]
    assert row[["day", "tags", "list", "yes", "note", "big"]].tolist() == [
        *("2026-11-24", '{"桥": 1}', "[1, 2]", True, "甲", 9007199254740993),
    ]
    assert source.frame["half"].dtype == np.float64
    assert source.crs == "EPSG:4490"
    assert source.geometry is not None
    assert sorted(map(str, source.geometry)) == ["None", "POINT Z (117 39 5)"]
    # no key: an order of its own, whatever the database hands out first
    assert source.rows == ("row 1", "row 2")
    server.do("UPDATE kinds SET note = note WHERE id = 2")
    again = opened(f"{server.address()}#kinds")
    assert again.frame.equals(source.frame)
    assert again.sha256 == source.sha256
    server.do("DROP TABLE kinds")


def test_rows_are_named_by_their_key_and_curves_become_lines(server: Server) -> None:
    server.do(
        'CREATE TABLE "道路 A" (road_class text, part int, road int, geom geometry,'
        " PRIMARY KEY (road, part))",
        "COMMENT ON TABLE \"道路 A\" IS '来自 OpenStreetMap'",
        'INSERT INTO "道路 A" VALUES'
        " ('primary', 2, 5, ST_GeomFromText('LINESTRING (117 39, 117.1 39)', 4326)),"
        " ('primary', 1, 5, ST_GeomFromText('CIRCULARSTRING (0 0, 1 1, 2 0)', 4326))",
    )
    source = opened(f"{server.address()}#道路 A")
    assert source.rows == ("road = 5, part = 1", "road = 5, part = 2")
    assert source.geometry is not None
    assert [g.geom_type for g in source.geometry] == ["LineString", "LineString"]
    assert len(source.geometry[0].coords) > 10
    assert "openstreetmap" in source.origin
    server.do('DROP TABLE "道路 A"')


def test_a_view_and_a_geography_and_a_schema(server: Server) -> None:
    server.do(
        "CREATE SCHEMA survey",
        "GRANT USAGE ON SCHEMA survey TO planner",
        "CREATE TABLE survey.lines (gid int PRIMARY KEY, path geography)",
        "INSERT INTO survey.lines VALUES (1, 'LINESTRING (117 39, 117.1 39)')",
        "CREATE VIEW survey.open_lines AS SELECT * FROM survey.lines",
        "GRANT SELECT ON ALL TABLES IN SCHEMA survey TO planner",
    )
    source = opened(f"{server.address()}#survey.open_lines")
    assert source.crs == "EPSG:4326"
    assert source.geometry is not None
    assert source.geometry[0].wkt == "LINESTRING (117 39, 117.1 39)"
    assert source.origin == "survey.open_lines"
    server.do("DROP SCHEMA survey CASCADE")


# ---- what is wrong ----------------------------------------------------------------------------


def test_wrong_password_and_no_server_are_one_fault_each(server: Server) -> None:
    fault = only_fault(f"{server.address('s3cret wrong')}#roads")
    assert fault.rule == "layers.unreadable"
    assert "planner" in fault.what.en
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        assert only_fault(f"{server.address(port=port)}#roads").rule == "layers.unreadable"


def test_a_faulty_address_is_not_quoted_in_pieces() -> None:
    fault = only_fault("PG:dbname=city password=a s3cret#roads")
    assert fault.rule == "layers.address"


def test_a_mistyped_table_and_one_that_may_not_be_read(city: Server) -> None:
    fault = only_fault(f"{city.address()}#townshps")
    assert fault.rule == "layers.unknown_layer"
    assert "public.townships" in fault.cure.en
    city.do("CREATE TABLE hidden (a int)", "REVOKE ALL ON hidden FROM planner")
    assert only_fault(f"{city.address()}#hidden").rule == "layers.unknown_layer"
    city.do("DROP TABLE hidden")


def test_several_tables_and_none(city: Server) -> None:
    fault = only_fault(city.address())
    assert fault.rule == "layers.which_layer"
    assert "public.districts" in fault.what.zh
    with city.admin("postgres") as connection:
        connection.execute("CREATE DATABASE bare")
    assert only_fault(city.address(dbname="bare")).rule == "layers.empty"


def test_geometries_must_agree(server: Server) -> None:
    server.do(
        "CREATE TABLE mixed (gid int PRIMARY KEY, geom geometry)",
        "INSERT INTO mixed VALUES (1, ST_GeomFromText('POINT (1 1)', 4326)),"
        " (2, ST_GeomFromText('POINT (1 1)', 4490))",
        "CREATE TABLE two (gid int PRIMARY KEY, a geometry, b geometry)",
        "CREATE TABLE nowhere (gid int PRIMARY KEY, geom geometry)",
        "INSERT INTO nowhere VALUES (1, ST_GeomFromText('POINT (1 1)'))",
        "CREATE TABLE bare (gid int PRIMARY KEY, geom geometry)",
    )
    assert only_fault(f"{server.address()}#mixed").rule == "layers.mixed_crs"
    assert only_fault(f"{server.address()}#two").rule == "layers.which_geometry"
    assert only_fault(f"{server.address()}#bare").rule == "layers.empty"
    assert opened(f"{server.address()}#nowhere").crs is None
    server.do("DROP TABLE mixed, two, nowhere, bare")


def test_nothing_can_be_written(server: Server) -> None:
    server.do(
        "CREATE TABLE written (a int)",
        "GRANT ALL ON written TO planner",
        "CREATE FUNCTION note() RETURNS int LANGUAGE sql AS"
        " 'INSERT INTO written VALUES (1) RETURNING 1'",
        "CREATE VIEW sly AS SELECT note() AS a",
    )
    assert only_fault(f"{server.address()}#sly").rule == "layers.unreadable"
    server.do("DROP VIEW sly", "DROP FUNCTION note", "DROP TABLE written")


def test_faults_of_tables_name_the_row_and_the_value(city: Server) -> None:
    city.do("CREATE TABLE bad AS SELECT * FROM townships", "ALTER TABLE bad ADD PRIMARY KEY (gid)")
    city.do("UPDATE bad SET lat = 95 WHERE gid = 3")
    with pytest.raises(InputError) as caught:
        from_database(city, townships=f"{city.address()}#bad")
    city.do("DROP TABLE bad")
    (fault,) = caught.value.faults
    assert (fault.rule, fault.row) == ("townships.bad_coordinate", "120101003")
    assert "117.194, 95" in fault.what.en


def test_without_the_driver_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("psycopg"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    fault = only_fault("PG:dbname=city#roads")
    assert fault.rule == "layers.no_driver"
    assert "geoplan[postgis]" in fault.cure.en
