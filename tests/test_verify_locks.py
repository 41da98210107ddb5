"""The verifier and locks: kept ones hold, and each broken lock fails the check by its own rule."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import verify_instance as tiny

from geoplan.verify import CheckReport, check_plan

BUILT = {
    "sites": {"D1": 1, "T1": 1},
    "ways": {"T1/1": [["direct_buried", "", 3000.0]]},
}


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_plan(tmp_path_factory.mktemp("locks") / "plan.gpkg")


def check(
    intact: Path, folder: Path, locks: str, *changes: str, built: object = None
) -> CheckReport:
    """Check a copy of the intact plan with locks in its scenario, changed by SQL."""
    path = Path(shutil.copy(intact, folder / "plan.gpkg"))
    connection = sqlite3.connect(path)
    with connection:
        text = json.dumps(tiny.SCENARIO + locks, ensure_ascii=False)
        connection.execute("update provenance set value = ? where key = 'scenario_toml'", (text,))
        if built is not None:
            row = ("built", json.dumps(built))
            connection.execute("insert into provenance (key, value) values (?, ?)", row)
        for change in changes:
            assert connection.execute(change).rowcount
    connection.close()
    return check_plan(path)


KEPT = """
[locks]
cash_limits_yuan = [4022759.00, 114391.00]
[[locks.sites]]
site = "T1"
phase = 1
[[locks.sites]]
site = "T3"
not_in = [1]
earliest = 2
latest = 2
[[locks.sites]]
site = "T2"
earliest = 2
[[locks.routes]]
use = "must"
edge_id = 7
[[locks.routes]]
use = "must"
existing_id = "CA1"
by_phase = 1
[[locks.routes]]
use = "must_not"
edge_id = 6
[[locks.commitments]]
district = "01"
townships = 2
by_phase = 2
[[locks.commitments]]
district = "01"
share = 0.33
by_phase = 1
"""


def test_kept_locks_hold(intact: Path, tmp_path: Path) -> None:
    report = check(intact, tmp_path, KEPT)
    assert report.broken() == ()
    assert "3 locks on sites" in report.rule("locks.sites").detail.en
    assert "2 promises" in report.rule("locks.commitments").detail.en


BROKEN: dict[str, tuple[str, str]] = {
    "another phase": ("locks.sites", '[[locks.sites]]\nsite = "T1"\nphase = 2'),
    "phase forbidden": ("locks.sites", '[[locks.sites]]\nsite = "T3"\nnot_in = [2]'),
    "too early": ("locks.sites", '[[locks.sites]]\nsite = "T1"\nearliest = 2'),
    "too late": ("locks.sites", '[[locks.sites]]\nsite = "T3"\nlatest = 1'),
    "not served": ("locks.sites", '[[locks.sites]]\nsite = "T2"\nlatest = 2'),
    "no such site": ("locks.sites", '[[locks.sites]]\nsite = "T9"\nearliest = 1'),
    "route unused": ("locks.routes", '[[locks.routes]]\nuse = "must"\nedge_id = 6'),
    "route too late": ("locks.routes", '[[locks.routes]]\nuse = "must"\nedge_id = 7\nby_phase = 1'),
    "route used": ("locks.routes", '[[locks.routes]]\nuse = "must_not"\nstretch = 4'),
    "duct used": ("locks.routes", '[[locks.routes]]\nuse = "must_not"\nexisting_id = "DU1"'),
    "no such route": ("locks.routes", '[[locks.routes]]\nuse = "must_not"\nedge_id = 99'),
    "cash by one cent": (
        "locks.cash_limits",
        "[locks]\ncash_limits_yuan = [4022759.00, 114390.99]",
    ),
    "cash limits lost": ("locks.cash_limits", "[locks]\ncash_limits_yuan = [4022759.00]"),
    "promise of townships": (
        "locks.commitments",
        '[[locks.commitments]]\ndistrict = "01"\ntownships = 2\nby_phase = 1',
    ),
    "promise of a share": (
        "locks.commitments",
        '[[locks.commitments]]\ndistrict = "01"\nshare = 0.67\nby_phase = 2',
    ),
    "promise to nobody": (
        "locks.commitments",
        '[[locks.commitments]]\ndistrict = "99"\nshare = 0.0\nby_phase = 2',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_lock_fails_its_rule_alone(name: str, intact: Path, tmp_path: Path) -> None:
    rule, locks = BROKEN[name]
    report = check(intact, tmp_path, "\n" + locks)
    assert report.broken() == (rule,)
    assert not report.ok


def test_site_moved_out_of_its_locked_phase(intact: Path, tmp_path: Path) -> None:
    report = check(intact, tmp_path, KEPT, "update sites set phase = 2 where site_id = 'T1'")
    assert {"locks.sites", "locks.commitments"} <= set(report.broken())


NAMED = '\n[locks]\nbuilt = "plan.gpkg"\nbuilt_phases = 1\n'


def test_what_is_built_stays(intact: Path, tmp_path: Path) -> None:
    assert check(intact, tmp_path, NAMED, built=BUILT).broken() == ()


@pytest.mark.parametrize(
    "built",
    [
        None,
        "all",
        {**BUILT, "sites": {"D1": 1, "T3": 1}},
        {**BUILT, "sites": {"T9": 1}},
        {**BUILT, "ways": {"T1/1": [["duct", "", 3000.0]]}},
        {**BUILT, "ways": {"T9/1": []}},
    ],
)
def test_what_is_built_and_changed_fails(intact: Path, tmp_path: Path, built: object) -> None:
    assert check(intact, tmp_path, NAMED, built=built).broken() == ("locks.built",)


def test_built_part_that_no_lock_asks_for(intact: Path, tmp_path: Path) -> None:
    assert check(intact, tmp_path, "", built=BUILT).broken() == ("locks.built",)
