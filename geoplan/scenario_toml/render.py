"""The way back: from a scenario to the text of a scenario file that says the same.

A what-if is a changed value, so the text a scenario was read from may no longer say what was
planned. A plan file therefore carries the text rendered here, never the one that was read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from geoplan.redact import redacted
from geoplan.scenario import (
    AccessRules,
    CoreNode,
    Figure,
    Optic,
    PhaseRule,
    Price,
    Scenario,
)
from geoplan.scenario_toml.locks import lock_pairs
from geoplan.scenario_toml.places import folder_of, layer_source
from geoplan.units import CENTS_PER_YUAN

__all__ = ["FORMAT", "render_scenario"]

FORMAT = 1
"""Number of the file format: one in which something means something else gets another."""


def render_scenario(scenario: Scenario) -> str:
    """Write a scenario as the complete text of a scenario file (TOML).

    Parsing the text again, with the scenario's ``path``, gives an equal scenario, but for the
    passwords in addresses of layers: a plan file is passed on, so they stay out of it. The text
    depends on the values only, so equal scenarios have equal text. Layer paths below the
    scenario's folder are written relative to it: a plan file then says nothing about the
    machine it was made on.

    Returns
    -------
    TOML with Unix line ends, without comments.
    """
    budgets, access, solve = scenario.budgets, scenario.access, scenario.solve
    policy, optics = scenario.policy, scenario.optics
    prices = scenario.prices.values()
    placeholders = [price for price in prices if price.kind == "placeholder"]
    vouched = [price for price in prices if price.kind != "placeholder"]
    money: dict[str, Any] = {}
    if budgets.given_cents is not None:
        money["yuan"] = [_Yuan(cents) for cents in budgets.given_cents]
    money["factor"] = budgets.factor
    money["round_to_yuan"] = budgets.round_to_cents // CENTS_PER_YUAN
    money |= {"kind": budgets.kind, "source": budgets.source}
    attenuation = {
        f"attenuation_{nm}_db_per_km": figure for nm, figure in optics.attenuation_db_per_km.items()
    }
    parts = [
        _pairs({"format": FORMAT}),
        _table("scenario", _heading(scenario)),
        _table("layers", _layers(scenario)),
        *(_table("core", _core(core), array=True) for core in scenario.cores),
        _table("policy", _values(policy)),
        *([_table("rings", _values(scenario.rings))] if scenario.rings else []),
        *([_table("longest_way", _given(scenario.longest_way))] if scenario.longest_way else []),
        _table("prices", {price.price_id: _price(price) for price in vouched}),
        _table("placeholder_prices", {price.price_id: _price(price) for price in placeholders}),
        _table("cable", _values(scenario.cable)),
        _table("route", _values(scenario.route)),
        *_access(access),
        _table(
            "optics",
            {
                "splice_db": optics.splice_db,
                "connector_db": optics.connector_db,
                "connectors": optics.connectors,
                **attenuation,
            },
        ),
        *(_table("optics.types", _optic(optic), array=True) for optic in optics.types),
        _table("weights", _values(scenario.weights)),
        *(_table("phases", _phase(phase), array=True) for phase in scenario.phases),
        _table("budgets", money),
        _table("solve", _values(solve)),
        *_locks(scenario),
    ]
    return "\n".join(parts)


# ---- parts of the file ------------------------------------------------------------------------


def _heading(scenario: Scenario) -> dict[str, Any]:
    return {
        "id": scenario.scenario_id,
        "title_zh": scenario.title.zh,
        "title_en": scenario.title.en,
        "classification_zh": scenario.classification.zh,
        "classification_en": scenario.classification.en,
        "planning_crs": scenario.planning_crs,
    }


def _layers(scenario: Scenario) -> dict[str, Any]:
    """Return the layers' settings, without those that nobody set."""
    folder = folder_of(scenario.path)
    start = f"{folder / '_'}"[:-1]  # the folder with its separator at the end
    plain = ("input_crs", "roads_attribution", "attributions")
    written: dict[str, Any] = {}
    for name, value in _values(scenario.layers).items():
        if value is None or (name in plain and not value):
            continue
        near = value.removeprefix(start) if name not in plain else value
        # only where reading it leads back to the same place
        kept = near if name in plain or layer_source(near, folder) == value else value
        written[name] = redacted(kept) if isinstance(kept, str) else kept
    return written


def _locks(scenario: Scenario) -> list[str]:
    """Return the section of locks, none when there are none: old files stay as they are."""
    if not scenario.locks:
        return []
    head, lists = lock_pairs(scenario.locks, _Yuan)
    if "built" in head:
        head["built"] = _near(head["built"], folder_of(scenario.path))
    return [
        _table("locks", head),
        *(_table(f"locks.{key}", row, array=True) for key, rows in lists.items() for row in rows),
    ]


def _near(value: str, folder: Path) -> str:
    """Return a path relative to the scenario's folder where that leads back to the same place."""
    near = value.removeprefix(f"{folder / '_'}"[:-1])
    return redacted(near if layer_source(near, folder) == value else value)


def _access(access: AccessRules) -> list[str]:
    """Return the section on access; what only repeats the default is left out."""
    values = _values(access)
    parts = {name: values.pop(name) for name in ("ring_pair", "splitter")}
    if access.municipal_architecture == access.architecture:
        del values["municipal_architecture"]
    tables = [_table(f"access.{name}", _values(part)) for name, part in parts.items() if part]
    return [_table("access", values), *tables]


def _optic(optic: Optic) -> dict[str, Any]:
    values = _values(optic)
    if optic.link == "duplex":
        del values["link"]
    return values


def _core(core: CoreNode) -> dict[str, Any]:
    values = _values(core)
    return {"id": values.pop("site_id"), **values}


def _price(price: Price) -> _Inline:
    return _Inline(
        {
            "value_yuan": _Yuan(price.value_cents),
            "per": price.per,
            "kind": price.kind,
            "source": price.source,
        }
    )


def _phase(phase: PhaseRule) -> dict[str, Any]:
    return {
        "name_zh": phase.name.zh,
        "name_en": phase.name.en,
        "gain": phase.gain,
        "share": phase.share,
    }


def _values(record: object) -> dict[str, Any]:
    """Return the fields of a frozen record by name, not deeper (``asdict`` would go deeper)."""
    return {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]


def _given(record: object) -> dict[str, Any]:
    """Return the fields of a frozen record that are set."""
    return {name: value for name, value in _values(record).items() if value is not None}


# ---- TOML -------------------------------------------------------------------------------------


class _Yuan(int):
    """Cents that are written as yuan with two decimals: exact, where a float need not be."""


class _Inline(dict[str, Any]):
    """A table written on one line."""


def _table(name: str, values: Mapping[str, Any], *, array: bool = False) -> str:
    head = f"[[{name}]]" if array else f"[{name}]"
    return f"{head}\n{_pairs(values)}"


def _pairs(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _toml(value: Any) -> str:
    """Write one value; numbers of any library become plain ones."""
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the one control character that JSON lets pass
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, _Yuan):
        sign, (yuan, cents) = "-" if value < 0 else "", divmod(abs(value), CENTS_PER_YUAN)
        return f"{sign}{yuan}.{cents:02d}"
    if isinstance(value, Figure):
        value = _Inline({"value": float(value.value), "kind": value.kind, "source": value.source})
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, Iterable):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # integers stay integers: the reader asks for them
    return str(int(value)) if hasattr(value, "__index__") else repr(float(value))
