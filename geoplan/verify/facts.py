"""What the rules share: row numbers for ids, the stretches of every path, cores per stretch.

Built only when every reference in the file leads somewhere (rule ``file.references``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Text
from geoplan.verify.reading import PlanData, Rows
from geoplan.verify.report import RuleResult, judge

__all__ = [
    "EQUIPMENT",
    "NEW_ROUTE",
    "Facts",
    "build_facts",
    "check_references",
    "from_scenario",
]

LEVELS = ("core", "district", "municipal", "township")
NEW_ROUTE = ("direct_buried", "duct", "aerial")
SHARING = ("ring_pair", "splitter")
METHODS = (*NEW_ROUTE, "pull", "light")
EQUIPMENT = {
    "core": "equipment_core",
    "district": "equipment_hub",
    "municipal": "equipment_municipal",
    "township": "equipment_township",
}
_FIGURES = (
    "cable.reserve_share",
    "cable.slack_share",
    "cable.reserve_m_per_stretch",
    "cable.drum_m",
    "optics.splice_db",
    "optics.connector_db",
    "optics.connectors",
)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """A plan with its references resolved.

    Parameters
    ----------
    data
        The file's tables.
    site_row, edge_row, route_row
        Row of each id in ``sites``, ``candidate_edges``, ``routes``.
    price, figure
        Cents by ``price_id``, value by ``figure_id``.
    groups
        Risk groups of each candidate edge.
    path_site, path_home, path_phase
        int64 (w,): rows of ``sites`` of each path's site and home; phase of that site.
    step_path, step_edge, step_cores
        int64 (r,): path, row of ``candidate_edges`` and cores of each stretch of each path.
    route_edge
        int64: row of ``candidate_edges`` of each route.
    route_phase
        int64 (m,): phase that opens each candidate edge, 0 when none does.
    design_cores, served_cores
        int64 (m,): cores over each candidate edge, of the full design and of served sites; cores
        that sites share count once.
    path_feeder
        int64 (w,): row of ``feeders`` whose cores each path shares, -1 for cores of its own.
    step_shared, step_run, step_pays
        bool (r,), int64 (r,), bool (r,): whether the cores of a step are a feeder's; steps of one
        number take the same cores; the first of them that is served, by phase, then by row.
    """

    data: PlanData
    site_row: Mapping[str, int]
    edge_row: Mapping[int, int]
    route_row: Mapping[int, int]
    price: Mapping[str, int]
    figure: Mapping[str, float]
    groups: tuple[frozenset[int], ...]
    path_site: NDArray[np.int64]
    path_home: NDArray[np.int64]
    path_phase: NDArray[np.int64]
    step_path: NDArray[np.int64]
    step_edge: NDArray[np.int64]
    step_cores: NDArray[np.int64]
    route_edge: NDArray[np.int64]
    route_phase: NDArray[np.int64]
    design_cores: NDArray[np.int64]
    served_cores: NDArray[np.int64]
    path_feeder: NDArray[np.int64]
    step_shared: NDArray[np.bool_]
    step_run: NDArray[np.int64]
    step_pays: NDArray[np.bool_]

    def __getitem__(self, table: str) -> Rows:
        """Return one table of the plan."""
        return self.data[table]

    @property
    def n_phases(self) -> int:
        """Number of phases."""
        return self.data["phases"].count

    def sum_over_paths(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64 (w,): ``values`` (m,) of candidate edges summed along each path."""
        weights = np.asarray(values, dtype=np.float64)[self.step_edge]
        total = np.zeros(len(self.path_site))
        np.add.at(total, self.step_path, weights)
        return total

    def steps(self, path: int) -> NDArray[np.int64]:
        """Return the candidate rows of one path, site to home."""
        first = np.searchsorted(self.step_path, path)
        last = np.searchsorted(self.step_path, path, side="right")
        return self.step_edge[first:last]

    def on_feeder(self, feeder: int) -> list[int]:
        """Return the paths on a feeder (its row), in order of place."""
        place = self.data["core_paths"]["place"]
        paths = np.flatnonzero(self.path_feeder == feeder)
        return [int(path) for path in paths[np.argsort(place[paths], kind="stable")]]

    def ring_hops(self, feeder: int) -> list[list[int]]:
        """Return the stretches of each link round a ring pair: from the home by way of its sites.

        A link between two sites runs over what only one of their paths holds, counted from the
        home: as far as both run over the same stretches the ring does not go.
        """
        outward = [[], *(self.steps(path)[::-1].tolist() for path in self.on_feeder(feeder)), []]
        hops = []
        for one, two in pairwise(outward):
            same = 0
            while same < min(len(one), len(two)) and one[same] == two[same]:
                same += 1
            hops.append([*one[same:], *two[same:]])
        return hops


