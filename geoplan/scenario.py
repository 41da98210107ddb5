"""The scenario: every choice and every figure of one planning run, as frozen values.

A scenario comes from one TOML file. Each figure carries its kind (cited, derived,
placeholder) and its source, so that no output can show a number without saying who vouches
for it. A what-if is :func:`dataclasses.replace` and the same walk again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from geoplan.lock_rules import LockRules
from geoplan.text import Text

__all__ = [
    "AccessRules",
    "Architecture",
    "BudgetRule",
    "CableRules",
    "CoreNode",
    "Figure",
    "FigureKind",
    "LayerSources",
    "LinkKind",
    "LongestWay",
    "Method",
    "Optic",
    "OpticsRules",
    "PhaseRule",
    "Policy",
    "Price",
    "RingCores",
    "RingPairRules",
    "RingRules",
    "RouteRules",
    "Scenario",
    "SolveOptions",
    "SplitterRules",
    "WeightRules",
    "scenario_figures",
]

FigureKind = Literal["cited", "derived", "placeholder"]
Method = Literal["direct_buried", "duct", "aerial", "pull", "light"]
RingCores = Literal["one", "two", "either"]
"""Where a ring of hubs ends: at the core it starts from, at another core, or either."""
Architecture = Literal["star", "ring_pair", "splitter"]
"""How sites take cores: of their own, a pair that runs round several sites, a splitter tree."""
LinkKind = Literal["duplex", "single_fibre", "pon"]
"""What an optic works on: two cores, one core both ways, one core behind a splitter."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with the kind of its origin and its source."""

    value: float
    kind: FigureKind
    source: str


@dataclass(frozen=True, slots=True)
class Price:
    """A unit price: ``value_cents`` for one ``per`` (``route_m``, ``sheath_km``, ``site`` ...)."""

    price_id: str
    value_cents: int
    per: str
    kind: FigureKind
    source: str


@dataclass(frozen=True, slots=True)
class LayerSources:
    """Where each layer is read from (absolute; ``#layer`` kept) and in which CRS points are.

    ``input_crs`` (a geographic CRS, ``GCJ-02`` or ``BD-09``) holds for the columns ``lon``,
    ``lat`` of CSV files and for the core node; other files carry their CRS themselves.
    ``roads_attribution`` and ``attributions`` are the lines that the owners of the data ask for.
    """

    districts: str
    district_outlines: str
    townships: str
    municipal_units: str
    existing_ducts: str | None
    existing_cables: str | None
    roads: str | None
    water: str | None
    input_crs: str
    roads_attribution: str = ""
    attributions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CoreNode:
    """A core node: the municipal centre; longitude and latitude in ``layers.input_crs``."""

    site_id: str
    name: str
    lon: float
    lat: float
    kind: FigureKind
    source: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy switches (rules P2, P4, P6, P8)."""

    reuse: Literal["none", "ducts", "ducts_and_cores"]
    order: Literal["own_hub", "all_hubs"]
    township_hub: Literal["own_district"]
    hub_ways: int


@dataclass(frozen=True, slots=True)
class RingRules:
    """Hubs in rings instead of any two ways: hubs of a ring, at least and at most; its length.

    The two ways of each hub are the two directions of its ring. ``cores`` says where a ring runs:
    from the core that its hubs belong to and back to it (``one``), between two cores, one of them
    that of the hub (``two``), or as is cheaper (``either``). Without a least number every hub could
    be a ring of its own, and the rule would say nothing but the length.
    """

    max_hubs: int
    max_km: float
    min_hubs: int
    cores: RingCores = "one"


@dataclass(frozen=True, slots=True)
class LongestWay:
    """How long a way may be along its route, by level of its site; ``None``: as long as it likes.

    Where even the shortest ways are about as long or longer, they may be ``least_factor`` times
    that; ``None``: the kilometres alone count (docs/ways.md).
    """

    district_km: float | None
    municipal_km: float | None
    township_km: float | None
    least_factor: float | None


@dataclass(frozen=True, slots=True)
class CableRules:
    """Cable series and what lengths and closures follow from it."""

    sizes_cores: tuple[int, ...]
    reserve_share: Figure
    slack_share: Figure
    reserve_m_per_stretch: Figure
    drum_m: Figure


@dataclass(frozen=True, slots=True)
class RouteRules:
    """How routes may be built where, and when two of them count as one risk."""

    urban_districts: tuple[str, ...]
    urban_method: tuple[Method, ...]
    rural_method: tuple[Method, ...]
    detour_factor: Figure
    same_building_m: Figure
    closeness_m: Figure
    closeness_length_m: Figure


@dataclass(frozen=True, slots=True)
class RingPairRules:
    """Architecture ``ring_pair``: most sites that one pair of cores runs round."""

    sites_per_pair: int


@dataclass(frozen=True, slots=True)
class SplitterRules:
    """Architecture ``splitter``: sites per tree, cores of a tree, loss from input to output.

    ``cores_per_tree`` 2 is a dual-fibre tree: two splitters side by side, two cores to each
    site.
    """

    split_ratio: int
    cores_per_tree: int
    loss_db: Figure


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Access architecture of townships and of municipal units; hubs have cores of their own.

    ``cores_per_site`` is what a site of architecture ``star`` takes; the rules of the others
    are there where a level uses them (docs/access.md).
    """

    architecture: Architecture
    cores_per_site: int
    cores_per_hub_way: int
    municipal_architecture: Architecture = "star"
    ring_pair: RingPairRules | None = None
    splitter: SplitterRules | None = None

    def of_level(self, level: str) -> Architecture:
        """Return the architecture of the sites of a level (cores and hubs: ``star``)."""
        if level == "township":
            return self.architecture
        return self.municipal_architecture if level == "municipal" else "star"

    @property
    def used(self) -> frozenset[Architecture]:
        """The architectures in use; ``star`` is always among them, by the hubs."""
        return frozenset({"star", self.architecture, self.municipal_architecture})

    def cores(self, architecture: Architecture) -> int:
        """Return the cores that a site, or the feeder it shares, takes."""
        if architecture == "splitter" and self.splitter is not None:
            return self.splitter.cores_per_tree
        return 2 if architecture == "ring_pair" else self.cores_per_site

    def sharing(self, architecture: Architecture) -> int:
        """Return the most sites that share cores."""
        if architecture == "splitter" and self.splitter is not None:
            return self.splitter.split_ratio
        if architecture == "ring_pair" and self.ring_pair is not None:
            return self.ring_pair.sites_per_pair
        return 1

    def figures(self) -> dict[str, Figure]:
        """Return the figures of the shared architectures by id; counts have no source here."""
        figures: dict[str, Figure] = {}
        if self.ring_pair is not None:
            most = float(self.ring_pair.sites_per_pair)
            figures["access.ring_pair.sites_per_pair"] = Figure(most, "placeholder", "")
        if self.splitter is not None:
            rule = self.splitter
            ratio, cores = float(rule.split_ratio), float(rule.cores_per_tree)
            figures["access.splitter.split_ratio"] = Figure(ratio, "placeholder", "")
            figures["access.splitter.cores_per_tree"] = Figure(cores, "placeholder", "")
            figures["access.splitter.loss_db"] = rule.loss_db
        return figures


