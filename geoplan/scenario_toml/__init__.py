"""The scenario file: from TOML text to a checked :class:`~geoplan.scenario.Scenario`, and back.

Pure: text in, value out. Every fault of the file is reported at once, each with its table, its
key and a cure; an unknown key is a fault too, because a mistyped setting that is silently
ignored changes a plan without anybody noticing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from geoplan.crs import input_crs_problem, planning_crs_problem
from geoplan.errors import Fault, InputError
from geoplan.lock_rules import LockRules
from geoplan.redact import redacted
from geoplan.scenario import CoreNode, LayerSources, Scenario
from geoplan.scenario_toml.locks import read_locks
from geoplan.scenario_toml.places import folder_of, layer_source
from geoplan.scenario_toml.prices import check_prices_complete, read_prices
from geoplan.scenario_toml.render import FORMAT, render_scenario
from geoplan.scenario_toml.rules import (
    check_optics_of_access,
    read_access,
    read_budgets,
    read_cable,
    read_longest_way,
    read_optics,
    read_phases,
    read_policy,
    read_rings,
    read_route,
    read_solve,
    read_weights,
)
from geoplan.scenario_toml.table import TomlTable
from geoplan.text import Text

__all__ = ["examine_scenario", "parse_scenario", "render_scenario", "scenario_faults"]

_T = TypeVar("_T")


def parse_scenario(text: str, *, path: Path | None) -> Scenario:
    """Parse and check the text of a scenario file.

    Parameters
    ----------
    text
        The whole TOML text (kept in ``Scenario.toml``).
    path
        Where the text came from: relative layer paths start at its folder (at the working
        folder when ``None``).

    Raises
    ------
    InputError
        With every fault of the file.
    """
    scenario, faults = examine_scenario(text, path=path)
    if faults or scenario is None:
        raise InputError(faults)
    return scenario


def examine_scenario(text: str, *, path: Path | None) -> tuple[Scenario | None, list[Fault]]:
    """Parse like :func:`parse_scenario`, and return the faults with what could be read.

    In the scenario a harmless value stands for each faulty one: it is fit for finding the faults
    of the layers in the same run, not for a plan. ``None`` when a whole part is missing.
    """
    faults: list[Fault] = []
    try:
        top = TomlTable("", _load(text, path), faults)
    except InputError as error:
        return None, list(error.faults)
    folder = folder_of(path)
    top.integer("format", low=FORMAT, high=FORMAT)
    scenario_id, title, classification, planning_crs = _scenario(top)
    layers = _sub(top, "layers", lambda t: _layers(t, folder))
    cores = _cores(top)
    policy = _sub(top, "policy", read_policy)
    cable = _sub(top, "cable", read_cable)
    prices = read_prices(top, cable.sizes_cores if cable else ())
    route = _sub(top, "route", read_route)
    access = _sub(top, "access", read_access)
    optics = _sub(top, "optics", read_optics)
    weights = _sub(top, "weights", read_weights)
    phases = read_phases(top)
    budgets = _sub(top, "budgets", lambda t: read_budgets(t, len(phases)))
    solve = _sub(top, "solve", read_solve)
    locks: LockRules | None = None
    if top.has("locks"):
        locks = _sub(top, "locks", lambda t: read_locks(t, len(phases), folder))
    rings = read_rings(top, policy, len(cores))
    longest_way = read_longest_way(top, rings)
    top.close()
    if policy and cable and route:
        check_prices_complete(top, prices, policy, cable, route, access)
    if access and optics and optics.types:
        check_optics_of_access(top, access, optics)
    # Each part that is missing has left a fault.
    if not (policy and cable and route and access and optics and weights):
        return None, faults
    if not (layers and budgets and solve):
        return None, faults
    scenario = Scenario(
        scenario_id=scenario_id,
        title=title,
        classification=classification,
        planning_crs=planning_crs,
        layers=layers,
        cores=cores,
        policy=policy,
        prices=MappingProxyType(prices),
        cable=cable,
        route=route,
        access=access,
        optics=optics,
        weights=weights,
        phases=phases,
        budgets=budgets,
        solve=solve,
        path=path,
        toml=text,
        locks=locks or LockRules(),
        rings=rings,
        longest_way=longest_way,
    )
    return scenario, faults


def scenario_faults(scenario: Scenario) -> list[Fault]:
    """Check a scenario's values as if a file had said them.

    A what-if made in Python passes no door: this is where its negative price is found.

    Returns
    -------
    Every fault; none for a scenario as :func:`parse_scenario` gives it.
    """
    try:
        read = parse_scenario(render_scenario(scenario), path=scenario.path)
    except InputError as error:
        return list(error.faults)
    return [
        Fault(
            "scenario.not_in_a_file",
            "scenario",
            part.name,
            Text("其取值无法写入情景文件", "holds a value that no scenario file can say"),
            Text(
                "金额用整数分，资金进位用整元，分期按 1、2、3 编号",
                "use whole cents, a rounding of whole yuan, phases numbered 1, 2, 3",
            ),
        )
        for part in fields(scenario)
        if part.compare and getattr(read, part.name) != _as_written(getattr(scenario, part.name))
    ]


def _as_written(part: Any) -> Any:
    """Return a part of a scenario as a file shows it: without the passwords of its addresses."""
    if isinstance(part, LayerSources):
        shown: dict[str, Any] = {}
        for each in fields(part):
            value = getattr(part, each.name)
            shown[each.name] = redacted(value) if isinstance(value, str) else value
        return replace(part, **shown)
    if isinstance(part, LockRules) and part.built is not None:
        return replace(part, built=redacted(part.built))
    return part


def _load(text: str, path: Path | None) -> dict[str, Any]:
    """Parse TOML; a syntax error names its line."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        said = str(error)
        line = re.search(r"line (\d+)", said)
        raise InputError(
            [
                Fault(
                    "scenario.syntax",
                    path.name if path is not None else "scenario",
                    f"line {line.group(1)}" if line else "",
                    Text(f"TOML 语法错误：{said}", f"not valid TOML: {said}"),
                    Text("改正这一行的语法", "correct the syntax of this line"),
                )
            ]
        ) from error


