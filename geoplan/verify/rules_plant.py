"""Rules on cores and bores: the core schedule, P1, P2 and the capacities of existing plant."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.report import RuleResult, different, judge, not_assessed

__all__ = [
    "cable_sizes",
    "capacity_bores",
    "capacity_cores",
    "edges_capacity",
    "edges_methods",
    "p1_cores",
    "p1_trays",
    "p2_costs",
    "p2_reuse",
    "schedule_paths",
]

# what each policy bars, and what it is called
_REUSE: dict[str, tuple[tuple[str, ...], Text]] = {
    "none": (("pull", "light"), Text("全部新建", "all new")),
    "ducts": (("light",), Text("利用现有管孔", "existing ducts")),
    "ducts_and_cores": ((), Text("利用现有管孔和空闲纤芯", "existing ducts and free cores")),
}


def cable_sizes(facts: Facts, cores: int) -> list[int]:
    """Return the sizes of the new cables that ``cores`` cores of demand ask for, largest first.

    ``q1 = ceil(q * (1000 + reserve permille) / 1000)``; as many of the largest size as are
    filled, and for a remainder the smallest size that holds it.
    """
    series = sorted(int(size) for size in from_scenario(facts.data, "cable", "sizes_cores"))
    permille = 1000 + round(1000 * facts.figure["cable.reserve_share"])
    full, rest = divmod(-(-cores * permille // 1000), series[-1])
    return [series[-1]] * full + [next(s for s in series if s >= rest)] * (rest > 0)


def schedule_paths(facts: Facts) -> RuleResult:
    """Check that the schedule follows every served path, stretch by stretch, cable and cores."""
    rows, edges = facts["core_schedule"], facts["candidate_edges"]
    paths = facts["core_paths"]
    at = {name: row for row, name in enumerate(paths["path_id"])}
    new_edge = dict(
        zip(facts["cables"]["cable_id"], facts["cables"]["edge_id"].tolist(), strict=True)
    )
    wanted: dict[tuple[str, int], int] = {}
    for path in np.flatnonzero(facts.path_phase > 0).tolist():
        for position, edge in enumerate(facts.steps(path).tolist()):
            wanted[(paths["path_id"][path], position)] = edge
    faults = []
    for row in range(rows.count):
        name, position = rows["path_id"][row], int(rows["position"][row])
        edge, path = wanted.pop((name, position), None), at[name]
        place = f"{name} #{position}"
        if edge is None or edges["edge_id"][edge] != rows["edge_id"][row]:
            faults.append(Text(f"{place}不在路径上", f"{place} is not on the path"))
            continue
        light = edges["method"][edge] == "light"
        cable = rows["cable_id"][row]
        right = (
            cable == edges["existing_id"][edge]
            if light
            else new_edge.get(cable) == rows["edge_id"][row]
        )
        if not right:
            faults.append(Text(f"{place}的{cable}不在该段", f"{place}: {cable} is not there"))
        taken = rows["core_last"][row] - rows["core_first"][row] + 1
        if taken != paths["cores"][path]:
            faults.append(Text(f"{place}占{taken}芯", f"{place} takes {taken} cores"))
        if (
            rows["phase"][row] != facts.path_phase[path]
            or rows["site_id"][row] != paths["site_id"][path]
        ):
            faults.append(
                Text(f"{place}的站点或分期不符", f"{place}: site or phase is not the path's")
            )
    faults += [
        Text(f"{name} #{position}无纤芯", f"{name} #{position} has no cores")
        for name, position in wanted
    ]
    return judge(
        "schedule.paths",
        faults,
        Text(f"{rows.count}行纤芯配置与路径一致", f"{rows.count} rows follow the paths"),
    )


def p1_cores(facts: Facts) -> RuleResult:
    """Check that no core is taken twice, none lies outside its cable, none is the intranet's.

    Sites of one feeder take the same cores where the feeder runs; nobody else does.
    """
    rows, new, old = facts["core_schedule"], facts["cables"], facts["existing_cables"]
    least = dict.fromkeys(new["cable_id"], 1)
    most = dict(zip(new["cable_id"], new["size_cores"].tolist(), strict=True))
    for cable, cores, used in zip(
        old["cable_id"], old["cores"].tolist(), old["cores_used"].tolist(), strict=True
    ):
        least[cable], most[cable] = used + 1, cores
    edges = facts["candidate_edges"]
    spans: dict[tuple[str, int, int], set[tuple[int, int, str]]] = {}
    faults = []
    for row in range(rows.count):
        cable, path = rows["cable_id"][row], rows["path_id"][row]
        who = rows["feeder_id"][row] if rows["shared"][row] else path
        first, last = int(rows["core_first"][row]), int(rows["core_last"][row])
        if first < least[cable] or last > most[cable]:
            faults.append(
                Text(
                    f"{path}占用{cable}第{first}-{last}芯，可用{least[cable]}-{most[cable]}",
                    f"{path} takes cores {first}-{last} of {cable}, free are "
                    f"{least[cable]}-{most[cable]}",
                )
            )
        # One cable may be opened along its way: cores are free again on its next piece.
        edge = facts.edge_row[int(rows["edge_id"][row])]
        a, b = int(edges["tail_node"][edge]), int(edges["head_node"][edge])
        spans.setdefault((cable, min(a, b), max(a, b)), set()).add((first, last, who))
    for (cable, _, _), taken in spans.items():
        for (_, last, path), (first, _, other) in pairwise(sorted(taken)):
            if first <= last:
                faults.append(
                    Text(
                        f"{cable}第{first}芯被{path}与{other}重复占用",
                        f"core {first} of {cable} is taken by {path} and by {other}",
                    )
                )
    return judge(
        "P1.cores",
        faults,
        Text("外网纤芯互不重复，且不占内网在用纤芯", "no core is shared, none is the intranet's"),
    )


def p1_trays(facts: Facts) -> RuleResult:
    """Say that trays and equipment of the two networks are not part of a plan file."""
    return not_assessed(
        "P1.trays",
        "接头盒托盘与设备的隔离不在方案文件内",
        "closure trays and equipment of the intranet are not part of a plan file",
    )


def p2_reuse(facts: Facts) -> RuleResult:
    """Check that the full design uses no more of the existing plant than the policy allows."""
    reuse = str(from_scenario(facts.data, "policy", "reuse"))
    if reuse not in _REUSE:
        unknown = Text(f"利旧政策{reuse}未知", f"the reuse policy {reuse} is unknown")
        return judge("P2.reuse", [unknown], unknown)
    barred, named = _REUSE[reuse]
    edges = facts["candidate_edges"]
    opened = (facts.route_phase > 0) | (facts.design_cores > 0)
    faults = [
        Text(
            f"政策{reuse}不允许{edges['edge_id'][row]}（{edges['method'][row]}）",
            f"policy {reuse} does not allow {edges['edge_id'][row]} ({edges['method'][row]})",
        )
        for row in np.flatnonzero(opened & np.isin(edges["method"].astype(str), barred))
    ]
    held = Text(f"利旧符合政策“{named.zh}”", f"reuse obeys the policy: {named.en}")
    return judge("P2.reuse", faults, held)


def p2_costs(facts: Facts) -> RuleResult:
    """Say that the cost of each reuse policy is a comparison's matter."""
    return not_assessed(
        "P2.costs",
        "各利旧政策的费用须比选多个方案",
        "what each reuse policy costs takes a comparison of several plans",
    )


