"""The section [locks]: read, written back the same, and every fault told with its row."""

from __future__ import annotations

from pathlib import Path

import pytest
from instances import CITY_TOML

from geoplan.errors import InputError
from geoplan.lock_rules import CommitmentRule, LockRules, RouteRule, SiteRule
from geoplan.scenario_toml import parse_scenario, render_scenario

LOCKS = """
[locks]
cash_limits_yuan = [100.5, 200, 300]
built = "earlier/plan.gpkg"
built_phases = 1
[[locks.sites]]
site = "T1"
phase = 2
[[locks.sites]]
site = "T2"
not_in = [3, 1]
[[locks.sites]]
site = "T3"
earliest = 2
latest = 3
[[locks.routes]]
use = "must"
edge_id = 0
by_phase = 2
[[locks.routes]]
use = "must_not"
stretch = 7
[[locks.routes]]
use = "must_not"
existing_id = "DU-1"
[[locks.commitments]]
district = "120101"
townships = 5
by_phase = 1
[[locks.commitments]]
district = "120102"
share = 0.5
by_phase = 3
"""
PATH = Path("city/scenario.toml")


def test_every_lock_is_read() -> None:
    locks = parse_scenario(CITY_TOML + LOCKS, path=PATH).locks
    assert locks == LockRules(
        sites=(
            SiteRule("T1", phase=2),
            SiteRule("T2", not_in=(1, 3)),
            SiteRule("T3", earliest=2, latest=3),
        ),
        routes=(
            RouteRule(True, edge_id=0, by_phase=2),
            RouteRule(False, stretch=7),
            RouteRule(False, existing_id="DU-1"),
        ),
        commitments=(
            CommitmentRule("120101", 1, townships=5),
            CommitmentRule("120102", 3, share=0.5),
        ),
        cash_limits_cents=(10_050, 20_000, 30_000),
        built=str(PATH.parent.absolute() / "earlier" / "plan.gpkg"),
        built_phases=1,
    )


def test_phases_that_a_lock_allows() -> None:
    """The last entry is "never": allowed unless the lock says that the site must be served."""
    assert SiteRule("T", phase=2).allowed(3) == (False, True, False, False)
    assert SiteRule("T", not_in=(1, 3)).allowed(3) == (False, True, False, True)
    assert SiteRule("T", earliest=2).allowed(3) == (False, True, True, True)
    assert SiteRule("T", latest=2).allowed(3) == (True, True, False, False)


def test_written_back_the_same_and_relative() -> None:
    scenario = parse_scenario(CITY_TOML + LOCKS, path=PATH)
    text = render_scenario(scenario)
    assert parse_scenario(text, path=PATH) == scenario
    assert 'built = "earlier/plan.gpkg"' in text
    assert "100.50" in text


def test_without_locks_nothing_is_written() -> None:
    scenario = parse_scenario(CITY_TOML, path=PATH)
    assert not scenario.locks
    assert "[locks]" not in render_scenario(scenario)


FAULTY = """
[locks]
cash_limits_yuan = [1]
built_phases = 2
colour = "red"
[[locks.sites]]
site = "T1"
[[locks.sites]]
site = "T2"
earliest = 3
latest = 2
[[locks.sites]]
site = "T2"
phase = 4
[[locks.routes]]
use = "may"
edge_id = 1
stretch = 2
[[locks.routes]]
use = "must_not"
stretch = 2
by_phase = 1
[[locks.commitments]]
district = "1"
by_phase = 1
"""


def test_every_fault_at_once_with_its_row() -> None:
    with pytest.raises(InputError) as caught:
        parse_scenario(CITY_TOML + FAULTY, path=PATH)
    told = {
        (f.rule.removeprefix("scenario."), f.layer.removeprefix("scenario "))
        for f in caught.value.faults
    }
    assert told == {
        ("cash_limits_and_phases", "[locks]"),
        ("one_of", "[locks]"),
        ("unknown_key", "[locks]"),
        ("empty_lock", "[locks.sites 1]"),
        ("lock_never", "[locks.sites 2]"),
        ("out_of_range", "[locks.sites 3]"),
        ("unknown_value", "[locks.routes 1]"),
        ("one_of", "[locks.routes 1]"),
        ("lock_by_phase", "[locks.routes 2]"),
        ("one_of", "[locks.commitments 1]"),
    }
    assert all(f.cure.zh and f.cure.en for f in caught.value.faults)
