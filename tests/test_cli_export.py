"""``geoplan export``: the formats asked for, one phase or all, files together or none."""

from __future__ import annotations

from pathlib import Path

import pytest
from instances import build_city_plan, city

from geoplan import cli
from geoplan.export import FORMATS
from geoplan.plan_file import save_plan

ENDINGS = {
    **{"gpkg": ".gpkg", "kmz": ".kmz", "dxf": ".dxf"},
    **{"shp": ".shp.zip", "ofds": ".ofds.json"},
}
Streams = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "plan.gpkg"
    save_plan(build_city_plan(city()), path)
    return path


def export(plan: Path, out: Path, *more: object) -> set[str]:
    assert cli.main(["export", str(plan), "--out", str(out), *map(str, more)]) == 0
    return {path.name for path in out.iterdir()}


def test_all_formats_by_default(plan_file: Path, tmp_path: Path, capsys: Streams) -> None:
    names = export(plan_file, tmp_path / "out", "--lang", "en")
    assert {f"works-en{ending}" for ending in ENDINGS.values()} <= names
    assert {"overview-en.xlsx", "sites-phase1-en.xlsx", "routes.csv"} <= names
    said = capsys.readouterr()
    assert said.out == ""
    assert {Path(line.strip()).name for line in said.err.splitlines()} == names
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_formats_and_phase_that_are_asked_for(plan_file: Path, tmp_path: Path) -> None:
    names = export(plan_file, tmp_path / "a", "--format", ", ".join(ENDINGS), "--phase", 1)
    assert names == {f"works-phase1-zh{ending}" for ending in ENDINGS.values()}
    names = export(plan_file, tmp_path / "b", "--format", "csv,xlsx", "--phase", 2)
    lists = {f"{name}-phase2.csv" for name in ("sites", "routes", "bill", "core_schedule")}
    assert names == {*lists, "sites-phase2-zh.xlsx"}


def test_every_wrong_word_is_told_at_once(plan_file: Path, tmp_path: Path, capsys: Streams) -> None:
    for lang, said in (("en", "did you mean gpkg?"), ("zh", "是否指 gpkg？")):
        arguments = ["export", str(plan_file), "--out", str(tmp_path / "out"), "--lang", lang]
        assert cli.main([*arguments, "--format", "gpk,dwg", "--phase", "9"]) == 2
        streams = capsys.readouterr()
        assert streams.out == ""
        for part in ("[export.format] --format gpk", "--format dwg", "--phase 9", said):
            assert part in streams.err
        assert "Traceback" not in streams.err
    assert list(tmp_path.iterdir()) == []
    assert cli.main([*arguments, "--format", ","]) == 2
    assert "export.format" in capsys.readouterr().err


def test_one_lot_in_all_phases_and_in_one(plan_file: Path, tmp_path: Path) -> None:
    names = export(plan_file, tmp_path / "a", "--format", "gpkg,csv", "--lot", "M")
    assert {"works-lotM-zh.gpkg", "sites-lotM.csv"} <= names
    assert all("lotM" in name for name in names)
    asked = ("--format", "dxf", "--lot", "120199", "--phase", 1, "--lang", "en")
    assert export(plan_file, tmp_path / "b", *asked) == {"works-phase1-lot120199-en.dxf"}


def test_a_wrong_lot_is_told_with_the_other_faults(
    plan_file: Path, tmp_path: Path, capsys: Streams
) -> None:
    asked = ["export", str(plan_file), "--out", str(tmp_path / "out")]
    wrong = ["--format", "gpk", "--phase", "9", "--lot", "120198"]
    assert cli.main([*asked, "--lang", "en", *wrong]) == 2
    told = capsys.readouterr().err
    for part in ("[export.format] --format gpk", "[export.phase] --phase 9"):
        assert part in told
    assert "[export.lot] --lot 120198" in told
    assert "did you mean 120199? One of 120199 甲区, M municipal" in told
    # a name is not a code, but what is meant is clear
    assert cli.main([*asked, "--lang", "zh", "--lot", "甲区"]) == 2
    assert "是否指 120199？可选：120199 甲区、M 市级" in capsys.readouterr().err
    assert cli.main([*asked, "--lang", "en", "--lot", "nowhere"]) == 2
    assert "-> one of 120199 甲区, M municipal" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_lot_with_nothing_to_build_is_a_fault(tmp_path: Path, capsys: Streams) -> None:
    plan = build_city_plan(city())
    phase = int(plan["sites"].set_index("site_id").loc["M-1", "phase"])
    idle = next(number for number in plan["phases"]["number"] if number != phase)
    file = tmp_path / "plan.gpkg"
    save_plan(plan, file)
    asked = ["export", str(file), "--out", str(tmp_path / "out"), "--lang", "en", "--lot", "M"]
    assert cli.main([*asked, "--phase", str(idle)]) == 2
    told = capsys.readouterr().err
    assert f"[export.lot] --lot M: nothing of this lot is built in phase {idle}" in told
    assert f"phases in which it is built: {phase};" in told
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_formats_and_a_plan_that_is_none_are_told_together(tmp_path: Path, capsys: Streams) -> None:
    out = tmp_path / "out"
    asked = ["export", str(tmp_path / "none.gpkg"), "--out", str(out), "--format", "dwg"]
    assert cli.main([*asked, "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "2 faults" in told
    assert "[export.format] --format dwg" in told
    assert "[plan.missing]" in told
    assert not out.exists()


def test_the_help_names_every_format(capsys: Streams) -> None:
    with pytest.raises(SystemExit):
        cli.main(["export", "--help"])
    assert ",".join(FORMATS) in capsys.readouterr().out.replace("\n", "").replace(" ", "")


def test_a_full_disk_leaves_nothing_behind(
    plan_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "works-zh.gpkg").write_bytes(b"of last week")

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geoplan.export.geopackage.write_geopackage", fail)
    assert cli.main(["export", str(plan_file), "--out", str(out)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == {
        "works-zh.gpkg": b"of last week"
    }
