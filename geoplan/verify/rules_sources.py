"""Rules on what the plan says of its sources: prices, figures, policy, marks, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from geoplan.text import Text
from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.report import RuleResult, different, judge

__all__ = [
    "attribution_mark",
    "classification_mark",
    "crs_one",
    "figures_source",
    "optics_source",
    "policy_source",
    "prices_source",
    "reconstructed_mark",
    "sites_noted",
]


def prices_source(facts: Facts) -> RuleResult:
    """Check value, unit, kind and source of each price against the scenario: none converted."""
    stated: dict[str, Mapping[str, Any]] = {}
    faults = []
    for table in ("prices", "placeholder_prices"):
        for name, entry in (from_scenario(facts.data, table) or {}).items():
            stated[name] = entry
            if table == "placeholder_prices" and entry.get("kind") != "placeholder":
                faults.append(Text(f"{name}应为占位价", f"{name} must be a placeholder"))
    prices = facts["prices"]
    names = prices["price_id"]
    for name in sorted(set(stated) ^ set(names)):
        faults.append(
            Text(f"单价{name}只在一处出现", f"price {name} is only in the plan or the scenario")
        )
    both = np.array([name in stated for name in names], dtype=np.bool_)
    entries = [stated[name] for name in names[both]]
    cents = [int(np.floor(float(e.get("value_yuan", -1)) * 100 + 0.5)) for e in entries]
    faults += different("prices", names[both], "value_cents", prices["value_cents"][both], cents)
    for column in ("per", "kind", "source"):
        texts = np.array([str(e.get(column)) for e in entries], dtype=object)
        faults += different("prices", names[both], column, prices[column][both], texts)
    return judge(
        "prices.source",
        faults,
        Text(f"{prices.count}项单价与情景一致", f"{prices.count} prices are the scenario's"),
    )


def _stated_figures(facts: Facts) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield id and entry of every figure of the scenario that carries its kind."""
    for table, entries in facts.data.scenario.items():
        if isinstance(entries, Mapping) and table not in {"prices", "placeholder_prices"}:
            for name, entry in entries.items():
                if not isinstance(entry, Mapping):
                    continue
                if "value" in entry:
                    yield f"{table}.{name}", entry
                for part, figure in entry.items():  # of a section below: [access.splitter]
                    if isinstance(figure, Mapping) and "value" in figure:
                        yield f"{table}.{name}.{part}", figure


def figures_source(facts: Facts) -> RuleResult:
    """Check value, kind and source of each design figure against the scenario."""
    stated = dict(_stated_figures(facts))
    figures = facts["figures"]
    names = figures["figure_id"]
    faults = [
        Text(f"情景的取值{name}不在表中", f"figure {name} of the scenario is not in the plan")
        for name in stated
        if name not in set(names)
    ]
    for row, name in enumerate(names):
        entry = stated.get(name)
        plain = from_scenario(facts.data, *name.split("."))
        value = plain if entry is None else entry["value"]
        if isinstance(value, bool) or not isinstance(value, int | float):
            faults.append(Text(f"{name}在情景中没有依据", f"{name} is not in the scenario"))
        elif float(value) != figures["value"][row]:
            faults.append(
                Text(
                    f"{name}为{figures['value'][row]}，情景为{value}",
                    f"{name} is {figures['value'][row]}, the scenario says {value}",
                )
            )
        for column in ("kind", "source"):
            if entry is not None and figures[column][row] != str(entry.get(column)):
                faults.append(
                    Text(f"{name}的{column}与情景不同", f"{name}: {column} is not the scenario's")
                )
    return judge(
        "figures.source",
        faults,
        Text(f"{figures.count}项取值与情景一致", f"{figures.count} figures are the scenario's"),
    )


def optics_source(facts: Facts) -> RuleResult:
    """Check the optics and their order against the scenario."""
    optics = facts["optics"]
    stated = from_scenario(facts.data, "optics", "types") or []
    if len(stated) != optics.count:
        odd = Text("光模块数与情景不符", "there are not as many optics as in the scenario")
        return judge("optics.source", [odd], odd)
    faults: list[Text] = []
    for column, values in optics.columns.items():
        unsaid = "duplex" if column == "link" else None
        expected = np.array([entry.get(column, unsaid) for entry in stated], dtype=values.dtype)
        faults += different("optics", optics["name"], column, values, expected)
    return judge("optics.source", faults, Text("光模块与情景一致", "optics are the scenario's"))