def edges_capacity(facts: Facts) -> RuleResult:
    """Check free cores, free bores and lengths of reuse edges against the existing plant."""
    edges, ducts, cables = (
        facts[name] for name in ("candidate_edges", "existing_ducts", "existing_cables")
    )
    free_bores = dict(
        zip(ducts["duct_id"], (ducts["bores"] - ducts["bores_used"]).tolist(), strict=True)
    )
    free_cores = dict(
        zip(cables["cable_id"], (cables["cores"] - cables["cores_used"]).tolist(), strict=True)
    )
    cores = np.full(edges.count, -1, dtype=np.int64)
    bores = np.full(edges.count, -1, dtype=np.int64)
    length = edges["length_m"].copy()
    metres = {
        "pull": dict(zip(ducts["duct_id"], ducts["length_m"].tolist(), strict=True)),
        "light": dict(zip(cables["cable_id"], cables["length_m"].tolist(), strict=True)),
    }
    for row, (method, name) in enumerate(zip(edges["method"], edges["existing_id"], strict=True)):
        if method == "light":
            cores[row] = free_cores[name]
        elif method == "pull":
            bores[row] = free_bores[name]
        if method in metres:
            length[row] = metres[method][name]
    ids = edges["edge_id"]
    faults = [
        *different("candidate_edges", ids, "capacity_cores", edges["capacity_cores"], cores),
        *different("candidate_edges", ids, "capacity_cables", edges["capacity_cables"], bores),
        *different("candidate_edges", ids, "length_m", edges["length_m"], length),
    ]
    return judge(
        "edges.capacity",
        faults,
        Text("容量与长度同现有设施相符", "capacities and lengths are those of the plant"),
    )