@dataclass(frozen=True, slots=True)
class Optic:
    """A pluggable optic: loss it bears (``budget_db``), loss it needs, reach, kind of link."""

    name: str
    wavelength_nm: int
    budget_db: float
    min_loss_db: float
    reach_km: float
    kind: FigureKind
    source: str
    link: LinkKind = "duplex"


@dataclass(frozen=True, slots=True)
class OpticsRules:
    """Loss model of a link and the optics to choose from, in order of preference."""

    splice_db: Figure
    connector_db: Figure
    connectors: int
    attenuation_db_per_km: Mapping[int, Figure]
    types: tuple[Optic, ...]


@dataclass(frozen=True, slots=True)
class WeightRules:
    """Weights of the sites that are not townships (those are derived from population)."""

    municipal: Figure
    municipal_with_system: Figure
    hub: Figure


@dataclass(frozen=True, slots=True)
class PhaseRule:
    """One phase: its names, its gain ``g_k`` and its share in a derived budget."""

    number: int
    name: Text
    gain: int
    share: float


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """Money per phase: given in cents, or derived from the least-cost full design."""

    given_cents: tuple[int, ...] | None
    factor: float
    round_to_cents: int
    kind: FigureKind
    source: str


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """Seed and limits of the optimizer; work limits steer, the wall limit is a safety stop.

    ``objective`` is what a plan is asked for first: ``reach``, the weight in service early, or
    ``cost``, the least bill of the full design (docs/phases.md).
    """

    seed: int
    work_limit: float
    time_limit_s: float
    objective: Literal["reach", "cost"] = "reach"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything one planning run depends on besides the layers themselves.

    ``toml`` is the text the scenario was read from, kept as it stood. It is no part of what a
    scenario is: a what-if differs from it, and plan files carry what ``render_scenario`` makes
    of the values.
    """

    scenario_id: str
    title: Text
    classification: Text
    planning_crs: str
    layers: LayerSources
    cores: tuple[CoreNode, ...]
    policy: Policy
    prices: Mapping[str, Price]
    cable: CableRules
    route: RouteRules
    access: AccessRules
    optics: OpticsRules
    weights: WeightRules
    phases: tuple[PhaseRule, ...]
    budgets: BudgetRule
    solve: SolveOptions
    path: Path | None
    toml: str = field(compare=False)
    locks: LockRules = field(default_factory=LockRules)
    rings: RingRules | None = None
    longest_way: LongestWay | None = None


def scenario_figures(scenario: Scenario) -> list[tuple[str, Figure]]:
    """List every design figure with the id it has in a plan file (``cable.drum_m`` ...).

    Figures that the scenario gives as plain whole numbers name no source: they are
    placeholders, since a scenario can't vouch for itself.
    """
    cable, route, optics = scenario.cable, scenario.route, scenario.optics
    weights, access = scenario.weights, scenario.access

    def counted(value: int) -> Figure:
        return Figure(float(value), "placeholder", "情景文件给定的数量 / a count of the scenario")

    attenuation = [
        (f"optics.attenuation_{nm}_db_per_km", figure)
        for nm, figure in sorted(optics.attenuation_db_per_km.items(), reverse=True)
    ]
    return [
        ("cable.reserve_share", cable.reserve_share),
        ("cable.slack_share", cable.slack_share),
        ("cable.reserve_m_per_stretch", cable.reserve_m_per_stretch),
        ("cable.drum_m", cable.drum_m),
        ("route.detour_factor", route.detour_factor),
        ("route.same_building_m", route.same_building_m),
        ("route.closeness_m", route.closeness_m),
        ("route.closeness_length_m", route.closeness_length_m),
        ("optics.splice_db", optics.splice_db),
        ("optics.connector_db", optics.connector_db),
        ("optics.connectors", counted(optics.connectors)),
        *attenuation,
        ("weights.municipal", weights.municipal),
        ("weights.municipal_with_system", weights.municipal_with_system),
        ("weights.hub", weights.hub),
        ("access.cores_per_site", counted(access.cores_per_site)),
        ("access.cores_per_hub_way", counted(access.cores_per_hub_way)),
        *(
            (name, figure if figure.source else counted(int(figure.value)))
            for name, figure in access.figures().items()
        ),
    ]
