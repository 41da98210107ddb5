"""The cut LP of the orientation model when only a sum of money is there: what weight it reaches.

With y_a in [0, 1] whether arc a is taken, v_n whether node n is reached, z_s whether site s is in
service, A_e the fixed part of edge e, P_s the least price of site s, w_s its weight, C the money::

    maximise   sum_s w_s z_s
    subject to y(in(W)) >= v_n                W with n but not the root           (in)
               y(out(W)) >= z_h               W with hub h but not the root       (out)
               y(delta(W) without g) >= z_h   as before, g any risk group         (group)
               y(in(j) without a's twin) >= y_a   arc a from node j, not the root  (link)
               y_e + y_(m+e) <= 1             every edge                          (edge)
               z_s <= v_n                     site s in node n                    (site)
               z_s <= z_h                     township s of hub h (P6)            (order)
               sum_e A_e (y_e + y_(m+e)) + sum_s P_s z_s <= C                     (money)

Where townships wait for all hubs, (order) holds for each of them. Cuts are found by max flow, a
terminal asking for its share v_n or z_h instead of a whole unit, and stay when the money changes.
(link) holds since all that is open hangs together and is directed away from the core: what leaves
a node has entered it elsewhere. Asked of nodes without sites, it says at once what takes many cuts
to say, on road graphs with long ways between sites above all.
Trees that branch on hubs or edges would gain little: on Tianjin hubs come out whole (but one) and
a MIP on the same rows was 0.1 % of the weight lower.

What is proven does not trust floating point: :mod:`geoplan.optimize.weight_proof`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from geoplan._kernels.cut_separation import UNIT, separate_shares
from geoplan._kernels.routing import Net
from geoplan.optimize.cut_pool import CutPool
from geoplan.optimize.cut_proof import CutKind
from geoplan.optimize.group_separation import violated_group_cuts
from geoplan.optimize.problem import HUB, TOWNSHIP
from geoplan.optimize.solver_calls import NOT_ZERO, dense, interrupter
from geoplan.optimize.weight_proof import Prizes, WeightProof, charge_links, surplus
from geoplan.stopping import Clock

__all__ = ["PrizeLP"]

_CUT_ITEMS = 60_000
"""Arcs in the cuts of one round, as in the LP of the bill."""
_NESTED = 1
"""More cuts around one terminal bring more per round, and less per second."""
_CREEP = UNIT >> 12
_TURN = 97
_MANY_POOLED = 1000
"""Max flow is asked only when the pool brings fewer violated cuts than this."""
_FEW_CUTS = 100
_GROUPS_EVERY = 4
"""Groups are separated each so many rounds, or when other cuts have become few."""
_SHORTFALL = 0.01
_LINK_SHORTFALL = 0.05
_LONGEST_S = 1e6
_DEAR = 1e6
_MOST_BITS = 50
_MOST_SCALE = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A cut as it stands in the LP; ``site`` as in WeightProof."""

    kind: CutKind
    group: int
    site: int
    arcs: NDArray[np.int32]
    row: mathopt.LinearConstraint

    @property
    def key(self) -> tuple[int, bytes]:
        return self.site, self.arcs.tobytes()


