"""What the policy report says of locks: each kind that the scenario has, with the figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from geoplan.layers import Layers
from geoplan.lock_rules import RouteRule
from geoplan.network import Network
from geoplan.scenario import Scenario
from geoplan.text import Text

__all__ = ["LockFinding", "assess_locks"]


class LockFinding(NamedTuple):
    """One kind of lock: its rule id, how many there are, which are broken."""

    rule: str
    locks: int
    broken: tuple[Text, ...]

    def detail(self) -> Text:
        """Return what the report says of it."""
        if self.broken:
            shown = self.broken[:5]
            zh, en = "、".join(lock.zh for lock in shown), ", ".join(lock.en for lock in shown)
            return Text(f"{self.locks}项中未遵守：{zh}", f"of {self.locks}, broken: {en}")
        return Text(f"{self.locks}项锁定全部遵守", f"all {self.locks} locks are kept")


def assess_locks(network: Network, scenario: Scenario, layers: Layers) -> list[LockFinding]:
    """Return one finding per kind of lock that the scenario has; none without locks."""
    locks = scenario.locks
    phase = network.sites.set_index("site_id")["phase"]
    p = len(network.phases)
    found = []
    if locks.sites:
        wrong = [
            Text(lock.site_id, lock.site_id)
            for lock in locks.sites
            if not lock.allowed(p)[int(phase.get(lock.site_id, 0)) - 1]
        ]
        found.append(LockFinding("locks.sites", len(locks.sites), tuple(wrong)))
    if locks.routes:
        wrong = [
            Text(f"第{k}条路由锁定", f"lock {k} on routes")
            for k, lock in enumerate(locks.routes, start=1)
            if not _kept(network, lock)
        ]
        found.append(LockFinding("locks.routes", len(locks.routes), tuple(wrong)))
    if locks.cash_limits_cents is not None:
        spent = network.phases["cost_cents"].tolist()
        rows = zip(scenario.phases, spent, locks.cash_limits_cents, strict=True)
        wrong = [phase.name for phase, cents, most in rows if cents > most]
        found.append(LockFinding("locks.cash_limits", p, tuple(wrong)))
    if locks.commitments:
        wrong = list(_unkept(network, scenario))
        found.append(LockFinding("locks.commitments", len(locks.commitments), tuple(wrong)))
    if layers.built is not None:
        built = layers.built.site_phase
        wrong = [Text(site, site) for site, k in built.items() if int(phase.get(site, 0)) != k]
        found.append(LockFinding("locks.built", len(built), tuple(wrong)))
    return found


def _kept(network: Network, lock: RouteRule) -> bool:
    """Tell whether a lock on routes is kept."""
    edges = network.candidate_edges
    if lock.edge_id is not None:
        named = edges["edge_id"] == lock.edge_id
    elif lock.stretch is not None:
        named = edges["stretch"] == lock.stretch
    else:
        named = edges["existing_id"].astype(str) == lock.existing_id
    routes = network.routes[network.routes["edge_id"].isin(edges.loc[named, "edge_id"])]
    if not lock.must:
        return len(routes) == 0
    by_phase = lock.by_phase or len(network.phases)
    return bool((routes["phase"] <= by_phase).any())


def _unkept(network: Network, scenario: Scenario) -> Iterator[Text]:
    """Yield the promises to districts that the network does not keep."""
    sites: pd.DataFrame = network.sites
    for k, promise in enumerate(scenario.locks.commitments, start=1):
        code = sites["district_code"].fillna("").astype(str)
        own = sites[(sites["level"] == "township") & (code == promise.district_code)]
        least = promise.townships or math.ceil((promise.share or 0.0) * len(own) - 1e-9)
        served = own[(own["phase"] > 0) & (own["phase"] <= promise.by_phase)]
        if len(served) < least:
            yield Text(f"第{k}项承诺", f"promise {k}")
