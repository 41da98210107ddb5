from __future__ import annotations

import errno
from pathlib import Path

import pytest

from geoplan.errors import InputError
from geoplan.output_files import check_file_place, check_folder_place, staged, write_fault


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_arrive_together(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with staged(out) as stage:
        (stage / "a").write_text("1")
        (stage / "b").write_text("2")
        assert not out.exists()
    assert contents(out) == {"a": "1", "b": "2"}
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_nothing_changes_when_the_body_fails(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a").write_text("old")

    def half() -> None:
        with staged(out) as stage:
            (stage / "a").write_text("new")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        half()
    assert contents(out) == {"a": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_no_folder_appears_when_the_body_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), staged(tmp_path / "out"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_lists_of_an_earlier_plan_go_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in (
        *("sites-phase3-zh.xlsx", "sites-unserved-en.xlsx", "sites-mine.xlsx", "notes.txt"),
        *("works-zh.gpkg", "works-phase2-en.dxf", "bill-phase3.csv", "works.dxf"),
        *("works-phase1-lot120101-zh.kmz", "bill-lotM.csv", "feeders.csv"),
        *("overview-lot120101-zh.xlsx", "sites-phase1-lotM-en.xlsx"),
    ):
        (out / name).write_text("old")
    with staged(out, replace_lists=True) as stage:
        (stage / "sites-phase1-zh.xlsx").write_text("new")
    assert contents(out) == {
        "sites-phase1-zh.xlsx": "new",
        "sites-mine.xlsx": "old",
        "works.dxf": "old",
        "notes.txt": "old",
    }


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "out", tmp_path / "file" / "a" / "b"):
        with pytest.raises(InputError) as caught:
            check_folder_place(place)
        assert caught.value.faults[0].rule == "output.place"
        assert str(tmp_path / "file") in caught.value.faults[0].layer


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        check_file_place(tmp_path)
    check_file_place(tmp_path / "new" / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    fault = write_fault(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
    assert "No space left on device" in fault.line("en")
    assert str(tmp_path) in fault.line("zh")
    assert "写入失败：磁盘空间不足" in fault.line("zh")