def edges_methods(facts: Facts) -> RuleResult:
    """Check that new routes name no existing plant and reused plant crosses nothing."""
    edges = facts["candidate_edges"]
    reused = np.isin(edges["method"].astype(str), ("pull", "light"))
    crossings = edges["crossings_water"] + edges["crossings_motorway"] + edges["crossings_rail"]
    bad = np.where(reused, crossings != 0, edges["existing_id"] != "")
    bad |= edges["tail_node"] == edges["head_node"]
    bad |= ~(edges["length_m"] > 0)
    faults = [
        Text(
            f"候选段{edge}的方式与属性矛盾",
            f"candidate edge {edge}: method, ends, length or crossings contradict each other",
        )
        for edge in edges["edge_id"][bad]
    ]
    return judge("edges.methods", faults, Text("候选段属性一致", "candidate edges are consistent"))


def capacity_cores(facts: Facts) -> RuleResult:
    """Check that the full design takes no more than the free cores of each existing cable."""
    edges, old = facts["candidate_edges"], facts["existing_cables"]
    free = dict(zip(old["cable_id"], (old["cores"] - old["cores_used"]).tolist(), strict=True))
    return _capacity(facts, "capacity.cores", "light", facts.design_cores, free, edges["edge_id"])


def capacity_bores(facts: Facts) -> RuleResult:
    """Check that no more cables are pulled than there are free bores (one bore per cable)."""
    edges, ducts = facts["candidate_edges"], facts["existing_ducts"]
    free = dict(zip(ducts["duct_id"], (ducts["bores"] - ducts["bores_used"]).tolist(), strict=True))
    pulled = np.zeros(edges.count, dtype=np.int64)
    for row in np.flatnonzero((edges["method"] == "pull") & (facts.design_cores > 0)):
        pulled[row] = len(cable_sizes(facts, int(facts.design_cores[row])))
    stored = np.zeros(edges.count, dtype=np.int64)
    for edge in facts["cables"]["edge_id"].tolist():
        stored[facts.edge_row[edge]] += 1
    return _capacity(
        facts, "capacity.bores", "pull", np.maximum(pulled, stored), free, edges["edge_id"]
    )


def _capacity(
    facts: Facts,
    rule: str,
    method: str,
    used: NDArray[np.int64],
    free: dict[str, int],
    ids: NDArray[np.int64],
) -> RuleResult:
    """Compare use with free capacity; edges that are one piece of one plant share it."""
    edges = facts["candidate_edges"]
    total: dict[tuple[str, int, int], int] = {}
    named: dict[tuple[str, int, int], int] = {}
    for row in np.flatnonzero((edges["method"] == method) & (used > 0)):
        a, b = int(edges["tail_node"][row]), int(edges["head_node"][row])
        piece = (str(edges["existing_id"][row]), min(a, b), max(a, b))
        total[piece] = total.get(piece, 0) + int(used[row])
        named[piece] = int(ids[row])
    faults = [
        Text(
            f"{piece[0]}（段{named[piece]}）占用{count}，空余{free[piece[0]]}",
            f"{piece[0]} (stretch {named[piece]}): {count} used, {free[piece[0]]} free",
        )
        for piece, count in total.items()
        if count > free[piece[0]]
    ]
    return judge(
        rule,
        faults,
        Text(f"{len(total)}段均在容量内", f"{len(total)} pieces of plant, none overfull"),
    )
