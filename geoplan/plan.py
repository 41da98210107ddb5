"""The Plan: one value that is saved, checked, drawn and exported.

Everything that an output shows is a table of the plan; outputs compute nothing of their own.
Columns: :mod:`geoplan.schema`; meaning of the figures: ``docs/plan-file.md``.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from geoplan import __version__
from geoplan.errors import Fault
from geoplan.layers import BuiltPlan, Layers
from geoplan.network import Network
from geoplan.optimize.solution import Solution
from geoplan.proof import method_in_chinese, proof_tables, weight_tables
from geoplan.scenario import Scenario, scenario_figures
from geoplan.scenario_toml import render_scenario
from geoplan.schema import PLAN_TABLES, Table
from geoplan.tables import conform
from geoplan.text import Language
from geoplan.units import CENTS_PER_YUAN, M_PER_KM

if TYPE_CHECKING:  # see `explore`: what draws a plan stands below it
    from geoplan.notebook import InlineMap, PlanFigure, ShownTable

__all__ = ["PLAN_KEYS", "Plan", "assemble_plan"]

PLAN_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "certificate": (
            *("status", "cost_cents", "bound_cents", "cut_bound_cents", "gap"),
            *("bound_method_zh", "bound_method_en"),
            *("phase_value", "phase_bound", "phase_gap"),
            *("phase_bound_method_zh", "phase_bound_method_en"),
            *("seed", "work_limit", "seconds", "design_cost_cents"),
            *("budget_basis_cents", "total_weight"),
        ),
        "provenance": (
            *("scenario_id", "title_zh", "title_en", "classification_zh", "classification_en"),
            *("planning_crs", "geoplan_version", "versions", "input_hashes", "attributions"),
            *("policy", "budgets", "scenario_toml", "corridors", "levels", "reconstructed"),
        ),
    }
)
"""What a plan's two tables of pairs hold (docs/plan-file.md)."""

_TABLES: dict[str, Table] = {table.name: table for table in PLAN_TABLES}
_LEVELS = ("municipal", "district", "township")
_VERSIONS_OF = ("geopandas", "numba", "numpy", "ortools", "pandas", "pyogrio", "shapely")
# Roads are drawn as a backdrop only: the classes that make a city legible, a little simplified.
_BASE_CLASSES = ("motorway", "trunk", "primary")
_BASE_TOLERANCE_M = 20.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan:
    """All tables of one plan, by name.

    Parameters
    ----------
    tables
        Every table of ``schema.PLAN_TABLES`` (GeoDataFrame where it has a geometry), and the
        base layers ``roads_base`` and ``water_base`` where the input had them.
    certificate, provenance
        The two key-value tables with their JSON values decoded.
    """

    tables: Mapping[str, pd.DataFrame]
    certificate: Mapping[str, Any]
    provenance: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return what a console shows: which plan it is, not its tables."""
        scenario, status = self.provenance["scenario_id"], self.certificate["status"]
        yuan = f"{self.cost_cents / CENTS_PER_YUAN:,.2f} yuan"
        return f"Plan({scenario!r}, {status}, {yuan}, {len(self.phases)} phases)"

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the table called ``name``."""
        return self.tables[name]

    @property
    def cost_cents(self) -> int:
        """The whole bill of the plan."""
        return int(self.certificate["cost_cents"])

    @property
    def gap(self) -> float | None:
        """(cost - bound) / bound; ``None`` when the plan serves fewer than all sites."""
        value = self.certificate["gap"]
        return None if value is None else float(value)

    @property
    def phases(self) -> pd.DataFrame:
        """The phases, in order."""
        return self.tables["phases"]

    def summary(self) -> dict[str, Any]:
        """Return the figures of ``geoplan plan --json``, its ``files`` left out.

        Everything in it but ``seconds`` is the same for two runs with one seed.
        """
        last = self.phases.iloc[-1]
        shown = (
            *("number", "budget_cents", "cost_cents", "sites"),
            *("weight_share", "weight_bound_share"),
        )
        kilometres = {
            f"{name}_km{rest}": round(float(last[f"{name}_m{rest}"]) / M_PER_KM, 4)
            for name, rest in (("route", ""), ("sheath", ""), ("core", "_new"), ("core", "_reused"))
        }
        own = ("status", "cost_cents", "bound_cents", "gap", "phase_gap", "seconds")
        return {
            **{name: self.certificate[name] for name in own},
            "levels": self.provenance["levels"],
            **kilometres,
            "phases": [
                {name: row[name] for name in shown} for row in self.phases.to_dict("records")
            ],
        }

    # What follows is for notebooks. A plan knows nothing of maps and lists: the door to them is
    # opened when it is used, never when this module is loaded (docs/architecture.md).

    def explore(
        self, *, language: Language = "zh", height_px: int = 720, tile_url: str | None = None
    ) -> InlineMap:
        """Return the interactive map, shown inline by a notebook; it needs no network."""
        from geoplan.notebook import explored

        return explored(self, language=language, height_px=height_px, tile_url=tile_url)

    def plot(self, *, step: int | None = None, language: Language = "zh") -> PlanFigure:
        """Return the state after phase ``step`` (the last by default) as a matplotlib figure."""
        from geoplan.notebook import plotted

        return plotted(self, step=step, language=language)

    def table(
        self,
        name: str,
        *,
        language: Language = "zh",
        columns: tuple[str, ...] | None = None,
        rows: int | None = 20,
    ) -> ShownTable:
        """Return a table in words, with labels and units, to be read rather than computed with."""
        from geoplan.notebook import shown_table

        return shown_table(self, name, language=language, columns=columns, rows=rows)

    def _repr_html_(self) -> str:
        from geoplan.notebook import summarised

        return summarised(self, "zh")