def _sub(top: TomlTable, key: str, build: Callable[[TomlTable], _T]) -> _T | None:
    """Build a value from the table ``key`` and note its unknown keys; ``None`` if missing."""
    table = top.table(key)
    if table is None:
        return None
    value = build(table)
    table.close()
    return value


# ---- parts of the file ------------------------------------------------------------------------


def _scenario(top: TomlTable) -> tuple[str, Text, Text, str]:
    table = top.table("scenario")
    if table is None:
        return "", Text("", ""), Text("", ""), ""
    scenario_id = table.text("id")
    if scenario_id and not re.fullmatch(r"\w[\w.-]*", scenario_id):
        table.fault(
            "bad_id",
            "id",
            Text(f"编号 {scenario_id!r} 不合规", f"the id {scenario_id!r} can't be used"),
            Text("只用字母、数字、_ . -", "use letters, digits, _ . - only"),
        )
    title = table.bilingual("title")
    classification = Text(
        table.text("classification_zh", empty=True), table.text("classification_en", empty=True)
    )
    planning_crs = table.text("planning_crs")
    problem = planning_crs_problem(planning_crs) if planning_crs.strip() else ""
    reasons = {
        "unknown": Text("没有这个坐标系", "there is no such CRS"),
        "not_projected": Text("不是投影坐标系", "is not a projected CRS"),
        "not_metres": Text("单位不是米", "is not in metres"),
    }
    if problem:
        table.fault(
            "planning_crs",
            "planning_crs",
            Text(f"{planning_crs}：{reasons[problem].zh}", f"{planning_crs} {reasons[problem].en}"),
            Text(
                "使用以米为单位的投影坐标系，如 EPSG:4548",
                "use a projected CRS in metres, for instance EPSG:4548",
            ),
        )
    table.close()
    return scenario_id, title, classification, planning_crs


def _layers(table: TomlTable, folder: Path) -> LayerSources:
    def needed(key: str) -> str:
        return layer_source(table.text(key), folder)

    def optional(key: str) -> str | None:
        return layer_source(table.text(key), folder) if table.has(key) else None

    input_crs = table.text("input_crs", default="EPSG:4326")
    problem = input_crs_problem(input_crs)
    if problem:
        zh = "没有这个坐标系" if problem == "unknown" else "不是经纬度坐标系"
        en = "there is no such CRS" if problem == "unknown" else "is not a geographic CRS"
        table.fault(
            "input_crs",
            "input_crs",
            Text(f"{input_crs}：{zh}", f"{input_crs}: {en}"),
            Text(
                "写 EPSG:4326、EPSG:4490、GCJ-02 或 BD-09",
                "write EPSG:4326, EPSG:4490, GCJ-02 or BD-09",
            ),
        )
    return LayerSources(
        districts=needed("districts"),
        district_outlines=needed("district_outlines"),
        townships=needed("townships"),
        municipal_units=needed("municipal_units"),
        existing_ducts=optional("existing_ducts"),
        existing_cables=optional("existing_cables"),
        roads=optional("roads"),
        water=optional("water"),
        input_crs=input_crs,
        roads_attribution=table.text("roads_attribution", default=""),
        attributions=table.texts("attributions", default=()),
    )


def _cores(top: TomlTable) -> tuple[CoreNode, ...]:
    cores, seen = [], set[str]()
    for table in top.tables("core"):
        site_id, name = table.text("id"), table.text("name")
        lon = table.number("lon", low=-180.0, high=180.0)
        lat = table.number("lat", low=-90.0, high=90.0)
        kind, source = table.origin()
        table.close()
        if site_id in seen:
            table.fault(
                "duplicate_id",
                "id",
                Text(f"编号 {site_id} 重复", f"the id {site_id} is used twice"),
                Text("每个核心节点用不同编号", "give each core node an id of its own"),
            )
        seen.add(site_id)
        cores.append(CoreNode(site_id, name, lon, lat, kind, source))
    return tuple(cores)
