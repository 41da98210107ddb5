"""Why a site is in its phase: one sentence per site, made of facts that are in the plan."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import Fault
from geoplan.network.paths import Paths
from geoplan.text import Text
from geoplan.units import CENTS_PER_YUAN

__all__ = ["site_reasons"]


_COLUMNS = ("site_id", "level", "weight", "attached", "placed", "home_id", "equipment_cents")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the sentences draw on, per row of the sites."""

    level: str
    phase: int
    weight: int
    attached: bool
    placed: bool
    hub: str
    hub_phase: int
    last_hub_phase: int
    ways: int
    stretches: int
    opened_here: int
    need_cents: int
    carry_cents: int
    locked: bool
    names: Sequence[Text]

    def name_of(self, phase: int) -> Text:
        """Return what the scenario calls a phase."""
        return self.names[phase - 1]


def site_reasons(
    *,
    sites: pd.DataFrame,
    paths: Paths,
    edge_phase: NDArray[np.int64],
    open_cents: NDArray[np.int64],
    first_cents: NDArray[np.int64],
    carry_cents: NDArray[np.int64],
    all_hubs_first: bool,
    notes: Iterable[Fault],
    phase_names: Sequence[Text],
    locked: Container[str] = (),
) -> tuple[list[str], list[str]]:
    """Return the sentence of every site in Chinese and in English.

    Parameters
    ----------
    edge_phase, open_cents
        (m,): phase of each stretch, cost of opening it.
    first_cents
        (w,): what each path pays for lighting and splitters, as the first to use them.
    carry_cents
        (p,): money left after each phase.
    notes
        Remarks of the candidate graph: they say why a site is not attached.
    phase_names
        What the scenario calls each phase.
    locked
        Ids of the sites whose phase a lock of the scenario restricts.
    """
    unattached = {note.row: note.what for note in notes if note.layer == "sites"}
    by_row: dict[int, list[int]] = {}
    for path, row in enumerate(paths.site_row.tolist()):
        by_row.setdefault(row, []).append(path)
    phases = sites["phase"].to_numpy()
    row_of = {site_id: row for row, site_id in enumerate(sites["site_id"])}
    hub_phases = phases[((sites["level"] == "district") & sites["attached"]).to_numpy()]
    last_hub = int(hub_phases.max(initial=0)) if (hub_phases > 0).all() else 0
    texts: list[Text] = []
    columns = {name: sites[name].tolist() for name in _COLUMNS}
    for row in range(len(sites)):
        site = {name: column[row] for name, column in columns.items()}
        phase = int(phases[row])
        ways = by_row.get(row, [])
        spans = [paths.edge[paths.ptr[way] : paths.ptr[way + 1]] for way in ways]
        edges = np.unique(np.concatenate(spans)) if spans else np.empty(0, dtype=np.int64)
        here = edges[edge_phase[edges] == phase]
        lit = int(first_cents[ways].sum())
        home = row_of.get(str(site["home_id"]), row)
        before = phase - 1 if phase else len(carry_cents)
        facts = _Facts(
            level=str(site["level"]),
            phase=phase,
            weight=int(site["weight"]),
            attached=bool(site["attached"]),
            placed=bool(site["placed"]),
            hub=str(sites["name"].iloc[home]),
            hub_phase=int(phases[home]),
            last_hub_phase=last_hub if all_hubs_first else int(phases[home]),
            ways=len(ways),
            stretches=len(edges),
            opened_here=len(here),
            need_cents=int(open_cents[here].sum()) + lit + int(site["equipment_cents"]),
            carry_cents=int(carry_cents[before - 1]) if before else 0,
            locked=str(site["site_id"]) in locked,
            names=phase_names,
        )
        texts.append(_sentence(facts, unattached.get(str(site["site_id"]))))
    return [text.zh for text in texts], [text.en for text in texts]


def _sentence(facts: _Facts, unattached: Text | None) -> Text:
    """Return the one sentence that fits the facts."""
    if not facts.placed:
        return Text("未接入：位置未知，未纳入本方案。", "Not served: it has no known position.")
    if not facts.attached:
        why = unattached or Text("不能接入候选图", "it could not be attached")
        return Text(f"未接入：{why.zh}。", f"Not served: {why.en}.")
    if facts.level == "core":
        first = facts.name_of(1)
        return Text(f"核心节点，自{first.zh}启用。", f"Core node: in service from {first.en}.")
    if facts.phase == 0:
        return _not_served(facts)
    wait, works = _waited(facts), _works(facts)
    need, weight = _yuan(facts.need_cents), f"{facts.weight:,d}"
    name = facts.name_of(facts.phase)
    return Text(
        f"{name.zh}：{wait.zh}{works.zh}{need}元；权重{weight}。",
        f"{name.en}: {wait.en}{works.en} {need} yuan. Its weight is {weight}.",
    )


