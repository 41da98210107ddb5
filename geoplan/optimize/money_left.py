"""What the last phase's money still pays for: a site left out, on another way than the design's.

A design gives every site ways that are cheap when all are built, and its cables are sized for all.
Where the money ends before that, some stretches are paid by nobody, and a site on them may have a
dearer way over what is open that the money left pays for. One after the other, the site that brings
most weight per cent on its best way in the last phase is put on that, as long as one fits: its way,
and what it adds to cables of earlier phases, within the money of each phase, to the cent. Weight
first; of sites without any, the cheapest.

Where none fits so, one may fit if others that are left out did not swell the cables that are paid.
They are led around those, at first for a little, then for much, and the site is served only where
that pays as a design for early reach must (``COST_SHARE`` of :mod:`.joint_search`): whoever builds
on pays for the detours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.phased_cost import phased_refresh, put_site, take_site
from geoplan._kernels.phased_routing import place_site
from geoplan.optimize.blocks import blocks_of_sites, build_blocks
from geoplan.optimize.joint_search import COST_SHARE
from geoplan.optimize.lock_start import build_guard
from geoplan.optimize.phase_rows import lock_rows, rows_hold
from geoplan.optimize.phase_walk import PhaseWalk
from geoplan.optimize.problem import HUB, TOWNSHIP, Problem
from geoplan.optimize.routed import routed_design
from geoplan.optimize.solution import Design
from geoplan.stopping import Clock

__all__ = ["More", "serve_more"]

_PAIR_TRIES = 12
_MOST_TRIED = 24
"""Sites that are tried with all others led around what is paid, before no more is served."""
_DETOURS = (1.0, 30.0, 1000.0)
"""How many cents that no phase pays for are taken for one that is paid, in turn."""


@dataclass(frozen=True, slots=True, eq=False)
class More:
    """A design on which more is served, and the phase of each site, int8 (s,), 0 for never."""

    design: Design
    site_phase: NDArray[np.int8]


def serve_more(
    problem: Problem,
    design: Design,
    released: NDArray[np.int64],
    site_phase: NDArray[np.int8],
    clock: Clock,
) -> More | None:
    """Serve in the last phase what its money pays for on other ways; None where there is nothing.

    Parameters
    ----------
    problem
        After ``without_forbidden``; sites have cores of their own.
    released
        int64 (p,), money released by the end of each phase.
    site_phase
        int8 (s,), the phases of a plan on the design that keeps money and locks.
    """
    left = _Left(problem, design, released, site_phase)
    count = 0
    while not clock.out() and (left.serve_best() or left.serve_around()):
        count += 1
    if not count:
        return None
    more = left.found()
    return more if _holds(problem, more, released) else None


class _Left:
    """All sites with their ways, and the money left; what is left out is in phase ``never``."""

    def __init__(
        self,
        problem: Problem,
        design: Design,
        released: NDArray[np.int64],
        site_phase: NDArray[np.int8],
    ) -> None:
        self._problem, self._released, self._design = problem, released, design
        self._never = problem.n_phases
        self._walk = walk = PhaseWalk(problem, design, released)
        walk.payable = False  # locks may leave sites out, whatever the money
        self._price(_DETOURS[-1])
        phase = np.where(site_phase == 0, self._never, site_phase.astype(np.int64) - 1)
        walk.go_to(design, phase.astype(np.int32))
        self._most = build_guard(problem, build_blocks(problem, design)).cash_cents
        self._room = np.empty((2, walk.routing.ways.path.shape[1]), dtype=np.int32)
        out = np.flatnonzero((phase == self._never) & ~walk.sites.held)
        hubs = problem.site_level[out] == HUB
        self._out: list[int] = [*out[hubs].tolist(), *out[~hubs].tolist()]

    def found(self) -> More:
        """Return the design as it is now, and the phases."""
        self._walk.routing.state.used[:] = self._walk.state.used.sum(axis=0)
        phase = self._walk.sites.phase
        served = np.where(phase == self._never, 0, phase + 1).astype(np.int8)
        return More(routed_design(self._design, self._walk.routing), served)

    def serve_best(self) -> bool:
        """Serve the one site left out that brings most for its money; False where none fits."""
        ranked = self._ranked()
        if not ranked:
            return False
        best = ranked[0]
        self._take([best])
        self._place(best, self._never - 1)
        self._out.remove(best)
        return True

    def serve_around(self) -> bool:
        """Serve one site left out, the others led around what is paid, where that pays."""
        before, had = self.found(), {s: self._ways(s) for s in self._out}
        self._take(self._out)
        for s in self._ranked()[:_MOST_TRIED]:
            others = [t for t in self._out if t != s]
            self._place(s, self._never - 1)
            if self._lead_around(others, before):
                self._out = others
                return True
            self._take([s])
        for s in self._out:
            self._put_on(s, had[s])
        return False

    def _lead_around(self, others: list[int], before: More) -> bool:
        """Give the others, which are off, ways with which all fits and pays, or leave them off."""
        fits = False
        for detours in _DETOURS:
            self._price(detours)
            placed = 0
            while placed < len(others) and self._place(others[placed], self._never):
                placed += 1
            fits = placed == len(others) and self._fits() and self._pays(before)
            if fits:
                break
            self._take(others[:placed])
        self._price(_DETOURS[-1])
        return fits

    def _pays(self, before: More) -> bool:
        """Tell whether the phase objective rises by more than the bill of the design."""
        now = self.found()
        dearer = now.design.cost_cents / max(1, before.design.cost_cents) - 1
        known = self._value(before)
        return dearer <= 0 or self._value(now) > known * (1 + COST_SHARE * dearer)

    def _value(self, more: More) -> int:
        phases = np.arange(1, self._never + 1)[:, None]
        served = (more.site_phase > 0) & (more.site_phase <= phases)
        return int(self._problem.phase_gain @ (served @ self._problem.site_weight))

    def _ranked(self) -> list[int]:
        """Return the sites left out that fit, by themselves, all else as it is; the best first."""
        found = []
        for s in self._out:
            if not self._may_follow(s):
                continue
            had = self._ways(s) if self._walk.sites.phase[s] >= 0 else None
            before = self._spent()
            if had is not None:
                self._take([s])
            if self._place(s, self._never - 1):
                if self._fits():
                    cents = max(1, self._spent() - before)
                    found.append((-int(self._problem.site_weight[s]) / cents, cents, s))
                self._take([s])
            if had is not None:
                self._put_on(s, had)
        return [s for _, _, s in sorted(found)]

    def _may_follow(self, s: int) -> bool:
        """Tell whether what rule P6 puts before a site is in service (kernels skip what is off)."""
        problem, phase = self._problem, self._walk.sites.phase
        if problem.site_level[s] != TOWNSHIP:
            return True
        before = [int(problem.site_home[s])]
        if problem.all_hubs_first:
            before += np.flatnonzero(problem.site_level == HUB).tolist()
        return bool(((phase[before] >= 0) & (phase[before] < self._never)).all())

    def _price(self, detours: float) -> None:
        """Set how many cents that nobody pays for are taken for one that is paid."""
        cent = np.zeros(self._never)
        cent[-1] = detours
        self._walk.price(cent, 1.0)
        phased_refresh(self._walk.routing.net, self._walk.state)

    def _spent(self) -> int:
        return int(self._walk.state.spent[: self._never].sum())

    def _fits(self) -> bool:
        """Tell whether the money of every phase pays for its part."""
        spent = self._walk.state.spent[: self._never]
        return bool((np.cumsum(spent) <= self._released).all() and (spent <= self._most).all())

    def _place(self, s: int, k: int) -> bool:
        """Put a site that is off into a phase on its best way; False where there is none."""
        walk = self._walk
        on = walk.routing.net, walk.state, walk.routing.ways, walk.sites
        return bool(place_site(*on, s, k, _PAIR_TRIES, self._room))

    def _take(self, some: list[int]) -> None:
        walk = self._walk
        for s in some:
            take_site(walk.routing.net, walk.state, walk.routing.ways, walk.sites, s)

    def _ways(self, s: int) -> list[NDArray[np.int32]]:
        ways, first = self._walk.routing.ways, int(self._walk.sites.first_way[s])
        rows = range(first, first + int(self._walk.sites.n_ways[s]))
        return [ways.path[w, : ways.length[w]].copy() for w in rows]

    def _put_on(self, s: int, had: list[NDArray[np.int32]]) -> None:
        """Leave a site that is off out again, with the ways it had."""
        walk = self._walk
        ways = walk.routing.ways
        for w, path in enumerate(had, int(walk.sites.first_way[s])):
            ways.path[w, : len(path)] = path
            ways.length[w] = len(path)
        put_site(walk.routing.net, walk.state, ways, walk.sites, s, self._never)


def _holds(problem: Problem, more: More, released: NDArray[np.int64]) -> bool:
    """Tell whether the phases keep money and locks, to the cent, as the choice of phases counts."""
    blocks = build_blocks(problem, more.design)
    bought = blocks_of_sites(problem, blocks, more.site_phase)
    paid = (bought @ blocks.cost_cents <= released).all()
    return bool(paid) and rows_hold(lock_rows(problem, more.design, blocks), bought)
