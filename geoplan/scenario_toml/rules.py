"""The rules of a scenario file: policy, cable, route, access, optics, weights, phases, solve."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from geoplan.scenario import (
    AccessRules,
    Architecture,
    BudgetRule,
    CableRules,
    Figure,
    LinkKind,
    LongestWay,
    Method,
    Optic,
    OpticsRules,
    PhaseRule,
    Policy,
    RingCores,
    RingPairRules,
    RingRules,
    RouteRules,
    SolveOptions,
    SplitterRules,
    WeightRules,
)
from geoplan.scenario_toml.table import TomlTable
from geoplan.text import Text
from geoplan.units import yuan_to_cents

__all__ = [
    "check_optics_of_access",
    "read_access",
    "read_budgets",
    "read_cable",
    "read_longest_way",
    "read_optics",
    "read_phases",
    "read_policy",
    "read_rings",
    "read_route",
    "read_solve",
    "read_weights",
]

_LARGEST_YUAN = 1e12
_NEW_METHODS: tuple[Method, ...] = ("direct_buried", "duct", "aerial")
_REUSE: tuple[Literal["none", "ducts", "ducts_and_cores"], ...] = (
    "none",
    "ducts",
    "ducts_and_cores",
)
_RING_CORES: tuple[RingCores, ...] = ("one", "two", "either")
_ORDER: tuple[Literal["own_hub", "all_hubs"], ...] = ("own_hub", "all_hubs")
_TOWNSHIP_HUB: tuple[Literal["own_district"], ...] = ("own_district",)
_ARCHITECTURE: tuple[Architecture, ...] = ("star", "ring_pair", "splitter")
_LINKS: tuple[LinkKind, ...] = ("duplex", "single_fibre", "pon")
_LINK_OF: Mapping[str, LinkKind] = MappingProxyType(
    {"star": "duplex", "ring_pair": "single_fibre", "splitter": "pon"}
)
_OBJECTIVE: tuple[Literal["reach", "cost"], ...] = ("reach", "cost")


def read_policy(table: TomlTable) -> Policy:
    """Read [policy]: the policy switches."""
    return Policy(
        reuse=table.choice("reuse", _REUSE),
        order=table.choice("order", _ORDER),
        township_hub=table.choice("township_hub", _TOWNSHIP_HUB),
        hub_ways=table.integer("hub_ways", low=1, high=2),
    )


def read_rings(top: TomlTable, policy: Policy | None, n_cores: int) -> RingRules | None:
    """Read [rings]: hubs in rings; ``None`` when the scenario does not ask for them.

    Parameters
    ----------
    n_cores
        How many core nodes the scenario has: rings between two want as many.
    """
    table = top.table("rings", required=False)
    if table is None:
        return None
    max_hubs = table.integer("max_hubs", low=1, high=1000)
    max_km = table.number("max_km", high=1e5)
    min_hubs = table.integer("min_hubs", low=1, high=1000, default=min(2, max_hubs))
    cores = table.choice("cores", _RING_CORES) if table.has("cores") else "one"
    table.close()
    if cores != "one" and n_cores < 2:
        table.fault(
            "rings_need_two_cores",
            "cores",
            Text(
                f"双核心环至少需要两个核心节点，情景中有 {n_cores} 个",
                f"a ring between two cores wants two core nodes, the scenario has {n_cores}",
            ),
            Text(
                '再增加一个 [[core]]，或设 rings.cores = "one"',
                'add another [[core]], or set rings.cores = "one"',
            ),
        )
    if table.has("max_km") and max_km <= 0:
        table.fault(
            "out_of_range",
            "max_km",
            Text("环长须大于 0", "the length must be more than 0"),
            Text("填写一个环的最大路由长度（公里）", "give the most route length of a ring, in km"),
        )
    if min_hubs > max_hubs:
        table.fault(
            "min_above_max",
            "min_hubs",
            Text(
                f"最少 {min_hubs} 个大于最多 {max_hubs} 个",
                f"at least {min_hubs} is more than at most {max_hubs}",
            ),
            Text("使 min_hubs 不大于 max_hubs", "let min_hubs be at most max_hubs"),
        )
    if policy is not None and policy.hub_ways != 2:
        table.fault(
            "rings_need_two_ways",
            "max_hubs",
            Text("成环需要每个汇聚节点两路", "hubs in rings have two ways each"),
            Text(
                "设 policy.hub_ways = 2，或删去 [rings]", "set policy.hub_ways = 2 or drop [rings]"
            ),
        )
    return RingRules(max_hubs, max_km, min_hubs, cores)


def read_longest_way(top: TomlTable, rings: RingRules | None) -> LongestWay | None:
    """Read [longest_way]: how long ways may be; ``None`` when the scenario sets no limit."""
    table = top.table("longest_way", required=False)
    if table is None:
        return None
    km: dict[str, float | None] = {}
    for level in ("district", "municipal", "township"):
        key = f"{level}_km"
        km[level] = table.number(key, high=1e5) if table.has(key) else None
        if km[level] == 0:
            table.fault(
                "out_of_range",
                key,
                Text("最大路由长度须大于 0", "the most length must be more than 0"),
                Text("填写公里数，或删去该行", "give kilometres, or leave the line out"),
            )
    factor = table.number("least_factor", low=1.0, high=1e3) if table.has("least_factor") else None
    table.close()
    if rings is not None and km["district"] is not None:
        table.fault(
            "rings_have_a_length",
            "district_km",
            Text(
                "汇聚节点成环时，路由长度由 rings.max_km 限定",
                "where hubs lie on rings, rings.max_km says how long their ways may be",
            ),
            Text("删去 longest_way.district_km", "leave longest_way.district_km out"),
        )
    return LongestWay(km["district"], km["municipal"], km["township"], factor)


def read_cable(table: TomlTable) -> CableRules:
    """Read [cable]: the cable series and its rules."""
    numbers = table.numbers("sizes_cores", low=1, high=10000)
    sizes = tuple(int(v) for v in numbers)
    given = table.has("sizes_cores")
    if given and (not sizes or sizes != numbers or any(b <= a for a, b in pairwise(sizes))):
        table.fault(
            "sizes_not_ascending",
            "sizes_cores",
            Text(
                f"缆芯规格须为递增的整数：{list(numbers)}",
                f"sizes must be whole and ascend: {list(numbers)}",
            ),
            Text("从小到大列出，不重复", "list them from small to large, each once"),
        )
    return CableRules(
        sizes_cores=sizes,
        reserve_share=table.figure("reserve_share", high=10.0),
        slack_share=table.figure("slack_share", high=1.0),
        reserve_m_per_stretch=table.figure("reserve_m_per_stretch", high=1e5),
        drum_m=table.figure("drum_m", high=1e6, above=True),
    )


def read_route(table: TomlTable) -> RouteRules:
    """Read [route]: where which method may be built."""
    return RouteRules(
        urban_districts=table.texts("urban_districts"),
        urban_method=table.choices("urban_method", _NEW_METHODS),
        rural_method=table.choices("rural_method", _NEW_METHODS),
        detour_factor=table.figure("detour_factor", low=1.0, high=10.0),
        same_building_m=table.figure("same_building_m", high=10000.0),
        closeness_m=table.figure("closeness_m", high=10000.0),
        closeness_length_m=table.figure("closeness_length_m", high=1e6),
    )


def read_access(table: TomlTable) -> AccessRules:
    """Read [access]: the access architecture, and the rules of the architectures in use."""
    architecture = table.choice("architecture", _ARCHITECTURE)
    municipal = architecture
    if table.has("municipal_architecture"):
        municipal = table.choice("municipal_architecture", _ARCHITECTURE)
    used = {architecture, municipal}
    return AccessRules(
        architecture=architecture,
        cores_per_site=table.integer("cores_per_site", low=1, high=1000),
        cores_per_hub_way=table.integer("cores_per_hub_way", low=1, high=1000),
        municipal_architecture=municipal,
        ring_pair=_ring_pair(table, needed="ring_pair" in used),
        splitter=_splitter(table, needed="splitter" in used),
    )


def _ring_pair(access: TomlTable, *, needed: bool) -> RingPairRules | None:
    """Read [access.ring_pair]; what no level uses is read for its faults, then left out."""
    table = access.table("ring_pair", required=needed)
    if table is None:
        return None
    rules = RingPairRules(table.integer("sites_per_pair", low=1, high=1000))
    table.close()
    return rules if needed else None


def _splitter(access: TomlTable, *, needed: bool) -> SplitterRules | None:
    table = access.table("splitter", required=needed)
    if table is None:
        return None
    rules = SplitterRules(
        split_ratio=table.integer("split_ratio", low=2, high=128),
        cores_per_tree=table.integer("cores_per_tree", low=1, high=2, default=1),
        loss_db=table.figure("loss_db", high=40.0, above=True),
    )
    table.close()
    return rules if needed else None


def check_optics_of_access(top: TomlTable, access: AccessRules, optics: OpticsRules) -> None:
    """Note each architecture for whose links no optic is given."""
    for architecture in _ARCHITECTURE:
        link = _LINK_OF[architecture]
        if architecture not in access.used or any(o.link == link for o in optics.types):
            continue
        top.fault(
            "no_optic_of_kind",
            "optics.types",
            Text(
                f'接入方式 {architecture} 需要 link = "{link}" 的光模块',
                f'the architecture {architecture} takes optics of link = "{link}": there is none',
            ),
            Text(
                f'在 [[optics.types]] 中增加 link = "{link}" 的光模块',
                f'add an optic with link = "{link}" to [[optics.types]]',
            ),
        )


def read_optics(table: TomlTable) -> OpticsRules:
    """Read [optics]: the loss model and the optics that it may choose from."""
    attenuation = {
        int(nm): table.figure(key, high=10.0, above=True)
        for key, nm in table.keys_matching(r"attenuation_([1-9]\d{2,3})_db_per_km")
    }
    return OpticsRules(
        splice_db=table.figure("splice_db", high=10.0),
        connector_db=table.figure("connector_db", high=10.0),
        connectors=table.integer("connectors", high=100),
        attenuation_db_per_km=MappingProxyType(attenuation),
        types=tuple(_optic(row, attenuation) for row in table.tables("types")),
    )


def _optic(table: TomlTable, attenuation: Mapping[int, Figure]) -> Optic:
    name = table.text("name")
    wavelength_nm = table.integer("wavelength_nm", low=100, high=9999)
    budget_db = table.number("budget_db", high=100.0)
    min_loss_db = table.number("min_loss_db", high=100.0)
    reach_km = table.number("reach_km", high=10000.0)
    link: LinkKind = table.choice("link", _LINKS) if table.has("link") else "duplex"
    kind, source = table.origin()
    if min_loss_db > budget_db:
        table.fault(
            "optic_never_fits",
            "min_loss_db",
            Text("最小衰耗大于功率预算", "the least loss exceeds the budget"),
            Text("检查 min_loss_db 与 budget_db", "check min_loss_db and budget_db"),
        )
    if reach_km <= 0 and table.has("reach_km"):
        table.fault(
            "out_of_range",
            "reach_km",
            Text("距离须大于 0", "the reach must be more than 0"),
            Text("填写光模块的传输距离", "give the optic's reach"),
        )
    if wavelength_nm not in attenuation and table.has("wavelength_nm"):
        key = f"attenuation_{wavelength_nm}_db_per_km"
        table.fault(
            "no_attenuation",
            "wavelength_nm",
            Text(f"没有 {wavelength_nm} nm 的衰减系数", f"no attenuation at {wavelength_nm} nm"),
            Text(f"在 [optics] 中补上 {key}", f"add {key} to [optics]"),
        )
    table.close()
    return Optic(name, wavelength_nm, budget_db, min_loss_db, reach_km, kind, source, link)


def read_weights(table: TomlTable) -> WeightRules:
    """Read [weights]: the weights that the office sets."""
    return WeightRules(
        municipal=table.figure("municipal", high=1e9),
        municipal_with_system=table.figure("municipal_with_system", high=1e9),
        hub=table.figure("hub", high=1e9),
    )


def read_phases(top: TomlTable) -> tuple[PhaseRule, ...]:
    """Read [[phases]]: names, gains and shares, at least one phase."""
    phases = []
    for number, table in enumerate(top.tables("phases"), start=1):
        name = table.bilingual("name")
        gain = table.integer("gain", high=1000)
        share = round(table.number("share", high=1e9), 6)  # what a split is counted in
        table.close()
        phases.append(PhaseRule(number, name, gain, share))
    if phases and not any(phase.share > 0 for phase in phases):
        top.fault(
            "shares",
            "phases",
            Text("各期 share 之和为零", "the shares of the phases add up to nothing"),
            Text("至少一期的 share 大于 0", "give at least one phase a share above 0"),
        )
    return tuple(phases)


def read_budgets(table: TomlTable, n_phases: int) -> BudgetRule:
    """Read [budgets]: money per phase, or the rule that derives it from the design."""
    given: tuple[int, ...] | None = None
    if table.has("yuan"):
        yuan = table.numbers("yuan", low=0.0, high=_LARGEST_YUAN)
        given = tuple(yuan_to_cents(value) for value in yuan)
        if n_phases and len(yuan) != n_phases:
            table.fault(
                "budgets_and_phases",
                "yuan",
                Text(
                    f"有 {len(yuan)} 期资金，却有 {n_phases} 个分期",
                    f"{len(yuan)} budgets for {n_phases} phases",
                ),
                Text(
                    f"写 {n_phases} 个数，或增减 [[phases]]",
                    f"give {n_phases} numbers, or change [[phases]]",
                ),
            )
    # Fixed money needs no rule to derive it by.
    derive = given is None
    factor = table.number("factor", high=1000.0) if derive or table.has("factor") else 1.0
    round_to = (
        table.integer("round_to_yuan", low=1, high=10**9)
        if derive or table.has("round_to_yuan")
        else 1
    )
    kind, source = table.origin()
    return BudgetRule(given, factor, round_to * 100, kind, source)


def read_solve(table: TomlTable) -> SolveOptions:
    """Read [solve]: what is asked for first, seed and limits of the optimizer."""
    # a scenario of before this setting asks for what was the only answer in the documents
    first = table.choice("objective", _OBJECTIVE) if table.has("objective") else "reach"
    return SolveOptions(
        seed=table.integer("seed", high=2**31 - 1),
        work_limit=table.number("work_limit", low=0.01, high=1000.0),
        time_limit_s=table.number("time_limit_s", low=1.0, high=1e7),
        objective=first,
    )
