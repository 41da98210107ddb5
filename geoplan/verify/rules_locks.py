"""Rules on locks: each decision that the scenario holds fast, found again in the plan itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.report import RuleResult, judge

__all__ = [
    "locks_built",
    "locks_cash_limits",
    "locks_commitments",
    "locks_routes",
    "locks_sites",
    "route_locks",
]


def _rows(facts: Facts, key: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return number and entry of each row of ``[[locks.<key>]]``."""
    rows = from_scenario(facts.data, "locks", key) or []
    return [(k, row) for k, row in enumerate(rows, start=1) if isinstance(row, Mapping)]


def locks_sites(facts: Facts) -> RuleResult:
    """Check that each locked site comes into service in a phase that its lock allows."""
    faults = []
    rows = _rows(facts, "sites")
    for k, lock in rows:
        name = str(lock.get("site"))
        if name not in facts.site_row:
            faults.append(Text(f"第{k}项：没有站点{name}", f"lock {k}: there is no site {name}"))
            continue
        phase = int(facts["sites"]["phase"][facts.site_row[name]])
        if not _allowed(lock, phase):
            said = ", ".join(f"{key} {value}" for key, value in lock.items() if key != "site")
            faults.append(
                Text(
                    f"{name}在第{phase}期，锁定为{said}",
                    f"{name} is in phase {phase}, its lock says {said}",
                )
            )
    return judge(
        "locks.sites",
        faults,
        Text(f"{len(rows)}项站点锁定成立", f"{len(rows)} locks on sites are kept"),
    )


def _allowed(lock: Mapping[str, Any], phase: int) -> bool:
    if phase == 0:  # never served
        return "phase" not in lock and "latest" not in lock
    return (
        lock.get("phase", phase) == phase
        and phase not in lock.get("not_in", ())
        and lock.get("earliest", phase) <= phase <= lock.get("latest", phase)
    )


def locks_routes(facts: Facts) -> RuleResult:
    """Check that stretches are used, or are not, as the locks on routes say."""
    faults = []
    rows = _rows(facts, "routes")
    for k, lock in rows:
        edges = _edges(facts, lock)
        said = ", ".join(f"{key} {value}" for key, value in lock.items())
        opened = facts.route_phase[edges]
        by_phase = int(lock.get("by_phase", facts.n_phases))
        if lock.get("use") == "must":
            kept = bool(((opened > 0) & (opened <= by_phase)).any())
        else:
            kept = lock.get("use") == "must_not" and not facts.design_cores[edges].any()
        if not kept or not len(edges):
            faults.append(Text(f"第{k}项未遵守：{said}", f"lock {k} is broken: {said}"))
    return judge(
        "locks.routes",
        faults,
        Text(f"{len(rows)}项路由锁定成立", f"{len(rows)} locks on routes are kept"),
    )


def _edges(facts: Facts, lock: Mapping[str, Any]) -> NDArray[np.int64]:
    """Return the rows of the candidate edges that a lock names."""
    edges = facts["candidate_edges"]
    column = {"edge_id": "edge_id", "stretch": "stretch", "existing_id": "existing_id"}
    for key, name in column.items():
        if key in lock:
            return np.flatnonzero(edges[name] == lock[key])
    return np.zeros(0, dtype=np.int64)


def route_locks(facts: Facts) -> list[tuple[bool, NDArray[np.int64]]]:
    """Return of each lock on routes whether it must be in use, and the rows of its stretches."""
    return [(lock.get("use") == "must", _edges(facts, lock)) for _, lock in _rows(facts, "routes")]


def locks_cash_limits(facts: Facts) -> RuleResult:
    """Check that no phase spends more than its cash limit, whatever was carried over."""
    limits = from_scenario(facts.data, "locks", "cash_limits_yuan")
    spent = facts["phases"]["cost_cents"].tolist()
    faults = []
    if limits is not None and len(limits) != len(spent):
        faults.append(Text("上限数与分期数不符", "there are not as many limits as phases"))
    elif limits is not None:
        for k, (cents, yuan) in enumerate(zip(spent, limits, strict=True), start=1):
            most = int(np.floor(float(yuan) * 100 + 0.5))
            if cents > most:
                faults.append(
                    Text(
                        f"第{k}期支出{cents}分，上限{most}分",
                        f"phase {k} spends {cents} cents, its limit is {most}",
                    )
                )
    return judge("locks.cash_limits", faults, Text("各期未超现金上限", "cash limits are kept"))


def locks_commitments(facts: Facts) -> RuleResult:
    """Check that each district has the townships in service that it was promised."""
    sites = facts["sites"]
    faults = []
    rows = _rows(facts, "commitments")
    for k, promise in rows:
        code, by_phase = str(promise.get("district")), int(promise.get("by_phase", 0))
        own = (sites["level"] == "township") & (sites["district_code"] == code)
        served = own & (sites["phase"] > 0) & (sites["phase"] <= by_phase)
        share = float(promise.get("share", 0.0))
        least = int(promise.get("townships", math.ceil(share * int(own.sum()) - 1e-9)))
        if int(served.sum()) < least or not own.any():
            faults.append(
                Text(
                    f"第{k}项：{code}至第{by_phase}期接入{int(served.sum())}个，承诺{least}个",
                    f"promise {k}: {code} has {int(served.sum())} townships by phase {by_phase}, "
                    f"{least} were promised",
                )
            )
    return judge(
        "locks.commitments",
        faults,
        Text(f"{len(rows)}项承诺兑现", f"{len(rows)} promises to districts are kept"),
    )


def locks_built(facts: Facts) -> RuleResult:
    """Check that what an earlier plan has built stays: phases of its sites, edges of its ways."""
    wanted = from_scenario(facts.data, "locks", "built") is not None
    built = facts.data.provenance.get("built")
    if not wanted and built is None:
        return judge("locks.built", [], Text("没有已建部分", "nothing is built yet"))
    if not wanted or not isinstance(built, Mapping):
        odd = Text("已建部分与情景不符", "what is built and the scenario do not agree")
        return judge("locks.built", [odd], odd)
    faults = [*_built_sites(facts, built), *_built_ways(facts, built)]
    count = len(built.get("sites", {}))
    return judge(
        "locks.built",
        faults,
        Text(f"{count}个已建站点保持不变", f"{count} built sites stay as they are"),
    )


def _built_sites(facts: Facts, built: Mapping[str, Any]) -> Iterator[Text]:
    sites = facts["sites"]
    for name, phase in built.get("sites", {}).items():
        row = facts.site_row.get(name)
        now = None if row is None else int(sites["phase"][row])
        if now != phase:
            yield Text(f"{name}应在第{phase}期，实为{now}", f"{name} was built in phase {phase}")


def _built_ways(facts: Facts, built: Mapping[str, Any]) -> Iterator[Text]:
    edges, paths = facts["candidate_edges"], facts["core_paths"]
    row_of = {str(name): row for row, name in enumerate(paths["path_id"])}
    for name, stretches in built.get("ways", {}).items():
        row = row_of.get(name)
        now = [] if row is None else facts.steps(row).tolist()
        same = [
            [str(edges["method"][e]), str(edges["existing_id"][e]), float(edges["length_m"][e])]
            for e in now
        ]
        if row is None or same != stretches:
            yield Text(f"已建路径{name}被改动", f"the built path {name} is another one")