def assemble_plan(
    *,
    layers: Layers,
    scenario: Scenario,
    network: Network,
    bill: pd.DataFrame,
    policy: pd.DataFrame,
    solution: Solution,
    site_rows: NDArray[np.int64],
    notes: Iterable[Fault] = (),
    seconds: float | None = None,
) -> Plan:
    """Put everything that an output or the verifier needs into one value.

    Parameters
    ----------
    site_rows
        int64 (s,), row of ``layers.sites`` of each site of the problem.
    notes
        Remarks of the candidate graph and of other stages, beside those of ``layers`` and
        ``network``.
    seconds
        Time of the whole run; the optimizer's own when left out.
    """
    crs = layers.sites.crs
    certificate = _certificate(network, scenario, solution, seconds)
    provenance = _provenance(layers, scenario, network)
    remarks = [*layers.notes, *notes, *network.notes]
    site_id = layers.sites["site_id"].astype(str).to_numpy(dtype=object)[site_rows]
    proof = {**proof_tables(solution.design), **weight_tables(solution.phases, site_id)}
    tables: dict[str, pd.DataFrame] = {
        **network.tables(),
        "districts": _districts(layers),
        "existing_ducts": conform(layers.existing_ducts, _TABLES["existing_ducts"], crs),
        "existing_cables": conform(layers.existing_cables, _TABLES["existing_cables"], crs),
        "bill": bill,
        "policy": policy,
        "prices": _prices(scenario),
        "figures": _figures(scenario),
        "optics": _optics(scenario),
        **{name: conform(table, _TABLES[name]) for name, table in proof.items()},
        "certificate": _pairs(certificate, "certificate"),
        "provenance": _pairs(provenance, "provenance"),
        "notes": _notes(remarks),
    }
    tables = {table.name: tables[table.name] for table in PLAN_TABLES}
    return Plan({**tables, **_base_layers(layers)}, certificate, provenance)


def _certificate(
    network: Network, scenario: Scenario, solution: Solution, seconds: float | None
) -> dict[str, Any]:
    """Return how good the plan is proven to be."""
    cost = int(network.phases["cost_cents"].sum())
    attached = network.sites[network.sites["attached"]]
    whole = bool(attached["served"].all()) and solution.design.complete
    bound = solution.design.bound_cents if whole else None
    value, most = solution.phases.value, solution.phases.value_bound
    proof, phase_proof = solution.design.bound_method, solution.phases.bound_method
    proof_zh, phase_proof_zh = method_in_chinese(proof), method_in_chinese(phase_proof)
    return {
        "status": solution.status,
        "cost_cents": cost,
        "bound_cents": bound,
        "cut_bound_cents": solution.design.cut_bound_cents if whole else None,
        "gap": (cost - bound) / bound if bound else None,
        "bound_method_zh": f"对接入全部站点的任何设计均成立的费用下界；求法：{proof_zh}",
        "bound_method_en": proof,
        "phase_value": int(value),
        "phase_bound": int(most),
        "phase_gap": (most - value) / most if most else 0.0,
        "phase_bound_method_zh": f"对任何方案均成立的在网权重上界；求法：{phase_proof_zh}",
        "phase_bound_method_en": phase_proof,
        "seed": solution.seed,
        "work_limit": scenario.solve.work_limit,
        "seconds": round(solution.seconds if seconds is None else seconds, 3),
        "design_cost_cents": int(solution.design.cost_cents),
        "budget_basis_cents": int(solution.basis_cents),
        "total_weight": int(attached["weight"].sum()),
    }


