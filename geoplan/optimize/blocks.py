"""Blocks: what a full design asks to be paid together, and in which order.

On a fixed design a site needs the edges of all its ways, its home (for a township its hub) and
everything the home needs. Edges, sites and what sites share (:class:`.access.SharedItems`) that
are needed by exactly the same set ``U`` of sites are bought together in every plan that wastes
nothing: they are one block, with one cost, one weight. A block whose ``U`` is part of another's
needs that other block. So the phases of a design are a knapsack with precedence over a few hundred
blocks instead of thousands of edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geoplan.optimize.access import SharedItems, shared_items
from geoplan.optimize.cores import cable_steps
from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem
from geoplan.optimize.solution import Design

__all__ = ["Blocks", "blocks_of_sites", "build_blocks", "opening_cents", "serving_cents"]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Blocks of one design (b of them) and their precedence.

    Parameters
    ----------
    cost_cents, weight, n_sites
        int64 (b,): price of the block, weight and number of the sites it puts in service.
    forced
        bool (b,): needed by a core, hence bought in phase 1.
    child, parent
        int64 (a,): block ``child[i]`` needs block ``parent[i]``; only the arcs that others do
        not imply.
    closure
        int64 CSR (b, b): row i has a 1 at block i and at all that it needs.
    site_block
        int64 (s,): the block that puts the site in service, -1 when the design lacks its ways.
    """

    cost_cents: NDArray[np.int64]
    weight: NDArray[np.int64]
    n_sites: NDArray[np.int64]
    forced: NDArray[np.bool_]
    child: NDArray[np.int64]
    parent: NDArray[np.int64]
    closure: sp.csr_array
    site_block: NDArray[np.int64]


def opening_cents(problem: Problem, design: Design) -> NDArray[np.int64]:
    """Return int64 (m,): what opening an edge of the design costs, cables included."""
    cables = (cable_steps(problem, design.edge_cores) * problem.step_cents).sum(axis=1)
    return np.where(design.edge_cores > 0, problem.fixed_cents + cables, 0).astype(np.int64)


def serving_cents(problem: Problem, design: Design) -> NDArray[np.int64]:
    """Return int64 (s,): equipment of each site and the lighting of its ways' own cores."""
    lengths = np.diff(design.path_ptr)
    site = np.repeat(design.path_site, lengths)
    cents = problem.site_cents.astype(np.int64).copy()
    lit = problem.core_cents[design.path_edges] * problem.site_cores[site]
    if design.feeders is not None:
        position = np.arange(len(site)) - np.repeat(design.path_ptr[:-1], lengths)
        lit = np.where(position < np.repeat(design.feeders.way_own, lengths), lit, 0)
    np.add.at(cents, site, lit)
    return cents


def build_blocks(problem: Problem, design: Design) -> Blocks:
    """Contract edges and sites of a design into blocks with their precedence."""
    needs = _needs(problem)
    ways = np.bincount(design.path_site, minlength=problem.n_sites)
    lacking = (ways < problem.site_ways) & (problem.site_level != CORE)
    servable = (needs @ lacking.astype(np.int64)) == 0

    items = shared_items(problem, design)
    users, edges = _users(problem, design, items, needs, servable)
    kept = np.flatnonzero(np.diff(users.indptr) > 0)
    group = np.full(users.shape[0], -1, dtype=np.int64)
    seen: dict[bytes, int] = {}
    for row in kept.tolist():  # exact: two rows are one block when their index lists agree
        key = users.indices[users.indptr[row] : users.indptr[row + 1]].tobytes()
        group[row] = seen.setdefault(key, len(seen))
    n_blocks = len(seen)
    first = np.full(n_blocks, users.shape[0], dtype=np.int64)
    np.minimum.at(first, group[kept], kept)

    s, last = problem.n_sites, problem.n_sites + len(edges)
    site_block, edge_block, item_block = group[:s], group[s:last], group[last:]
    cost = np.zeros(n_blocks, dtype=np.int64)
    weight = np.zeros(n_blocks, dtype=np.int64)
    n_sites = np.zeros(n_blocks, dtype=np.int64)
    forced = np.zeros(n_blocks, dtype=np.bool_)
    on, open_, used = site_block >= 0, edge_block >= 0, item_block >= 0
    np.add.at(cost, site_block[on], serving_cents(problem, design)[on])
    np.add.at(cost, edge_block[open_], opening_cents(problem, design)[edges][open_])
    np.add.at(cost, item_block[used], items.cents[used])
    np.add.at(weight, site_block[on], problem.site_weight[on])
    np.add.at(n_sites, site_block[on], 1)
    closure, arcs = _precedence(users[first])
    core = np.unique(site_block[on & (problem.site_level == CORE)])
    forced[closure[core].indices] = True
    return Blocks(cost, weight, n_sites, forced, arcs[0], arcs[1], closure, site_block)


