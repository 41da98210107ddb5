"""What the last phase's money still pays for: a site left out, on another way than the design's.

A design gives every site ways that are cheap when all are built, and its cables are sized for all.
Where the money ends before that, some stretches are paid by nobody: a site on them may have a
dearer way over what is open that the money left pays for, or would if other sites that are left
out had theirs elsewhere and did not swell its cables. So, with the ways of all that is left out
taken off, the site that brings most weight per cent on its best way in the last phase is put on
that, the others around it on ways that swell nothing that is paid, as long as one fits: within the
money of each phase, to the cent. Weight first; of sites without any, the cheapest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.phased_cost import take_site
from geoplan._kernels.phased_routing import place_site
from geoplan.optimize.blocks import blocks_of_sites, build_blocks
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
"""Sites that are tried with all others around them before no more is served."""
_NEVER_CENT = 1e-3
"""What a cent of a stretch that no phase pays for counts beside one that is paid."""


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
    more: More | None = None
    while not clock.out():
        found = left.serve_best()
        if found is None:
            break
        more = found
    return more if more is not None and _holds(problem, more, released) else None


class _Left:
    """Sites in service with their ways, and the money left; what is left out is taken off."""

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
        cent = np.zeros(problem.n_phases)
        cent[-1] = 1.0
        walk.price(cent, _NEVER_CENT)
        phase = np.where(site_phase == 0, self._never, site_phase.astype(np.int64) - 1)
        walk.go_to(design, phase.astype(np.int32))
        self._most = build_guard(problem, build_blocks(problem, design)).cash_cents
        self._room = np.empty((2, walk.routing.ways.path.shape[1]), dtype=np.int32)
        out = np.flatnonzero((phase == self._never) & ~walk.sites.held)
        hubs = problem.site_level[out] == HUB
        self._out: list[int] = [*out[hubs].tolist(), *out[~hubs].tolist()]
        self._take(self._out)

    def serve_best(self) -> More | None:
        """Serve the one site left out that brings most for its money; None where none fits."""
        for s in self._ranked()[:_MOST_TRIED]:
            if not self._place(s, self._never - 1):
                continue
            others = [t for t in self._out if t != s]
            placed = 0
            while placed < len(others) and self._place(others[placed], self._never):
                placed += 1
            more = self._found() if placed == len(others) and self._fits() else None
            self._take(others[:placed])
            if more is not None:
                self._out = others
                return more
            self._take([s])
        return None

    def _ranked(self) -> list[int]:
        """Return what the money left pays for when nothing else is left out, the best first."""
        before = self._spent()
        found = []
        for s in self._out:
            if not self._may_follow(s) or not self._place(s, self._never - 1):
                continue
            if self._fits():
                cents = max(1, self._spent() - before)
                found.append((-int(self._problem.site_weight[s]) / cents, cents, s))
            self._take([s])
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

    def _found(self) -> More:
        """Return the design as it is now, and the phases."""
        self._walk.routing.state.used[:] = self._walk.state.used.sum(axis=0)
        phase = self._walk.sites.phase
        served = np.where(phase == self._never, 0, phase + 1).astype(np.int8)
        return More(routed_design(self._design, self._walk.routing), served)


def _holds(problem: Problem, more: More, released: NDArray[np.int64]) -> bool:
    """Tell whether the phases keep money and locks, to the cent, as the choice of phases counts."""
    blocks = build_blocks(problem, more.design)
    bought = blocks_of_sites(problem, blocks, more.site_phase)
    paid = (bought @ blocks.cost_cents <= released).all()
    return bool(paid) and rows_hold(lock_rows(problem, more.design, blocks), bought)
