"""Whether any design of a small network costs less than a sum: a look at all of them.

A branch and bound in whole cents, without a solver. Every site makes one of its choices; a choice
takes cores on stretches. What a stretch costs with q cores is replaced by the least it costs with q
or more of them (cores are only added), so what is taken so far bounds what comes. Two bounds on the
rest, the better of which counts, with ``more_e(u)`` = what u cores more on stretch e cost now::

    max over sites s of    min over choices c of  sum_e more_e(u_sce)
    sum over sites s of    min over choices c of  sum_e floor(more_e(u_sce) / n_e)

``n_e`` = how many of the sites left may use e: whoever uses it, together they pay at least what the
most demanding of them alone would pay, so at least the sum of these parts. A choice that lifts the
second bound to the sum asked for is out; the fewer choices are left, the smaller ``n_e``.

Where one of some stretches must be in use, the search branches on who uses one first: each choice
over one of them, site by site, the sites before without such a choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_ROOM", "cheaper_design"]

NO_ROOM = 1 << 50
"""Cents that stand for cores that a stretch has no room for."""

Cores = NDArray[np.int64]


class _Search:
    """One search; ``work`` counts down the table look-ups that are left."""

    def __init__(
        self,
        usage: list[Cores],
        bill: Cores,
        target_cents: int,
        allowed: Callable[[list[int]], bool],
        required: Sequence[NDArray[np.int64]],
        work: int,
    ) -> None:
        self.usage, self.bill, self.target_cents = usage, bill, target_cents
        self.required = required
        self.low = np.minimum.accumulate(bill[::-1], axis=0)[::-1]
        self.allowed, self.work = allowed, work

    def below(self, used: Cores, rows: dict[int, Cores], taken: dict[int, int]) -> bool | None:
        """Tell whether a design cheaper than the target goes on from here; None: out of work."""
        m = len(used)
        edges = np.arange(m)
        now = self.low[used, edges]
        spent = int(now.sum())
        if not rows:
            whole = int(self.bill[used, edges].sum())
            picked = [taken[s] for s in range(len(self.usage))]
            used_all = all(used[some].any() for some in self.required)
            return whole < self.target_cents and used_all and self.allowed(picked)
        while True:
            self.work -= m * sum(len(some) for some in rows.values())
            if self.work < 0:
                return None
            more = {
                s: self.low[used + self.usage[s][some], edges] - now for s, some in rows.items()
            }
            users = np.zeros(m, dtype=np.int64)
            for s, some in rows.items():
                users += self.usage[s][some].any(axis=0)
            part = {s: (cents // np.maximum(users, 1)).sum(axis=1) for s, cents in more.items()}
            least = {s: int(cents.min()) for s, cents in part.items()}
            room = self.target_cents - spent - sum(least.values())
            alone = {s: int(cents.sum(axis=1).min()) for s, cents in more.items()}
            if room <= 0 or spent + max(alone.values()) >= self.target_cents:
                return False
            kept = {
                s: some[
                    (part[s] - least[s] < room) & (more[s].sum(axis=1) < self.target_cents - spent)
                ]
                for s, some in rows.items()
            }
            if any(not len(some) for some in kept.values()):
                return False
            if all(len(kept[s]) == len(some) for s, some in rows.items()):
                break
            rows = kept
        for some in self.required:
            if not used[some].any():
                return self._over(some, used, rows, taken)
        site = min(rows, key=lambda s: (len(rows[s]) > 1, -alone[s], len(rows[s]), s))
        rest = {s: some for s, some in rows.items() if s != site}
        order = np.argsort(more[site].sum(axis=1), kind="stable")
        for k in rows[site][order].tolist():
            found = self.below(used + self.usage[site][k], rest, {**taken, site: k})
            if found is not False:
                return found
        return False

    def _over(
        self,
        stretches: NDArray[np.int64],
        used: Cores,
        rows: dict[int, Cores],
        taken: dict[int, int],
    ) -> bool | None:
        """Go on with whoever uses one of some stretches first, site by site."""
        for site in sorted(rows):
            over = self.usage[site][rows[site]][:, stretches].any(axis=1)
            rest = {s: some for s, some in rows.items() if s != site}
            for k in rows[site][over].tolist():
                found = self.below(used + self.usage[site][k], rest, {**taken, site: k})
                if found is not False:
                    return found
            rows = {**rest, site: rows[site][~over]}
            if over.all():  # whoever comes after can't be the first
                break
        return False


def cheaper_design(
    usage: list[Cores],
    bill: Cores,
    target_cents: int,
    *,
    work: int,
    allowed: Callable[[list[int]], bool] = lambda _: True,
    required: Sequence[NDArray[np.int64]] = (),
) -> bool | None:
    """Tell whether some design costs less than a sum; ``None`` when the work did not suffice.

    Parameters
    ----------
    usage
        Per site int64 (c, m): the cores that each of its choices takes on each stretch.
    bill
        int64 (q + 1, m): cents of each stretch with 0..q cores, q all that can come together;
        :data:`NO_ROOM` where there is no room for them.
    allowed
        Whether the choices of all sites, by number, are a design (rings).
    required
        Sets of stretches, of each of which one must be in use.
    work
        Most table look-ups.
    """
    if any(not len(some) for some in usage):
        return False  # a site without a choice: there is no design at all
    start = np.zeros(bill.shape[1], dtype=np.int64)
    rows = {s: np.arange(len(some)) for s, some in enumerate(usage)}
    return _Search(usage, bill, target_cents, allowed, required, work).below(start, rows, {})
