"""The section ``[locks]`` of a scenario file: decisions that a plan must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from geoplan.lock_rules import CommitmentRule, LockRules, RouteRule, SiteRule
from geoplan.scenario_toml.places import layer_source
from geoplan.scenario_toml.table import TomlTable
from geoplan.text import Text
from geoplan.units import yuan_to_cents

__all__ = ["lock_pairs", "read_locks"]

_T = TypeVar("_T")
_LARGEST_YUAN = 1e12
_NAMED_BY = ("edge_id", "stretch", "existing_id")
_USE = ("must", "must_not")


def read_locks(table: TomlTable, n_phases: int, folder: Path) -> LockRules:
    """Read [locks] with its lists of sites, routes and commitments.

    Parameters
    ----------
    n_phases
        Number of phases of the scenario: no lock may name another one.
    folder
        Where a relative path of ``built`` starts.
    """
    most = max(1, n_phases)
    return LockRules(
        sites=_rows(table, "sites", lambda row: _site(row, most)),
        routes=_rows(table, "routes", lambda row: _route(row, most)),
        commitments=_rows(table, "commitments", lambda row: _commitment(row, most)),
        cash_limits_cents=_cash_limits(table, n_phases),
        built=layer_source(table.text("built"), folder) if table.has("built") else None,
        built_phases=_built_phases(table, most),
    )


def _rows(table: TomlTable, key: str, build: Callable[[TomlTable], _T]) -> tuple[_T, ...]:
    """Build one value per row of the list ``key`` and note each row's unknown keys."""
    if not table.has(key):
        return ()
    made = []
    for row in table.tables(key):
        made.append(build(row))
        row.close()
    return tuple(made)


def _phase(row: TomlTable, key: str, most: int) -> int | None:
    return row.integer(key, low=1, high=most) if row.has(key) else None


def _site(row: TomlTable, most: int) -> SiteRule:
    site_id = row.text("site")
    not_in = (
        tuple(int(k) for k in row.numbers("not_in", low=1, high=most)) if row.has("not_in") else ()
    )
    rule = SiteRule(
        site_id,
        phase=_phase(row, "phase", most),
        not_in=tuple(sorted(set(not_in))),
        earliest=_phase(row, "earliest", most),
        latest=_phase(row, "latest", most),
    )
    if rule == SiteRule(site_id):
        row.fault(
            "empty_lock",
            "",
            Text("没有规定任何分期", "says nothing of any phase"),
            Text(
                "写 phase、not_in、earliest、latest 之一",
                "give phase, not_in, earliest or latest",
            ),
        )
    elif not any(rule.allowed(most)):
        row.fault(
            "lock_never",
            "",
            Text("没有哪一期符合这些要求", "no phase satisfies it"),
            Text("检查 phase、not_in、earliest、latest", "check its phases against each other"),
        )
    return rule


def _route(row: TomlTable, most: int) -> RouteRule:
    must = row.choice("use", _USE) == "must"
    named = [key for key in _NAMED_BY if row.has(key)]
    _one_of(row, named, _NAMED_BY)
    by_phase = _phase(row, "by_phase", most)
    if by_phase is not None and not must:
        row.fault(
            "lock_by_phase",
            "by_phase",
            Text("禁用的路段没有期限", "a stretch that must not be used has no date"),
            Text("删除 by_phase", "remove by_phase"),
        )
    return RouteRule(
        must,
        edge_id=row.integer("edge_id") if "edge_id" in named else None,
        stretch=row.integer("stretch") if "stretch" in named else None,
        existing_id=row.text("existing_id") if "existing_id" in named else None,
        by_phase=by_phase,
    )


def _commitment(row: TomlTable, most: int) -> CommitmentRule:
    named = [key for key in ("townships", "share") if row.has(key)]
    _one_of(row, named, ("townships", "share"))
    return CommitmentRule(
        district_code=row.text("district"),
        by_phase=row.integer("by_phase", low=1, high=most),
        townships=row.integer("townships", low=1, high=10**6) if "townships" in named else None,
        share=row.number("share", high=1.0) if "share" in named else None,
    )


def _one_of(row: TomlTable, named: Iterable[str], options: tuple[str, ...]) -> None:
    """Note a fault unless exactly one of the options is given."""
    if len(list(named)) != 1:
        listed = ", ".join(options)
        row.fault(
            "one_of",
            options[0],
            Text(f"{listed} 中须恰好写一个", f"exactly one of {listed} is needed"),
            Text(f"保留 {listed} 之一", f"keep one of {listed}"),
        )


def _cash_limits(table: TomlTable, n_phases: int) -> tuple[int, ...] | None:
    key = "cash_limits_yuan"
    if not table.has(key):
        return None
    yuan = table.numbers(key, low=0.0, high=_LARGEST_YUAN)
    if n_phases and len(yuan) != n_phases:
        table.fault(
            "cash_limits_and_phases",
            key,
            Text(
                f"有 {len(yuan)} 个上限，却有 {n_phases} 个分期",
                f"{len(yuan)} limits for {n_phases} phases",
            ),
            Text(f"写 {n_phases} 个数", f"give {n_phases} numbers"),
        )
        return None
    return tuple(yuan_to_cents(value) for value in yuan)


def _built_phases(table: TomlTable, most: int) -> int:
    """Return the number of built phases; it and ``built`` come together."""
    if table.has("built"):
        return table.integer("built_phases", low=1, high=most)
    if table.has("built_phases"):
        table.fault(
            "one_of",
            "built_phases",
            Text("没有 built，不知是哪个方案", "without built nobody knows of which plan"),
            Text("补上 built = 方案文件", "add built = the plan file"),
        )
    return 0


def lock_pairs(
    locks: LockRules, yuan: Callable[[int], Any]
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Return what a file says of locks: keys of ``[locks]``, then rows of its three lists.

    Parameters
    ----------
    yuan
        Marks cents to be written as yuan.
    """
    head: dict[str, Any] = {}
    if locks.cash_limits_cents is not None:
        head["cash_limits_yuan"] = [yuan(cents) for cents in locks.cash_limits_cents]
    if locks.built is not None:
        head |= {"built": locks.built, "built_phases": locks.built_phases}
    sites = [
        {
            "site": rule.site_id,
            "phase": rule.phase,
            "not_in": list(rule.not_in) or None,
            "earliest": rule.earliest,
            "latest": rule.latest,
        }
        for rule in locks.sites
    ]
    routes = [
        {
            "use": _USE[not rule.must],
            **{key: getattr(rule, key) for key in _NAMED_BY},
            "by_phase": rule.by_phase,
        }
        for rule in locks.routes
    ]
    commitments = [
        {
            "district": rule.district_code,
            "by_phase": rule.by_phase,
            "townships": rule.townships,
            "share": rule.share,
        }
        for rule in locks.commitments
    ]
    lists = {"sites": sites, "routes": routes, "commitments": commitments}
    said = {
        key: [{k: v for k, v in row.items() if v is not None} for row in rows]
        for key, rows in lists.items()
    }
    return head, said