def blocks_of_sites(
    problem: Problem, blocks: Blocks, site_phase: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Return bool (p, b): blocks bought by the end of each phase when sites have these phases.

    Parameters
    ----------
    site_phase
        int8 (s,), 0 for never. Whatever a site needs is bought with it, or earlier.
    """
    bought = np.tile(blocks.forced, (problem.n_phases, 1))
    pointer, index = blocks.closure.indptr, blocks.closure.indices
    for block, phase in zip(blocks.site_block.tolist(), site_phase.tolist(), strict=True):
        if block >= 0 and phase > 0:
            bought[phase - 1 :, index[pointer[block] : pointer[block + 1]]] = True
    return bought


def _needs(problem: Problem) -> sp.csr_array:
    """Return (s, s), row i marks site i and every site that must be in service before it."""
    s = problem.n_sites
    site = np.arange(s)
    row, column = [site, site], [site, problem.site_home.astype(np.int64)]
    if problem.all_hubs_first:
        township = np.flatnonzero(problem.site_level == TOWNSHIP)
        hub = np.flatnonzero(problem.site_level == HUB)
        row.append(np.repeat(township, len(hub)))
        column.append(np.tile(hub, len(township)))
    rows, columns = np.concatenate(row), np.concatenate(column)
    needs = sp.csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(s, s))
    while True:
        needs.data[:] = 1
        wider = sp.csr_array(needs @ needs)
        if wider.nnz == needs.nnz:
            return needs
        needs = wider


def _users(
    problem: Problem,
    design: Design,
    items: SharedItems,
    needs: sp.csr_array,
    servable: NDArray[np.bool_],
) -> tuple[sp.csr_array, NDArray[np.int64]]:
    """Return (s + u + i, s), who needs each site, used edge and shared item; and the u edges."""
    s = problem.n_sites
    edges, row = np.unique(design.path_edges, return_inverse=True)
    site = np.repeat(design.path_site, np.diff(design.path_ptr))
    used = sp.csr_array((np.ones(len(site), dtype=np.int64), (row, site)), shape=(len(edges), s))
    keep = np.flatnonzero(servable)
    select = sp.csr_array((np.ones(len(keep), dtype=np.int64), (keep, keep)), shape=(s, s))
    needed_by = sp.csr_array(needs.T @ select)
    parts = [needed_by, used @ needed_by, items.sites @ needed_by]
    users = sp.csr_array(sp.vstack(parts, format="csr"))
    users.data[:] = 1
    users.sort_indices()
    return users, edges.astype(np.int64)


def _precedence(
    users: sp.csr_array,
) -> tuple[sp.csr_array, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the closure (b, b) of "part of" among user sets, and its transitive reduction."""
    n = users.shape[0]
    size = np.diff(users.indptr)
    shared = sp.coo_array(users @ users.T)
    inside = shared.data == size[shared.coords[0]]
    child, parent = shared.coords[0][inside], shared.coords[1][inside]
    ones = np.ones(len(child), dtype=np.int64)
    closure = sp.csr_array((ones, (child, parent)), shape=(n, n))
    closure.sort_indices()
    strict = child != parent
    above = sp.csr_array((ones[strict], (child[strict], parent[strict])), shape=(n, n))
    # an arc with a third block in between is implied by the two shorter ones
    direct = sp.coo_array(above - above.multiply((above @ above) > 0))
    keep = direct.data > 0
    order = np.lexsort((direct.coords[1][keep], direct.coords[0][keep]))
    arcs = (
        direct.coords[0][keep][order].astype(np.int64),
        direct.coords[1][keep][order].astype(np.int64),
    )
    return closure, arcs
