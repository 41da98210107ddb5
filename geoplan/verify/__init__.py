"""The verifier: read a plan file and recompute everything it claims, without any solver.

It imports nothing of the planner but the column contract (:mod:`geoplan.schema`): a fault in
the planner can't hide in here. Rules and formulas: ``docs/verifier.md``, ``docs/plan-file.md``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from geoplan.verify import (
    longest_ways,
    rules_access,
    rules_certificate,
    rules_cost,
    rules_dual,
    rules_geometry,
    rules_locks,
    rules_money,
    rules_paths,
    rules_plant,
    rules_policy,
    rules_rings,
    rules_sources,
    rules_tables,
    rules_weight,
)
from geoplan.verify.facts import Facts, build_facts, check_references
from geoplan.verify.reading import FILE_RULES, read_plan
from geoplan.verify.report import CheckReport, RuleResult, not_assessed

__all__ = ["RULES", "CheckReport", "RuleResult", "check_plan"]

_log = logging.getLogger(__name__)

_CHECKS: tuple[tuple[str, Callable[[Facts], RuleResult]], ...] = (
    ("crs.one", rules_sources.crs_one),
    ("sites.state", rules_tables.sites_state),
    ("sites.weight", rules_tables.sites_weight),
    ("sites.equipment", rules_money.sites_equipment),
    ("edges.methods", rules_plant.edges_methods),
    ("edges.capacity", rules_plant.edges_capacity),
    ("edges.geometry", rules_geometry.edges_geometry),
    ("paths.ways", rules_paths.paths_ways),
    ("paths.walk", rules_paths.paths_walk),
    ("paths.opened", rules_paths.paths_opened),
    ("paths.connected", rules_paths.paths_connected),
    ("paths.figures", rules_paths.paths_figures),
    ("paths.longest", longest_ways.paths_longest),
    ("paths.loss", rules_paths.paths_loss),
    ("paths.witness", rules_paths.paths_witness),
    ("schedule.paths", rules_plant.schedule_paths),
    ("access.sites", rules_access.access_sites),
    ("access.feeders", rules_access.access_feeders),
    ("access.ring_pairs", rules_access.access_ring_pairs),
    ("access.splitters", rules_access.access_splitters),
    ("access.schedule", rules_access.access_schedule),
    ("capacity.cores", rules_plant.capacity_cores),
    ("capacity.bores", rules_plant.capacity_bores),
    ("P1.cores", rules_plant.p1_cores),
    ("P1.trays", rules_plant.p1_trays),
    ("P2.reuse", rules_plant.p2_reuse),
    ("P2.costs", rules_plant.p2_costs),
    ("P3", rules_policy.p3_egress),
    ("P4", rules_policy.p4_homes),
    ("P5", rules_policy.p5_intranet),
    ("P6", rules_policy.p6_order),
    ("P7.dig_once", rules_policy.p7_dig_once),
    ("P7.least_cost", rules_policy.p7_least_cost),
    ("P8", rules_policy.p8_two_ways),
    ("P9", rules_policy.p9_comparison),
    ("locks.sites", rules_locks.locks_sites),
    ("locks.routes", rules_locks.locks_routes),
    ("locks.cash_limits", rules_locks.locks_cash_limits),
    ("locks.commitments", rules_locks.locks_commitments),
    ("locks.built", rules_locks.locks_built),
    ("rings.hubs", rules_rings.rings_hubs),
    ("rings.length", rules_rings.rings_length),
    ("rings.ways", rules_rings.rings_ways),
    ("rings.disjoint", rules_rings.rings_disjoint),
    ("lines.drawn", rules_geometry.lines_drawn),
    ("routes.edges", rules_cost.routes_edges),
    ("routes.use", rules_cost.routes_use),
    ("routes.cost", rules_cost.routes_cost),
    ("cables.sizes", rules_cost.cables_sizes),
    ("cables.figures", rules_cost.cables_figures),
    ("cables.cost", rules_cost.cables_cost),
    ("bill.lines", rules_money.bill_lines),
    ("bill.prices", rules_money.bill_prices),
    ("phases.cost", rules_money.phases_cost),
    ("phases.budget", rules_money.phases_budget),
    ("phases.counts", rules_tables.phases_counts),
    ("phases.weight", rules_tables.phases_weight),
    ("phases.lengths", rules_tables.phases_lengths),
    ("budgets.rule", rules_money.budgets_rule),
    ("sites.figures", rules_tables.sites_figures),
    ("sites.cost_share", rules_money.sites_cost_share),
    ("hubs.table", rules_tables.hubs_table),
    ("cost.total", rules_money.cost_total),
    ("bound.cost", rules_certificate.bound_cost),
    ("bound.phases", rules_certificate.bound_phases),
    ("bound.dual", rules_dual.bound_dual),
    ("bound.weight", rules_weight.bound_weight),
    ("certificate.status", rules_certificate.certificate_status),
    ("prices.source", rules_sources.prices_source),
    ("figures.source", rules_sources.figures_source),
    ("optics.source", rules_sources.optics_source),
    ("provenance.policy", rules_sources.policy_source),
    ("provenance.levels", rules_tables.levels_summary),
    ("policy.report", rules_policy.policy_report),
    ("marks.classification", rules_sources.classification_mark),
    ("marks.attribution", rules_sources.attribution_mark),
    ("marks.reconstructed", rules_sources.reconstructed_mark),
    ("notes.sites", rules_sources.sites_noted),
)

RULES: tuple[str, ...] = (*FILE_RULES, "file.references", *(name for name, _ in _CHECKS))
"""Ids of all rules, in the order of a report."""


def check_plan(path: Path | str) -> CheckReport:
    """Check a plan file against every rule; never raises for a plan that breaks one.

    Parameters
    ----------
    path
        A ``plan.gpkg`` as described in ``docs/plan-file.md``.

    Returns
    -------
    CheckReport
        One result per rule of :data:`RULES`. When the file's own structure is broken, the
        rules that build on it are not assessed (and the plan does not hold).

    Raises
    ------
    PlanFileError
        The file is missing, is no GeoPackage, or is no plan at all.
    """
    data, results = read_plan(Path(path))
    facts: Facts | None = None
    if data is not None:
        references = check_references(data)
        results.append(references)
        facts = build_facts(data) if references.holds else None
    if facts is not None:
        results += [check(facts) for _, check in _CHECKS]
    done = {result.id for result in results}
    results += [
        not_assessed(name, "文件结构有误，未核查", "the file itself is broken: not assessed")
        for name in RULES
        if name not in done
    ]
    report = CheckReport(all(result.holds is not False for result in results), tuple(results))
    _log.debug("%s: %d rules, broken: %s", path, len(results), report.broken())
    return report