def from_scenario(data: PlanData, *keys: str) -> Any:
    """Return the value at ``keys`` of the plan's scenario, ``None`` when it has none."""
    value: Any = data.scenario
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def check_references(data: PlanData) -> RuleResult:
    """Check that every id and every price or figure that is needed exists (file.references)."""
    faults = [
        *_ids(data, "core_paths", "site_id", data["sites"]["site_id"]),
        *_ids(data, "core_paths", "home_id", data["sites"]["site_id"]),
        *_ids(data, "hubs", "site_id", data["sites"]["site_id"]),
        *_ids(data, "routes", "edge_id", data["candidate_edges"]["edge_id"]),
        *_ids(data, "cables", "edge_id", data["routes"]["edge_id"]),
        *_ids(data, "core_schedule", "path_id", data["core_paths"]["path_id"]),
        *_ids(data, "core_schedule", "edge_id", data["candidate_edges"]["edge_id"]),
        *_ids(data, "rings", "core_id", data["sites"]["site_id"]),
        *_ids(data, "rings", "end_core_id", data["sites"]["site_id"]),
        *_ids(data, "feeders", "home_id", data["sites"]["site_id"]),
        *_ids(data, "core_paths", "feeder_id", {"", *data["feeders"]["feeder_id"]}),
        *_words(data, "feeders", "architecture", SHARING),
        *_site_lists(data, "rings", "hub_ids"),
        *_site_lists(data, "feeders", "site_ids"),
        *_words(data, "sites", "level", LEVELS),
        *_words(data, "candidate_edges", "method", METHODS),
        *_plant(data),
        *_lists(data),
        *_phases(data),
        *_needed(data),
    ]
    attached = data["sites"]["attached"]
    homes = {str(name) for name in data["sites"]["site_id"]}
    faults += [
        _missing("sites", "home_id", home)
        for home in data["sites"]["home_id"][attached]
        if home not in homes
    ]
    return judge("file.references", faults, Text("编号互相对应", "every id leads somewhere"))


def _missing(layer: str, column: str, value: object) -> Text:
    place = f"{layer}.{column}"
    return Text(f"{place}的{value}不存在", f"{place}: there is no {value}")


def _ids(data: PlanData, layer: str, column: str, known: Iterable[Any]) -> list[Text]:
    there = set(known)
    return [
        _missing(layer, column, value)
        for value in dict.fromkeys(data[layer][column].tolist())
        if value not in there
    ]


def _words(data: PlanData, layer: str, column: str, words: tuple[str, ...]) -> list[Text]:
    return _ids(data, layer, column, words)


def _plant(data: PlanData) -> list[Text]:
    edges = data["candidate_edges"]
    ducts = set(data["existing_ducts"]["duct_id"])
    cables = set(data["existing_cables"]["cable_id"])
    faults = []
    for method, name in zip(edges["method"], edges["existing_id"], strict=True):
        if (method == "pull" and name not in ducts) or (method == "light" and name not in cables):
            faults.append(_missing("candidate_edges", "existing_id", name))
    known = cables | set(data["cables"]["cable_id"])
    return faults + _ids(data, "core_schedule", "cable_id", known)


