"""What is installed: the wheel holds the embedded data, the pins hold no address."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (made,) = out.glob("*.whl")
    return made


def test_wheel_holds_code_data_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {
        f"geoplan/_data/tianjin/{path.name}"
        for path in (ROOT / "data" / "tianjin").iterdir()
        if path.is_file()
    }
    assert "geoplan/_data/tianjin/scenario.toml" in data
    assert data <= names
    tracked = subprocess.run(
        ["git", "ls-files", "geoplan"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    code = set(tracked.stdout.split())
    assert "geoplan/py.typed" in code
    assert code <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "notebooks/")) for name in names)


def test_installed_wheel_finds_its_data_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(place)
    code = (
        "import geoplan; from geoplan.datasets import tianjin_scenario;"
        "from geoplan.read import read_scenario;"
        "print(geoplan.__file__); print(read_scenario(tianjin_scenario()).path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(place)},
        check=True,
        capture_output=True,
        text=True,
    )
    for line in done.stdout.split("\n")[:2]:
        assert Path(line).is_relative_to(place)


def test_pins_are_exact_and_without_address() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(pins) > 50
    for pin in pins:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", pin), pin
    assert "://" not in text


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra

    def plain(requirement: str) -> str:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert name is not None
        return re.sub(r"[-_.]+", "-", name.group()).lower()

    pinned = {
        plain(line)
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    assert {plain(requirement) for requirement in wanted} <= pinned