def _provenance(layers: Layers, scenario: Scenario, network: Network) -> dict[str, Any]:
    """Return where the plan comes from and what it was made with."""
    sites = network.sites
    levels = {}
    for level in _LEVELS:
        rows = sites[sites["level"] == level]
        levels[level] = {
            "total": len(rows),
            "placed": int(rows["placed"].sum()),
            "served": int(rows["served"].sum()),
        }
    origins = {
        "municipal_units": sites.loc[sites["level"] == "municipal", "position_quality"],
        "existing_ducts": layers.existing_ducts["origin"],
        "existing_cables": layers.existing_cables["origin"],
    }
    rule, budgets = scenario.policy, scenario.budgets
    return {
        "scenario_id": scenario.scenario_id,
        "title_zh": scenario.title.zh,
        "title_en": scenario.title.en,
        "classification_zh": scenario.classification.zh,
        "classification_en": scenario.classification.en,
        "planning_crs": scenario.planning_crs,
        "geoplan_version": __version__,
        "versions": _versions(),
        "input_hashes": dict(layers.hashes),
        "attributions": list(layers.attributions),
        "policy": {
            "reuse": rule.reuse,
            "order": rule.order,
            "township_hub": rule.township_hub,
            "hub_ways": rule.hub_ways,
        },
        "budgets": {
            "kind": budgets.kind,
            "source": budgets.source,
            "factor": budgets.factor,
            "round_to_cents": budgets.round_to_cents,
        },
        "scenario_toml": render_scenario(scenario),
        "corridors": "settlements" if layers.roads is None else "roads",
        "levels": levels,
        "reconstructed": [
            name for name, origin in origins.items() if (origin == "reconstructed").any()
        ],
        **({} if layers.built is None else {"built": _built(layers.built)}),
    }


def _built(built: BuiltPlan) -> dict[str, Any]:
    """Return what is built in terms that no later numbering of edges changes."""
    rows = built.edges[["method", "existing_id", "length_m"]]
    edges = dict(zip(built.edges["edge_id"].tolist(), rows.values.tolist(), strict=True))
    return {
        "sites": dict(built.site_phase),
        "ways": {
            f"{way.site_id}/{way.way}": [
                [str(how), plant if isinstance(plant, str) else "", float(length_m)]
                for how, plant, length_m in (edges[e] for e in way.edges)
            ]
            for way in built.ways
        },
    }


def _versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries whose results the plan rests on."""
    found = {"python": platform.python_version()}
    for name in _VERSIONS_OF:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a vendored library has no metadata
            found[name] = "unknown"
    return found


def _districts(layers: Layers) -> pd.DataFrame:
    """Return the districts, every outline a MultiPolygon (what the file's layer holds)."""
    return conform(_multi(layers.districts), _TABLES["districts"])


def _multi(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with every polygon as a MultiPolygon: a layer holds one type."""
    table = table.copy()
    table.geometry = [
        MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape for shape in table.geometry
    ]
    return table


def _base_layers(layers: Layers) -> dict[str, pd.DataFrame]:
    """Return roads and water as backdrop, where the input had them."""
    base: dict[str, pd.DataFrame] = {}
    if layers.roads is not None and len(layers.roads):
        roads = layers.roads.loc[
            layers.roads["road_class"].isin(_BASE_CLASSES), ["road_class", "geometry"]
        ].reset_index(drop=True)
        roads.geometry = shapely.simplify(roads.geometry.to_numpy(), _BASE_TOLERANCE_M)
        base["roads_base"] = roads
    if layers.water is not None and len(layers.water):
        water = layers.water[["geometry"]].reset_index(drop=True)
        water.geometry = shapely.simplify(water.geometry.to_numpy(), _BASE_TOLERANCE_M)
        water = water[~water.geometry.is_empty].reset_index(drop=True)
        base["water_base"] = _multi(water)
    return base


def _prices(scenario: Scenario) -> pd.DataFrame:
    rows = [
        (item.price_id, item.value_cents, item.per, item.kind, item.source)
        for item in scenario.prices.values()
    ]
    return conform(_frame(rows, "prices"), _TABLES["prices"])


def _figures(scenario: Scenario) -> pd.DataFrame:
    """Return every design figure with its kind and source."""
    rows = [(name, item.value, item.kind, item.source) for name, item in scenario_figures(scenario)]
    return conform(_frame(rows, "figures"), _TABLES["figures"])


def _optics(scenario: Scenario) -> pd.DataFrame:
    rows = [
        (
            *(optic.name, optic.wavelength_nm, optic.budget_db, optic.min_loss_db),
            *(optic.reach_km, optic.link, optic.kind, optic.source),
        )
        for optic in scenario.optics.types
    ]
    return conform(_frame(rows, "optics"), _TABLES["optics"])


def _notes(remarks: Iterable[Fault]) -> pd.DataFrame:
    rows = [
        (
            *(note.rule, note.layer, note.row),
            *(note.what.zh, note.what.en, note.cure.zh, note.cure.en),
        )
        for note in remarks
    ]
    return conform(_frame(rows, "notes"), _TABLES["notes"])


def _pairs(values: Mapping[str, Any], table: str) -> pd.DataFrame:
    """Return a key-value table; values as JSON that a person can read."""
    rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in values.items()]
    return conform(_frame(rows, table), _TABLES[table])


def _frame(rows: list[tuple[Any, ...]], table: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=_TABLES[table].column_names())