def _lists(data: PlanData) -> list[Text]:
    """Check the JSON lists of ids in paths and candidate edges."""
    faults = []
    for layer, column, known in (
        ("core_paths", "edge_ids", set(data["candidate_edges"]["edge_id"].tolist())),
        ("witness_paths", "edge_ids", set(data["candidate_edges"]["edge_id"].tolist())),
        ("rings", "edge_ids", set(data["candidate_edges"]["edge_id"].tolist())),
        ("candidate_edges", "risk_groups", set(data["risk_groups"]["group_id"].tolist())),
    ):
        for text in data[layer][column]:
            try:
                values = json.loads(text)
            except ValueError:
                values = None
            if not isinstance(values, list) or not all(type(v) is int for v in values):
                place = f"{layer}.{column}"
                faults.append(Text(f"{place}不是整数列表", f"{place} is no list of integers"))
            else:
                faults += [_missing(layer, column, v) for v in values if v not in known]
    return faults


def _site_lists(data: PlanData, layer: str, column: str) -> list[Text]:
    """Check the JSON lists of sites: hubs on rings, sites on feeders."""
    known = set(data["sites"]["site_id"])
    place = f"{layer}.{column}"
    faults = []
    for text in data[layer][column]:
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            faults.append(Text(f"{place}不是文本列表", f"{place} is no list of ids"))
        else:
            faults += [_missing(layer, column, v) for v in values if v not in known]
    return faults


def _phases(data: PlanData) -> list[Text]:
    numbers = data["phases"]["number"].tolist()
    count = len(numbers)
    faults = []
    if numbers != list(range(1, count + 1)) or not count:
        faults.append(
            Text(
                f"phases编号为{numbers}，应从1起连续",
                f"phases are numbered {numbers}, not 1, 2, ...",
            )
        )
    for layer, least in (
        ("sites", 0),
        ("core_paths", 0),
        ("hubs", 0),
        ("feeders", 0),
        ("routes", 1),
        ("cables", 1),
        ("core_schedule", 1),
        ("bill", 1),
    ):
        column = data[layer]["phase"]
        outside = np.unique(column[(column < least) | (column > count)])
        faults += [_missing(layer, "phase", value) for value in outside.tolist()]
    return faults


def _needed(data: PlanData) -> list[Text]:
    """Check that the prices and figures that the formulas use are there, and some optic."""
    prices, figures = set(data["prices"]["price_id"]), set(data["figures"]["figure_id"])
    used = {str(m) for m in data["routes"]["method"]} & set(NEW_ROUTE)
    sizes = from_scenario(data, "cable", "sizes_cores") or []
    price_ids = [
        *(f"trench_{method}" for method in NEW_ROUTE if method in used),
        *(f"crossing_{kind}" for kind in ("water", "motorway", "rail")),
        *(f"cable_{size}" for size in sizes),
        *("cable_laying", "closure", "splice_core", "core_lighting"),
        *EQUIPMENT.values(),
    ]
    trees = data["feeders"]["architecture"] == "splitter"
    price_ids += ["splitter"] if trees.any() else []
    waves = dict.fromkeys(data["optics"]["wavelength_nm"].tolist())
    figure_ids = [
        *(["access.splitter.loss_db"] if trees.any() else []),
        *_FIGURES,
        *(f"optics.attenuation_{nm}_db_per_km" for nm in waves),
    ]
    faults = [_missing("prices", "price_id", p) for p in price_ids if p not in prices]
    faults += [_missing("figures", "figure_id", f) for f in figure_ids if f not in figures]
    if not sizes:
        faults.append(_missing("scenario_toml", "cable", "sizes_cores"))
    if not waves:
        faults.append(_missing("optics", "name", "optic"))
    return faults


