"""``geoplan report``: both files or none, the same bytes twice, faults with their cure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import geoplan
from verify_instance import write_plan


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plan(tmp_path_factory.mktemp("plan") / "plan.gpkg")


def test_it_writes_word_and_pdf_and_the_same_bytes_again(plan_file: Path, tmp_path: Path) -> None:
    def run(out: str) -> dict[str, bytes]:
        done = geoplan("report", plan_file, "--compare", plan_file, "--out", out, cwd=tmp_path)
        assert (done.code, done.out) == (0, ""), done.err
        assert "report-zh.pdf" in done.err
        return {path.name: path.read_bytes() for path in (tmp_path / out).iterdir()}

    first, second = run("a"), run("b")
    assert first.keys() == {"report-zh.docx", "report-zh.pdf"}
    assert first == second
    assert first["report-zh.docx"].startswith(b"PK")
    assert first["report-zh.pdf"].startswith(b"%PDF")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_english_stands_beside_chinese(plan_file: Path, tmp_path: Path) -> None:
    for language in ("zh", "en"):
        done = geoplan("report", plan_file, "--out", tmp_path / "r", "--lang", language)
        assert done.code == 0, done.err
    names = {path.name for path in (tmp_path / "r").iterdir()}
    assert names == {
        f"report-{tongue}.{kind}" for tongue in ("zh", "en") for kind in ("docx", "pdf")
    }


def test_every_plan_that_is_none_is_named_and_nothing_is_written(
    plan_file: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.gpkg"
    bad.write_bytes(b"no plan at all")
    done = geoplan(
        *("report", plan_file, "--compare", "none.gpkg", bad, "--out", "out"),
        cwd=tmp_path,
        LANG="C",
    )
    assert done.code == 2
    assert "2 faults" in done.err
    assert "none.gpkg" in done.err
    assert "bad.gpkg" in done.err
    assert "Traceback" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.gpkg"]


def test_a_folder_that_is_a_file_is_refused(plan_file: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = geoplan("report", plan_file, "--out", "out", cwd=tmp_path, LANG="C")
    assert done.code == 2
    assert "is not a folder" in done.err
    assert (tmp_path / "out").read_text() == "mine"


def test_without_its_parts_the_command_names_the_cure(plan_file: Path, tmp_path: Path) -> None:
    # packages of the same names that can't be imported stand for packages that are not there
    for name in ("docx", "typst", "matplotlib", "pylopdf_fonts_zh_cn"):
        broken = tmp_path / name
        broken.mkdir()
        (broken / "__init__.py").write_text("raise ImportError(__name__)\n")
        done = geoplan(
            "report", plan_file, "--out", tmp_path / "out", LC_ALL="zh_CN.UTF-8",
            PYTHONPATH=str(tmp_path),
        )  # fmt: skip
        assert done.code == 2, name
        assert "report.part_missing" in done.err
        assert "pip install 'geoplan[report]'" in done.err
        assert "Traceback" not in done.err
        shutil.rmtree(broken)
    assert not (tmp_path / "out").exists()
