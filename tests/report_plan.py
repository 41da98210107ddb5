"""Plans for the report's tests: the tiny plan that was derived by hand, and hostile twins of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import verify_instance

from geoplan.plan import Plan
from geoplan.plan_file import load_plan

HOSTILE = (
    "=cmd|'/c calc'!A1 <img src=x onerror=alert(1)> ${7*7} {{7*7}} #let x=1 #{x} $a^2$ *b* _c_ "
    '@ref <lab> [d] \\e `f` //g /*h*/ ~ "q" -- ---'
)
LONG = "A" * 300 + "很长的名字" * 30


def tiny_plan(folder: Path) -> Plan:
    """The plan of ``verify_instance``, read from its file."""
    return load_plan(verify_instance.write_plan(folder / "tiny.gpkg"))


def renamed(plan: Plan, name: str) -> Plan:
    """The plan with ``name`` in every text that a user gives."""

    def spoilt(table: str, **columns: str) -> Any:
        return plan[table].assign(**columns)

    tables = {
        **plan.tables,
        "sites": spoilt("sites", name=name, district_name=name, placed=False),
        "districts": spoilt("districts", name=name),
        "prices": spoilt("prices", source=name, kind="placeholder"),
        "figures": spoilt("figures", source=name, kind="placeholder"),
        "optics": spoilt("optics", name=name, source=name, kind="placeholder"),
        "policy": spoilt("policy", detail_zh=name, detail_en=name),
        "phases": spoilt("phases", name_zh=name, name_en=name),
        "risk_groups": spoilt("risk_groups", label=f"duct/{name}", kind="duct"),
    }
    keys = ("title_zh", "title_en", "classification_zh", "classification_en")
    provenance = {
        **plan.provenance,
        **dict.fromkeys(keys, name),
        "attributions": [name],
        "budgets": {**plan.provenance["budgets"], "source": name},
        "geoplan_version": name,
    }
    certificate = {**plan.certificate, "bound_method_zh": name, "bound_method_en": name}
    return replace(plan, tables=tables, provenance=provenance, certificate=certificate)