def policy_source(facts: Facts) -> RuleResult:
    """Check the policy and the budget rule that the plan states against its scenario."""
    faults = []
    for table in ("policy", "budgets"):
        said = facts.data.provenance.get(table)
        rules = from_scenario(facts.data, table) or {}
        for key in ("reuse", "order", "township_hub", "hub_ways", "factor", "kind", "source"):
            if key in rules and (not isinstance(said, Mapping) or said.get(key) != rules[key]):
                stated = said.get(key) if isinstance(said, Mapping) else None
                faults.append(
                    Text(
                        f"{table}.{key}为{stated}，情景为{rules[key]}",
                        f"{table}.{key} is {stated}, the scenario says {rules[key]}",
                    )
                )
    return judge("provenance.policy", faults, Text("政策与情景一致", "policy is the scenario's"))


def classification_mark(facts: Facts) -> RuleResult:
    """Check that title and classification line are there, as the scenario words them."""
    faults = []
    for key in ("classification_zh", "classification_en", "title_zh", "title_en"):
        said = facts.data.provenance.get(key)
        wanted = from_scenario(facts.data, "scenario", key)
        if not isinstance(said, str) or (wanted is not None and said != wanted):
            faults.append(Text(f"{key}为{said}，应为{wanted}", f"{key} is {said}, not {wanted}"))
    line = facts.data.provenance.get("classification_zh")
    shown = Text(f"密级标识：{line}", f"classification line: {line}")
    none = Text("情景未设密级标识", "the scenario has no classification line")
    return judge("marks.classification", faults, shown if line else none)


def attribution_mark(facts: Facts) -> RuleResult:
    """Check that a plan on real roads names its sources, or says why it does not."""
    lines = facts.data.provenance.get("attributions")
    corridors = facts.data.provenance.get("corridors")
    faults = []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        lines = []
        faults.append(Text("attributions不是文字列表", "attributions is no list of lines"))
    if corridors not in {"roads", "settlements"}:
        faults.append(Text(f"corridors为{corridors}", f"corridors is {corridors}"))
    notes = facts["notes"]
    noted = any(
        "attribution" in str(rule) or "attribution" in str(what)
        for rule, what in zip(notes["rule"], notes["what_en"], strict=True)
    )
    if corridors == "roads" and not lines and not noted:
        faults.append(
            Text("使用了道路图层但没有数据署名", "roads went in, no attribution line says whose")
        )
    return judge(
        "marks.attribution",
        faults,
        Text(f"{len(lines)}行数据署名", f"{len(lines)} attribution line(s)"),
    )


def reconstructed_mark(facts: Facts) -> RuleResult:
    """Check that layers with reconstructed rows are named as such, and no others."""
    named = facts.data.provenance.get("reconstructed")
    sites = facts["sites"]
    municipal = sites["level"] == "municipal"
    marks = {
        "municipal_units": sites["position_quality"][municipal],
        "existing_ducts": facts["existing_ducts"]["origin"],
        "existing_cables": facts["existing_cables"]["origin"],
    }
    found = {name for name, words in marks.items() if (words == "reconstructed").any()}
    said = {str(name) for name in named} if isinstance(named, list) else set()
    faults = [
        Text(f"{name}的重建标记不符", f"{name}: named reconstructed and holding such rows differ")
        for name in sorted(found ^ said)
    ]
    listed = ", ".join(sorted(found)) or "-"
    return judge(
        "marks.reconstructed",
        faults,
        Text(f"重建图层：{listed}", f"reconstructed layers: {listed}"),
    )


def sites_noted(facts: Facts) -> RuleResult:
    """Check that each site without place in the plan is named in a note."""
    sites, notes = facts["sites"], facts["notes"]
    told = {str(row) for row in notes["row"]}
    text = " ".join([*told, *map(str, notes["what_en"]), *map(str, notes["what_zh"])])
    lost = np.flatnonzero(~sites["attached"])
    faults = [
        Text(f"{name}未接入且未提示", f"{name} is not attached and no note says so")
        for name in sites["site_id"][lost]
        if name not in told and name not in text
    ]
    return judge(
        "notes.sites",
        faults,
        Text(f"{len(lost)}个未接入站点均有提示", f"{len(lost)} unattached sites, each in a note"),
    )


def crs_one(facts: Facts) -> RuleResult:
    """Check that every layer is in the planning CRS that the scenario names."""
    planning = facts.data.provenance.get("planning_crs")
    wanted = from_scenario(facts.data, "scenario", "planning_crs")
    faults = [
        Text(f"{name}的坐标系为{crs}", f"{name} is in {crs}, not in {planning}")
        for name, crs in sorted(facts.data.crs.items())
        if crs != planning
    ]
    if wanted is not None and wanted != planning:
        faults.append(Text(f"坐标系应为{wanted}", f"planning_crs is {planning}, not {wanted}"))
    return judge("crs.one", faults, Text(f"坐标系为{planning}", f"every layer is in {planning}"))
