"""What `make` relies on before anything is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ensure_chromium
import ensure_postgis
import environment
import pytest


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts stand in for browsers")
def test_a_browser_counts_only_when_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = program(tmp_path / "chromium", "echo Chromium 140.0")
    stub = program(tmp_path / "chromium-browser", "echo needs snap >&2; exit 10")
    other = program(tmp_path / "firefox", "echo Firefox 140.0")
    assert ensure_chromium.starts(str(good))
    assert not ensure_chromium.starts(str(stub))
    assert not ensure_chromium.starts(str(other))
    assert not ensure_chromium.starts(str(tmp_path / "none"))
    monkeypatch.setenv("GEOPLAN_CHROMIUM", str(good))
    assert ensure_chromium.find() == str(good)
    monkeypatch.setenv("GEOPLAN_CHROMIUM", str(stub))
    assert ensure_chromium.find() is None


def test_no_browser_at_all_is_one_clear_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GEOPLAN_CHROMIUM", raising=False)
    monkeypatch.setattr(ensure_chromium, "find", lambda: None)
    monkeypatch.setattr(ensure_chromium, "as_root", lambda: None)
    ran: list[list[str]] = []
    monkeypatch.setattr(ensure_chromium, "quiet", lambda command: bool(ran.append(command)))
    assert ensure_chromium.main() == 1
    assert [command[1:] for command in ran] == [["-m", "playwright", "install", "chromium"]]
    out, err = capsys.readouterr()
    assert out == ""
    assert "GEOPLAN_CHROMIUM=" in err


def test_a_database_server_counts_only_with_postgis_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "lib" / "postgresql" / "15" / "bin"
    programs.mkdir(parents=True)
    for name in ("initdb", "pg_ctl"):
        program(programs / name, "exit 0")
    extension = tmp_path / "share" / "postgresql" / "15" / "extension"
    extension.mkdir(parents=True)
    (extension / "postgis.control").touch()
    assert not ensure_postgis.serves(programs)  # a client's programs only
    program(programs / "postgres", "exit 0")
    assert ensure_postgis.serves(programs)
    monkeypatch.setenv("GEOPLAN_POSTGRES_BIN", str(programs))
    assert ensure_postgis.find() == programs
    (extension / "postgis.control").unlink()
    assert ensure_postgis.find() is None


def test_no_database_server_at_all_is_one_clear_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ensure_postgis, "find", lambda: None)
    monkeypatch.setattr(ensure_postgis, "as_root", lambda: None)
    assert ensure_postgis.main() == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "GEOPLAN_POSTGRES_BIN=" in err


def test_environment_is_left_alone_while_its_stamp_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def create(venv: Path) -> None:
        done.append("create")
        environment.interpreter(venv).parent.mkdir(parents=True, exist_ok=True)
        environment.interpreter(venv).touch()

    monkeypatch.setattr(environment, "create", create)
    monkeypatch.setattr(environment, "install", lambda venv, target: done.append(target))
    pins = tmp_path / "constraints.txt"
    pins.write_text("a==1\n")
    monkeypatch.setattr(environment, "CONSTRAINTS", pins)

    def make(target: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["environment", target, "--venv", str(tmp_path / "v")])
        done.clear()
        assert environment.main() == 0
        return list(done)

    assert make("run") == ["create", "run"]
    assert make("run") == []
    assert make("test") == ["test"]
    assert make("run") == []
    pins.write_text("a==2\n")
    assert make("run") == ["create", "run"]
    assert make("test") == ["test"]


def test_an_older_python_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "OLDEST", (99, 0))
    monkeypatch.setattr(sys, "argv", ["environment", "run"])
    assert environment.main() == 2
    assert "make PYTHON=" in capsys.readouterr().err


def test_make_without_a_target_says_what_there_is() -> None:
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(["make"], cwd=root, capture_output=True, text=True, check=True)
    assert "make plan" in done.stdout
    assert "make test" in done.stdout