def _works(facts: _Facts) -> Text:
    """Return what the phase does for the site, up to the amount.

    A stretch that opens for several sites is counted in full for each of them, and that is said:
    the amounts of a phase don't add up to its cost.
    """
    here, all_of_them = facts.opened_here, facts.stretches
    if not here:
        return Text(
            f"所经{all_of_them}段路由此前均已开通，本期只需接通纤芯、安装设备，计",
            "every stretch on its way is open already; its cores and equipment cost",
        )
    if all_of_them == 1:
        return Text(
            "所经1段路由在本期开通，连同设备计",
            "the one stretch on its way opens in this phase; with its equipment it costs",
        )
    shared = Text("（与其他站点共用的路段全额计入）", ", shared stretches counted in full,")
    if here == all_of_them:
        return Text(
            f"所经{here}段路由均在本期开通，连同设备{shared.zh}计",
            f"all {here} stretches on its way open in this phase; with its equipment"
            f"{shared.en} they cost",
        )
    opens, they = ("opens", "it costs") if here == 1 else ("open", "they cost")
    return Text(
        f"所经{all_of_them}段路由中有{here}段在本期开通，连同设备{shared.zh}计",
        f"{here} of the {all_of_them} stretches on its way {opens} in this phase; with its "
        f"equipment{shared.en} {they}",
    )


def _waited(facts: _Facts) -> Text:
    """Return why the site is not earlier, or what lets it be in this phase."""
    if facts.locked:
        return Text("情景锁定其分期；", "a lock of the scenario restricts its phase; ")
    if facts.level == "township" and facts.phase == facts.last_hub_phase:
        if facts.last_hub_phase > facts.hub_phase:
            return Text(
                "各汇聚节点至本期才全部开通，乡镇街道随后接入；",
                "townships follow once every hub is in service, which is so from this phase on; ",
            )
        return Text(
            f"归属的{facts.hub}自本期起开通；",
            f"its hub {facts.hub} is in service from this phase on; ",
        )
    if facts.phase > 1 and facts.need_cents > facts.carry_cents:
        before = facts.name_of(facts.phase - 1)
        return Text(
            f"{before.zh}末结余{_yuan(facts.carry_cents)}元，不足以提前接入；",
            f"the {_yuan(facts.carry_cents)} yuan left after {before.en} were not "
            "enough to take it earlier; ",
        )
    if facts.level == "township":
        since = facts.name_of(facts.hub_phase)
        return Text(
            f"归属的{facts.hub}已于{since.zh}开通；",
            f"its hub {facts.hub} has been in service since {since.en}; ",
        )
    if facts.level == "district":
        if facts.ways == 1:
            return Text("经1条路由通往核心节点；", "one way leads to the core; ")
        return Text(f"经{facts.ways}条路由通往核心节点；", f"{facts.ways} ways lead to the core; ")
    return Text("", "")


def _not_served(facts: _Facts) -> Text:
    """Return why an attached site stays out of every phase."""
    if facts.locked:
        return Text(
            "未接入：情景锁定其分期，本方案未选入。",
            "Not served: a lock of the scenario restricts its phase; the plan leaves it out.",
        )
    if not facts.ways:
        return Text("未接入：设计未给出路由。", "Not served: the design holds no way for it.")
    if facts.level == "township" and facts.hub_phase == 0:
        return Text(
            f"未接入：归属的{facts.hub}未开通。",
            f"Not served: its hub {facts.hub} is not in service.",
        )
    if facts.level == "township" and facts.last_hub_phase == 0:
        return Text(
            "未接入：并非所有汇聚节点都已开通。", "Not served: not all hubs are in service."
        )
    need, left = _yuan(facts.need_cents), _yuan(facts.carry_cents)
    if facts.need_cents > facts.carry_cents:
        return Text(
            f"未接入：接入尚需{need}元，末期仅结余{left}元。",
            f"Not served: it would cost {need} yuan more; only {left} yuan are left at the end.",
        )
    return Text(
        f"未接入：接入尚需{need}元（末期结余{left}元），本方案未选入。",
        f"Not served: it would cost {need} yuan more ({left} are left); the plan leaves it out.",
    )


def _yuan(cents: int) -> str:
    return f"{round(cents / CENTS_PER_YUAN):,d}"