class PrizeLP:
    """The LP of one problem for one sum of money after the other.

    Parameters
    ----------
    nodes, hubs
        int32 (n,), nodes with sites; int64 (h,), hubs that need two ways; all outside the root.
    pools
        Cuts to begin with: targets of (in) count in ``nodes``, of the others in ``hubs``.
    most_cents
        Largest sum of money that will be set.
    """

    def __init__(
        self,
        prizes: Prizes,
        net: Net,
        nodes: NDArray[np.int32],
        hubs: NDArray[np.int64],
        pools: list[CutPool],
        most_cents: int,
    ) -> None:
        self.prizes, self.net, self.nodes, self.hubs, self.pools = prizes, net, nodes, hubs, pools
        graph = self.graph = prizes.graph
        self.allowed = graph.tail != graph.head
        self.closed = False
        self.amount = np.zeros(2 * graph.n_edges)
        """How much the last LP took of each arc, (2m,)."""
        self.share = np.zeros(graph.n_nodes)
        """How much of each node of a site it served, (n,)."""
        self._rows: list[_Row] = []
        self._links: dict[int, mathopt.LinearConstraint] = {}
        self._seen: set[tuple[int, bytes]] = set()
        self._site_node = np.zeros(graph.n_nodes, dtype=np.bool_)
        self._site_node[nodes] = self._site_node[graph.root] = True
        self._turn = 0
        self._last_value = math.inf
        self._weight = max(1.0, float(prizes.weight[prizes.sites].sum()))
        paid = prizes.edge_cents[prizes.edge_cents > 0]
        self._unit = min(float(paid.mean()) if len(paid) else 1.0, max(1.0, float(most_cents)))
        m = graph.n_edges
        self.model = mathopt.Model()
        self.model.objective.is_maximize = True
        self.arc = [
            self.model.add_variable(lb=0.0, ub=1.0 if ok else 0.0) for ok in self.allowed.tolist()
        ]
        self.node = {n: self.model.add_variable(lb=0.0, ub=1.0) for n in nodes.tolist()}
        self.site = {s: self.model.add_variable(lb=0.0, ub=1.0) for s in prizes.sites.tolist()}
        self.money = self.model.add_linear_constraint(lb=-math.inf, ub=0.0)
        for e in np.flatnonzero(self.allowed[:m]).tolist():
            row = self.model.add_linear_constraint(lb=-math.inf, ub=1.0)
            cents = self._in_units(int(prizes.edge_cents[e]))
            for var in (self.arc[e], self.arc[m + e]):
                row.set_coefficient(var, 1.0)
                self.money.set_coefficient(var, cents)
        self._add_sites()
        self._first_site: dict[int, int] = {
            int(prizes.node[s]): s for s in reversed(prizes.sites.tolist())
        }
        self.solver = mathopt.IncrementalSolver(self.model, mathopt.SolverType.GLOP)

    def _add_sites(self) -> None:
        """Add objective, (site), (order) and the sites' part of (money)."""
        prizes, model = self.prizes, self.model
        every_hub = None
        if prizes.all_hubs:
            every_hub = model.add_variable(lb=0.0, ub=1.0)
            for s, var in self.site.items():
                if prizes.level[s] == HUB:
                    model.add_linear_constraint(every_hub <= var)
        for s, var in self.site.items():
            weight = float(prizes.weight[s]) / self._weight
            model.objective.set_linear_coefficient(var, weight)
            self.money.set_coefficient(var, self._in_units(int(prizes.cents[s])))
            node = int(prizes.node[s])
            if node != self.graph.root:
                model.add_linear_constraint(var <= self.node[node])
            if every_hub is not None and prizes.level[s] == TOWNSHIP:
                model.add_linear_constraint(var <= every_hub)
            elif prizes.gate[s] >= 0:
                model.add_linear_constraint(var <= self.site[int(prizes.gate[s])])

    def _in_units(self, cents: int) -> float:
        """Return money as the solver sees it; what is out of all reach is only very dear."""
        return min(cents / self._unit, _DEAR)

    def set_money(self, cents: int) -> None:
        """Set C, the money for anything but the cores."""
        self.money.upper_bound = cents / self._unit
        self._last_value = math.inf
        self.closed = False

    def solve_round(self, clock: Clock) -> WeightProof | None:
        """Solve the LP as it stands, prove what its duals prove, add violated cuts.

        Parameters
        ----------
        clock
            A safety stop: the solver gives up when it is out.

        Returns
        -------
        The certificate, ``None`` when the LP was not solved or money does not bind it; ``closed``
        then says that no cut is violated any more.
        """
        left = min(clock.left_s(), _LONGEST_S)
        if left <= 0:
            return None
        asked = mathopt.SolveParameters(
            time_limit=timedelta(seconds=left),
            lp_algorithm=mathopt.LPAlgorithm.DUAL_SIMPLEX,
            presolve=mathopt.Emphasis.OFF,
        )
        with interrupter(clock) as stop:
            result = self.solver.solve(params=asked, model_params=NOT_ZERO, interrupter=stop)
        if (
            result.termination.reason != mathopt.TerminationReason.OPTIMAL
            or not result.has_dual_feasible_solution()
        ):
            self.closed = True
            return None
        duals, values = result.dual_values(), result.variable_values()
        dual = -dense(duals, [r.row for r in self._rows])
        linked = -dense(duals, self._links.values())
        proof = self._prove(duals.get(self.money, 0.0), dual, linked)
        self.amount = amount = dense(values, self.arc)
        reached = dense(values, [self.node[n] for n in self.nodes.tolist()])
        self.share[self.nodes] = reached
        served = dense(values, [self.site[h] for h in self.hubs.tolist()])
        standing = len(self._rows)
        added = self._separate(amount, reached, served) + self._add_links(amount)
        self.closed = added == 0
        value = result.objective_value()
        if added and value < self._last_value - 1e-7:
            # only when the LP has moved on: otherwise the same cuts could come and go for ever
            self._drop_slack(dual[:standing], linked)
            self._last_value = value
        return proof

    def _add(self, kind: CutKind, group: int, site: int, arcs: NDArray[np.int32]) -> bool:
        if (site, arcs.tobytes()) in self._seen:
            return False
        row = self.model.add_linear_constraint(lb=0.0, ub=math.inf)
        for a in arcs.tolist():
            row.set_coefficient(self.arc[a], 1.0)
        node = int(self.prizes.node[site])
        row.set_coefficient(self.node[node] if kind == CutKind.IN else self.site[site], -1.0)
        self._rows.append(_Row(kind, group, site, arcs, row))
        self._seen.add(self._rows[-1].key)
        return True

    def _add_links(self, amount: NDArray[np.float64]) -> int:
        """Add violated (link) rows of nodes without sites; return how many."""
        bare = ~self._site_node
        added = 0
        for a in self.graph.unentered(amount, bare, _LINK_SHORTFALL).tolist():
            if a in self._links:
                continue
            row = self.model.add_linear_constraint(lb=0.0, ub=math.inf)
            for b in self.graph.before(a).tolist():
                row.set_coefficient(self.arc[b], 1.0)
            row.set_coefficient(self.arc[a], -1.0)
            self._links[a] = row
            added += 1
        return added

    def _separate(
        self, amount: NDArray[np.float64], reached: NDArray[np.float64], served: NDArray[np.float64]
    ) -> int:
        """Add violated cuts; return how many."""
        added = 0
        for pool in self.pools:
            inward = pool.kind == CutKind.IN
            share = reached if inward else served
            for cut, target in pool.violated(amount, share, _SHORTFALL):
                site = self._target(inward, target)
                added += self._add(pool.kind, int(pool.group[cut]), site, pool.row(cut))
        if added >= _MANY_POOLED:
            return added
        whole = _steps(amount)
        flowing = 0
        for inward in (True, False):
            targets = self.nodes if inward else self.prizes.node[self.hubs]
            need = _steps(reached if inward else served)
            order = np.roll(np.arange(len(targets)), -self._turn)
            ptr, arcs, around = separate_shares(
                *self.graph.side(inward),
                self.graph.head if inward else self.graph.tail,
                whole,
                self.graph.root,
                targets[order],
                need[order],
                _CREEP,
                _NESTED,
                _CUT_ITEMS,
                self.allowed,
            )
            kind = CutKind.IN if inward else CutKind.OUT
            for i, terminal in enumerate(order[around].tolist()):
                row = np.sort(arcs[ptr[i] : ptr[i + 1]])
                flowing += self._add(kind, -1, self._target(inward, terminal), row)
        self._turn += _TURN
        if flowing < _FEW_CUTS or self._turn // _TURN % _GROUPS_EVERY == 0:
            flowing += self._separate_groups(amount, served)
        return added + flowing

    def _target(self, inward: bool, terminal: int) -> int:
        """Return the site that a target stands for."""
        if inward:
            return self._first_site[int(self.nodes[terminal])]
        return int(self.hubs[terminal])

    def _separate_groups(self, amount: NDArray[np.float64], served: NDArray[np.float64]) -> int:
        """Add violated group cuts; return how many."""
        cuts = violated_group_cuts(
            self.graph,
            self.net,
            amount,
            self.prizes.node[self.hubs],
            _steps(served),
            creep=_CREEP,
            nested=_NESTED,
            most_items=_CUT_ITEMS,
        )
        added = 0
        for group, terminal, row in cuts:
            added += self._add(CutKind.GROUP, group, int(self.hubs[terminal]), row)
        return added

    def _drop_slack(self, dual: NDArray[np.float64], linked: NDArray[np.float64]) -> None:
        """Delete old rows without a dual value; keep those just added."""
        for a, value in zip(list(self._links), linked.tolist(), strict=False):
            if abs(value) < 1e-9:
                self.model.delete_linear_constraint(self._links.pop(a))
        keep = []
        for i, row in enumerate(self._rows):
            if i < len(dual) and abs(dual[i]) < 1e-9:
                self.model.delete_linear_constraint(row.row)
                self._seen.discard(row.key)
            else:
                keep.append(row)
        self._rows = keep

    def _prove(
        self, price: float, dual: NDArray[np.float64], linked: NDArray[np.float64]
    ) -> WeightProof | None:
        """Round the duals to a certificate; ``None`` where money has no price."""
        if price <= 0.0:
            return None
        worth_cents = self._unit / (price * self._weight)
        cents = np.maximum(np.concatenate([dual, linked]), 0.0) * (self._unit / price)
        largest = max(worth_cents * self._weight, float(cents.sum()), 1.0)
        if not largest < 2.0**_MOST_BITS:  # such duals no integer could hold: go without
            return None
        scale = min(_MOST_SCALE, 1 << (_MOST_BITS - math.frexp(largest)[1]))
        worth = max(1, round(worth_cents * scale))
        whole = np.rint(cents * scale).astype(np.int64)
        arc_dual = np.zeros(2 * self.graph.n_edges, dtype=np.int64)
        node_dual = np.zeros(self.graph.n_nodes, dtype=np.int64)
        hub_dual = np.zeros(len(self.prizes.level), dtype=np.int64)
        rows, links = whole[: len(dual)].tolist(), whole[len(dual) :]
        kept = [(r, int(pi)) for r, pi in zip(self._rows, rows, strict=True) if pi]
        for row, pi in kept:
            arc_dual[row.arcs] += pi
            if row.kind == CutKind.IN:
                node_dual[self.prizes.node[row.site]] += pi
            else:
                hub_dual[row.site] += pi
        link_arc = np.array(list(self._links), dtype=np.int32)[links > 0]
        charge_links(self.graph, link_arc, links[links > 0], arc_dual)
        return _freeze(
            [row for row, _ in kept],
            np.array([pi for _, pi in kept], dtype=np.int64),
            link_arc,
            links[links > 0],
            worth,
            scale,
            surplus(self.prizes, worth, scale, arc_dual, node_dual, hub_dual),
        )


def _steps(share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return shares of one in steps of 1 / UNIT."""
    return np.clip(np.rint(share * UNIT), 0, UNIT).astype(np.int64)


def _freeze(
    rows: list[_Row],
    dual: NDArray[np.int64],
    link_arc: NDArray[np.int32],
    link_dual: NDArray[np.int64],
    worth: int,
    scale: int,
    left: int,
) -> WeightProof:
    parts = [r.arcs[: len(r.arcs) // 2] if r.kind == CutKind.GROUP else r.arcs for r in rows]
    ptr = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=ptr[1:])
    kind = np.array([r.kind for r in rows], dtype=np.int8)
    group = np.array([r.group for r in rows], dtype=np.int32)
    site = np.array([r.site for r in rows], dtype=np.int32)
    members = np.concatenate([*parts, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    for array in (kind, group, site, dual, ptr, members, link_arc, link_dual):
        array.setflags(write=False)
    return WeightProof(
        worth, scale, kind, group, site, dual, ptr, members, link_arc, link_dual, left
    )
