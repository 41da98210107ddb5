"""The command line is a contract: exit codes, JSON, messages, files whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import geoplan
from sample_plan import sample_plan

from geoplan import cli
from geoplan.datasets import tianjin_dir
from geoplan.errors import Fault, InfeasibleError, NoPlanError
from geoplan.text import Text

KEYS = {
    "status": str,
    "cost_cents": int,
    "bound_cents": int | None,
    "gap": float | None,
    "phase_gap": float,
    "seconds": float,
    "levels": dict,
    "route_km": float,
    "sheath_km": float,
    "core_km_new": float,
    "core_km_reused": float,
    "phases": list,
    "files": list,
}


@pytest.fixture(scope="session")
def answer(tianjin_plan_dir: Path) -> Any:
    return json.loads((tianjin_plan_dir / "plan.json").read_text("utf-8"))


# ---- the embedded plan ------------------------------------------------------------------------


def test_plan_json_has_the_fields_of_the_contract(answer: Any) -> None:
    assert set(answer) == set(KEYS)
    for key, kind in KEYS.items():
        assert isinstance(answer[key], kind), key
    for level in ("municipal", "district", "township"):
        count = answer["levels"][level]
        assert set(count) == {"total", "placed", "served"}
        assert count["total"] >= count["placed"] >= count["served"] > 0
    fields = {"number", "budget_cents", "cost_cents", "sites", "weight_share", "weight_bound_share"}
    assert [phase["number"] for phase in answer["phases"]] == [1, 2, 3]
    for phase in answer["phases"]:
        assert set(phase) == fields
        assert 0 <= phase["weight_share"] <= phase["weight_bound_share"] <= 1


def test_plan_serves_every_placed_township_of_the_city(answer: Any) -> None:
    assert answer["levels"]["municipal"]["total"] == 385
    assert answer["levels"]["district"] == {"total": 16, "placed": 16, "served": 16}
    assert answer["levels"]["township"]["total"] == 252
    assert answer["levels"]["township"]["served"] == answer["levels"]["township"]["placed"]


def test_plan_proves_how_good_it_is(answer: Any) -> None:
    assert answer["status"] in {"optimal", "feasible"}
    assert answer["bound_cents"] <= answer["cost_cents"]
    gap = (answer["cost_cents"] - answer["bound_cents"]) / answer["bound_cents"]
    assert answer["gap"] == pytest.approx(gap)
    assert sum(phase["cost_cents"] for phase in answer["phases"]) == answer["cost_cents"]


def test_every_file_named_is_there(answer: Any, tianjin_plan_dir: Path) -> None:
    named = sorted(Path(name).name for name in answer["files"])
    assert named == sorted(p.name for p in tianjin_plan_dir.iterdir() if p.name != "plan.json")
    assert {"plan.gpkg", "map.html", "overview-zh.xlsx", "sites.csv"} <= set(named)
    assert all(Path(name).stat().st_size > 0 for name in answer["files"])


def test_check_holds(tianjin_plan_dir: Path) -> None:
    run = geoplan("check", tianjin_plan_dir / "plan.gpkg", "--json", LANG="C")
    assert run.code == 0, run.err
    assert run.json["ok"] is True
    assert all(set(rule) == {"id", "holds", "detail"} for rule in run.json["rules"])
    ids = {rule["id"].split(".")[0] for rule in run.json["rules"]}
    assert ids >= {f"P{n}" for n in range(1, 10)}
    assert "the plan holds" in run.err


def test_map_and_export_write_what_they_are_asked_for(
    tianjin_plan_dir: Path, tmp_path: Path
) -> None:
    plan = tianjin_plan_dir / "plan.gpkg"
    run = geoplan("map", plan, "-o", "new/map.html", "--lang", "en", cwd=tmp_path)
    assert (run.code, run.out) == (0, "")
    assert (tmp_path / "new" / "map.html").stat().st_size > 10_000
    run = geoplan("export", plan, "--out", "lists", "--lang", "en", cwd=tmp_path)
    assert (run.code, run.out) == (0, "")
    names = {path.name for path in (tmp_path / "lists").iterdir()}
    assert {"overview-en.xlsx", "sites-phase1-en.xlsx", "routes.csv"} <= names
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lists", "new"]


# ---- bad input --------------------------------------------------------------------------------


def scenario_with(folder: Path, *changes: tuple[str, str]) -> Path:
    """The embedded scenario in a folder of its own, some of its text replaced."""
    copy = folder / "city"
    shutil.copytree(tianjin_dir(), copy)
    path = copy / "scenario.toml"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return path


def refused(run: Any, *said: str, code: int = 2) -> None:
    """A run that ended in a message, not in a traceback, and wrote nothing."""
    assert run.code == code, run.err
    assert "Traceback" not in run.err
    for text in said:
        assert text in run.err


def test_missing_scenario(tmp_path: Path) -> None:
    run = geoplan("plan", "none.toml", "--out", "out", cwd=tmp_path, LC_ALL="C")
    refused(run, "none.toml")
    assert run.out == ""
    assert list(tmp_path.iterdir()) == []


def test_every_fault_of_a_scenario_at_once_and_in_chinese(tmp_path: Path) -> None:
    path = scenario_with(
        tmp_path,
        ("trench_duct = { value_yuan = 165.0", "trench_duct = { value_yuan = -165.0"),
        ("# yuan = [60000000, 160000000, 140000000]", "yuan = [60000000]"),
    )
    run = geoplan("plan", path, "--out", tmp_path / "out", LC_ALL="zh_CN.UTF-8")
    refused(run, "trench_duct", "budgets", "错误：共 2 项")
    assert not (tmp_path / "out").exists()


def test_json_of_a_refusal_lists_the_faults(tmp_path: Path) -> None:
    run = geoplan("plan", "none.toml", "--out", tmp_path / "out", "--json", cwd=tmp_path)
    assert run.code == 2
    assert run.json["status"] == "bad_input"
    assert set(run.json["faults"][0]) == {"rule", "layer", "row", "what", "cure"}


def test_missing_roads(tmp_path: Path) -> None:
    run = geoplan("plan", "--roads", "none.gpkg", "--out", "out", cwd=tmp_path)
    refused(run, "none.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_output_folder_that_is_a_file_is_refused_before_planning(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    refused(geoplan("plan", "--out", "out", cwd=tmp_path, LC_ALL="C"), "is not a folder")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("command", ["check", "map", "export"])
@pytest.mark.parametrize("content", [None, b"", b"no plan at all"])
def test_plan_files_that_are_none(tmp_path: Path, command: str, content: bytes | None) -> None:
    path = tmp_path / "plan.gpkg"
    if content is not None:
        path.write_bytes(content)
    more = {"check": [], "map": ["-o", tmp_path / "m.html"], "export": ["--out", tmp_path / "x"]}
    run = geoplan(command, path, *more[command])
    # a file that is no plan breaks the first rule of a check; elsewhere it is bad input
    assert run.code in ((1, 2) if command == "check" else (2,))
    assert "Traceback" not in run.err
    assert run.err.strip()
    assert not (tmp_path / "m.html").exists()
    assert not (tmp_path / "x").exists()


def test_unknown_option_and_no_command() -> None:
    assert geoplan("plan", "--nonsense").code == 2
    assert geoplan().code == 2
    assert geoplan("map", "plan.gpkg").code == 2


def test_version_and_help() -> None:
    assert geoplan("--version").out.startswith("geoplan ")
    run = geoplan("plan", "--help", LC_ALL="zh_CN.UTF-8")
    assert run.code == 0
    assert "情景文件" in run.out


# ---- ends of a run ----------------------------------------------------------------------------


def _fault(rule: str) -> Fault:
    return Fault(rule, "sites", "H-1", Text("孤立", "isolated"), Text("改", "mend it"))


@pytest.mark.parametrize(
    ("error", "status"),
    [(InfeasibleError([_fault("P8")]), "infeasible"), (NoPlanError([_fault("P7")]), "unknown")],
)
def test_no_plan_is_exit_3(
    error: Exception,
    status: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "_make_plan", fail)
    code = cli.main(["plan", "--out", str(tmp_path / "out"), "--json", "--lang", "en"])
    out, err = capsys.readouterr()
    assert code == 3
    assert json.loads(out)["status"] == status
    assert "sites H-1: isolated -> mend it" in err
    assert list(tmp_path.iterdir()) == []


def test_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_make_plan", interrupt)
    assert cli.main(["plan", "--out", str(tmp_path / "out"), "--lang", "en"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_while_writing_leaves_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "plan.gpkg").write_text("old")

    def full(plan: object, path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "_make_plan", lambda *_: sample_plan())
    monkeypatch.setattr("geoplan.plan_file.save_plan", full)
    assert cli.main(["plan", "--out", str(out), "--lang", "en"]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert (out / "plan.gpkg").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
def test_a_reader_who_leaves_is_no_error(tianjin_plan_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "geoplan.cli", "check", tianjin_plan_dir / "plan.gpkg", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert "Traceback" not in said
    assert process.returncode == 0


def test_what_a_library_prints_never_reaches_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def noisy(*_: object) -> None:
        os.write(1, b"noise of native code\n")
        raise InfeasibleError([_fault("P8")])

    monkeypatch.setattr(cli, "_make_plan", noisy)
    code = cli.main(["plan", "--out", str(tmp_path / "out"), "--json"])
    assert code == 3
    assert json.loads(capfd.readouterr().out)["status"] == "infeasible"
    os.write(1, b"after")
    assert capfd.readouterr().out == "after"
