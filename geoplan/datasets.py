"""The embedded data: where the Tianjin layers and their scenario lie on disk.

In an installed wheel they travel inside the package (``geoplan/_data/tianjin``); in a checkout
they are the top-level folder ``data/tianjin``. Callers get plain paths: the embedded data is
read through the same door as a user's own.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from geoplan.errors import Fault, InputError
from geoplan.text import Text

__all__ = ["PlanningFact", "planning_facts", "tianjin_dir", "tianjin_scenario"]

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class PlanningFact:
    """One fact beside the plan: what was there, what is asked for, what others have done.

    ``part`` is ``present``, ``demand``, ``reference`` or ``band``; ``kind`` is ``cited`` or
    ``derived``; ``source`` names who says so, or the formula.
    """

    fact_id: str
    part: str
    name: Text
    value: Text
    kind: str
    source: Text


def tianjin_dir() -> Path:
    """Return the folder that holds the embedded Tianjin layers.

    The packaged copy comes first: an installed geoplan must never pick up a folder that
    happens to be called ``data`` beside it.

    Raises
    ------
    InputError
        When neither place holds the data (a damaged installation).
    """
    places = (_PACKAGE / "_data" / "tianjin", _PACKAGE.parent / "data" / "tianjin")
    for place in places:
        if (place / "scenario.toml").is_file():
            return place
    raise InputError(
        [
            Fault(
                rule="datasets.missing",
                layer="data/tianjin",
                row="",
                what=Text(
                    "找不到内置的天津数据（安装不完整）",
                    "the embedded Tianjin data is missing (incomplete installation)",
                ),
                cure=Text("请重新安装 geoplan", "install geoplan again"),
            )
        ]
    )


def tianjin_scenario() -> Path:
    """Return the path of the embedded Tianjin scenario (a TOML file)."""
    return tianjin_dir() / "scenario.toml"


def planning_facts(scenario_id: str) -> tuple[PlanningFact, ...]:
    """Return the facts that go with a scenario: its own, and those that hold for every city.

    >>> [fact.fact_id for fact in planning_facts("elsewhere") if fact.part == "demand"]
    ['demand_prefecture', 'demand_county']
    """
    path = tianjin_dir() / "planning_facts.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(
            PlanningFact(
                row["fact_id"],
                row["part"],
                Text(row["name_zh"], row["name_en"]),
                Text(row["value_zh"], row["value_en"]),
                row["kind"],
                Text(row["source_zh"], row["source_en"]),
            )
            for row in csv.DictReader(stream)
            if row["scenario_id"] in ("", scenario_id)
        )
