from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from sample_plan import FORMULA, sample_plan

from geoplan.export import export_packs
from geoplan.export.csv import guard, write_csvs
from geoplan.export.selection import Selection


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("和平区", "和平区"),
        ("=1+1", "'=1+1"),
        ("+8622", "'+8622"),
        ("-乡", "'-乡"),
        ("@镇", "'@镇"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_guard(text: str, written: str) -> None:
    assert guard(text) == written


def test_files_and_their_mark_for_excel(tmp_path: Path) -> None:
    files = write_csvs(sample_plan(), tmp_path, language="zh")
    assert [f.name for f in files] == ["sites.csv", "routes.csv", "bill.csv", "core_schedule.csv"]
    for path in files:
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        assert all(row["密级"] == "内部资料" for row in read(path))
        assert [label for label in read(path)[0] if "ODbL" in label] == [
            "数据来源声明：© OpenStreetMap contributors (ODbL 1.0)"
        ]


def test_money_is_exact_and_adds_up(tmp_path: Path) -> None:
    write_csvs(sample_plan(), tmp_path, language="zh")
    amounts = [row["合价（元）"] for row in read(tmp_path / "bill.csv")]
    assert amounts == ["16500.00", "1000.00", "9600.00", "200.55"]
    assert sum(map(Decimal, amounts)) == Decimal("27300.55")


def test_sites_have_places_and_words(tmp_path: Path) -> None:
    write_csvs(sample_plan(), tmp_path, language="en")
    sites = {row["site id"]: row for row in read(tmp_path / "sites.csv")}
    assert sites["U-1"]["name"] == "'" + FORMULA
    assert sites["A-HUB"]["level"] == "district hub"
    assert sites["A-HUB"]["served"] == "yes"
    # X = 500 km is the central meridian of EPSG:4548, 117 degrees east
    assert abs(float(sites["A-HUB"]["longitude"]) - 117.0) < 0.01
    assert float(sites["A-HUB"]["northing (EPSG:4548)"]) == 4_320_000.0
    assert sites["B-T2"]["longitude"] == sites["B-T2"]["easting (EPSG:4548)"] == ""
    assert sites["CORE-1"]["link loss (dB)"] == ""


def test_export_packs_lists_every_file(tmp_path: Path) -> None:
    files = export_packs(sample_plan(), tmp_path, language="en")
    assert sorted(files) == sorted(tmp_path.iterdir())
    assert len(files) == 8


def test_one_phase_has_its_own_files(tmp_path: Path) -> None:
    files = write_csvs(sample_plan(), tmp_path, language="zh", selection=Selection(phase=2))
    assert [path.name for path in files] == [
        f"{name}-phase2.csv" for name in ("sites", "routes", "bill", "core_schedule")
    ]
    assert [row["站点编号"] for row in read(files[0])] == ["A-T1", "B-T1"]
    assert [row["合价（元）"] for row in read(files[2])] == ["9600.00", "200.55"]
    assert all(row["密级"] == "内部资料" for path in files for row in read(path))
