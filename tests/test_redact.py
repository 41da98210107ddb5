"""Passwords of layer addresses are neither stored nor shown."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from geoplan.read.findings import Findings
from geoplan.read.sources import open_source
from geoplan.redact import redacted
from geoplan.scenario_toml import examine_scenario, parse_scenario, render_scenario, scenario_faults

PATH = Path(__file__).resolve().parent.parent / "data" / "tianjin" / "scenario.toml"
BASE = parse_scenario(PATH.read_text("utf-8"), path=PATH)
SECRET = "s3cr3t"
ADDRESSES = [
    f"postgresql://anna:{SECRET}@db.example/city",
    f"postgresql://anna:x@{SECRET}/y@db.example:5432/city#roads",
    f"PG:host=db.example user=anna password={SECRET} dbname=city",
    f"PG:dbname=city password={SECRET},more;{SECRET}",
    f"PG:dbname=city password='{SECRET} more'#gis.roads",
    f"PG:dbname=city password = 'a {SECRET} \\' {SECRET}' user=anna",
    f"pg:dbname=city PASSWORD={SECRET}",
    f"postgresql://db.example/city?user=anna&password={SECRET}",
    f"MYSQL:city,user=anna,password={SECRET},port=3306",
    f"MSSQL:server=db;database=city;UID=anna;PWD={{a {SECRET}}};tables=roads",
    f"OCI:anna/{SECRET}@db.example",
    f"/vsicurl/https://anna:{SECRET}@files.example/roads.gpkg",
    f"https://tiles.example/wfs?service=WFS&tk={SECRET}&version=2",
    f"https://files.example/roads.gpkg?sv=1&sig={SECRET}%3D",
    f"WFS:https://api.example/?access_token={SECRET}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_password_is_left(address: str) -> None:
    assert SECRET not in redacted(address)
    assert "***" in redacted(address)
    assert redacted(redacted(address)) == redacted(address)
    # also where a sentence quotes it
    assert SECRET not in redacted(f'"{address}" can\'t be read: no such host')


@pytest.mark.parametrize(
    "plain",
    [
        "roads.gpkg#main",
        "/vsizip/a.zip/b.shp",
        "C:\\data\\roads.gpkg",
        "https://example.org:8080/roads.gpkg",
        "PG:dbname=city host=db.example user=anna",
        "/srv/pass/tokens/roads.shp",
        "方案总造价 1.26 亿元",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(plain: str) -> None:
    assert redacted(plain) == plain


def test_where_the_secret_stood_is_still_told() -> None:
    assert redacted("PG:host=db password=x dbname=city") == "PG:host=db password=*** dbname=city"
    assert redacted("PG:dbname=a password='x y'#gis.roads") == "PG:dbname=a password=***#gis.roads"
    assert redacted("MYSQL:city,password=x,port=3306") == "MYSQL:city,password=***"


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_stored_scenario_holds_no_password(address: str) -> None:
    changed = replace(BASE, layers=replace(BASE.layers, roads=address))
    text = render_scenario(changed)
    assert SECRET not in text
    # and it is still a scenario that can be read: the verifier reads it
    assert parse_scenario(text, path=PATH).layers.roads == redacted(address)
    assert tomllib.loads(text)["layers"]["districts"] == "districts.csv"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_scenario_with_a_password_has_no_fault(address: str) -> None:
    changed = replace(BASE, layers=replace(BASE.layers, roads=address))
    assert scenario_faults(changed) == []
    locked = replace(BASE, locks=replace(BASE.locks, built=address))
    assert not any("not_in_a_file" in fault.rule for fault in scenario_faults(locked))


@pytest.mark.parametrize("address", ADDRESSES)
def test_faults_of_a_layer_show_no_password(address: str) -> None:
    found = Findings()
    # a scheme that GDAL does not know, so that no test reaches for a network
    assert open_source("roads", f"nosuch-{address}", found) is None
    assert found.faults
    for fault in found.faults:
        assert SECRET not in fault.line("zh") + fault.line("en")


def test_faults_of_the_scenario_show_no_password() -> None:
    # so long that the message is cut before the address ends
    address = f"postgresql://anna:{SECRET}{'x' * 80}@db.example/city"
    text = BASE.toml.replace("[layers]", f'[layers]\nroads = ["{address}"]', 1)
    _, faults = examine_scenario(text, path=PATH)
    assert any(fault.row == "roads" for fault in faults)
    assert not any(SECRET in fault.line("zh") + fault.line("en") for fault in faults)