def build_facts(data: PlanData) -> Facts:
    """Resolve the references of a plan whose references are sound."""
    sites, edges, routes, paths = (
        data[name] for name in ("sites", "candidate_edges", "routes", "core_paths")
    )
    site_row = {str(name): row for row, name in enumerate(sites["site_id"])}
    edge_row = {edge: row for row, edge in enumerate(edges["edge_id"].tolist())}
    path_site = np.array([site_row[name] for name in paths["site_id"]], dtype=np.int64)
    path_home = np.array([site_row[name] for name in paths["home_id"]], dtype=np.int64)
    path_phase = sites["phase"][path_site]
    lists = [[edge_row[edge] for edge in json.loads(text)] for text in paths["edge_ids"]]
    step_path = np.repeat(np.arange(paths.count), [len(steps) for steps in lists]).astype(np.int64)
    step_edge = np.array([edge for steps in lists for edge in steps], dtype=np.int64)
    step_cores = paths["cores"][step_path]
    feeder_row = {str(name): row for row, name in enumerate(data["feeders"]["feeder_id"])}
    path_feeder = np.array([feeder_row.get(f, -1) for f in paths["feeder_id"]], dtype=np.int64)
    shared = _shared_steps(data, path_site, path_feeder, lists)
    run, pays, once = _runs(step_path, step_edge, shared, path_feeder, path_phase)
    route_edge = np.array([edge_row[e] for e in routes["edge_id"].tolist()], dtype=np.int64)
    route_phase = np.zeros(edges.count, dtype=np.int64)
    route_phase[route_edge] = routes["phase"]
    design = np.zeros(edges.count, dtype=np.int64)
    np.add.at(design, step_edge[once], step_cores[once])
    served = np.zeros(edges.count, dtype=np.int64)
    np.add.at(served, step_edge[pays], step_cores[pays])
    return Facts(
        data=data,
        site_row=site_row,
        edge_row=edge_row,
        route_row={edge: row for row, edge in enumerate(routes["edge_id"].tolist())},
        price=dict(
            zip(data["prices"]["price_id"], data["prices"]["value_cents"].tolist(), strict=True)
        ),
        figure=dict(
            zip(data["figures"]["figure_id"], data["figures"]["value"].tolist(), strict=True)
        ),
        groups=tuple(frozenset(json.loads(text)) for text in edges["risk_groups"]),
        path_site=path_site,
        path_home=path_home,
        path_phase=path_phase,
        step_path=step_path,
        step_edge=step_edge,
        step_cores=step_cores,
        route_edge=route_edge,
        route_phase=route_phase,
        design_cores=design,
        served_cores=served,
        path_feeder=path_feeder,
        step_shared=shared,
        step_run=run,
        step_pays=pays,
    )


def _shared_steps(
    data: PlanData,
    path_site: NDArray[np.int64],
    path_feeder: NDArray[np.int64],
    lists: list[list[int]],
) -> NDArray[np.bool_]:
    """Return bool (r,): the step runs on cores of a feeder.

    On a ring pair all do; behind a splitter those do that lie on the home's side of its node.
    """
    edges, feeders, node = data["candidate_edges"], data["feeders"], data["sites"]["node_id"]
    tails, heads = edges["tail_node"].tolist(), edges["head_node"].tolist()
    shared: list[bool] = []
    for path, steps in enumerate(lists):
        feeder = int(path_feeder[path])
        if feeder < 0:
            shared += [False] * len(steps)
            continue
        on_pair = feeders["architecture"][feeder] == "ring_pair"
        at, split = int(node[path_site[path]]), int(feeders["node_id"][feeder])
        passed = on_pair or at == split
        for edge in steps:
            shared.append(passed)
            at = heads[edge] if tails[edge] == at else tails[edge]
            passed = passed or at == split
    return np.array(shared, dtype=np.bool_)


def _runs(
    step_path: NDArray[np.int64],
    step_edge: NDArray[np.int64],
    shared: NDArray[np.bool_],
    path_feeder: NDArray[np.int64],
    path_phase: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the run of each step, the served step that pays for it, and one step per run."""
    number: dict[tuple[int, int, int], int] = {}
    payer: dict[int, tuple[int, int]] = {}
    run = np.zeros(len(step_path), dtype=np.int64)
    once = np.zeros(len(step_path), dtype=np.bool_)
    for step, (path, edge, common) in enumerate(
        zip(step_path.tolist(), step_edge.tolist(), shared.tolist(), strict=True)
    ):
        # cores of its own are taken anew with every step, even on the way back
        key = (edge, int(path_feeder[path]), -1) if common else (edge, -1, step)
        once[step] = key not in number
        run[step] = number.setdefault(key, len(number))
        phase = int(path_phase[path])
        if phase > 0:
            payer[run[step]] = min(payer.get(run[step], (phase, step)), (phase, step))
    pays = np.zeros(len(step_path), dtype=np.bool_)
    pays[[step for _, step in payer.values()]] = True
    return run, pays, once
