"""What of a plan a pack holds: all of it, one phase, one lot, or one lot in one phase.

One place says which rows those are, so that no two formats can choose differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.export.tables import lot_name
from geoplan.plan import Plan
from geoplan.text import Language, Text

__all__ = ["WHOLE", "Selection", "known_lots", "lot_title", "stretch_lots"]

_WORKS = ("sites", "routes", "cables", "feeders", "bill")
"""Tables whose rows each belong to a lot and a phase."""
_UNFIT = re.compile(r"[^\w-]+")  # in the name of a file


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows that a pack holds: of phase ``phase`` (all if ``None``), of lot ``lot`` (likewise).

    Phase 0 are the sites that no phase reaches.
    """

    phase: int | None = None
    lot: str | None = None

    def in_phase(self, number: int) -> Selection:
        """Return the part of the selection that belongs to one phase."""
        return replace(self, phase=number)

    def numbers(self, plan: Plan) -> tuple[int, ...]:
        """Return the numbers of the phases in the pack, in order; of a lot those it works in."""
        every = tuple(int(number) for number in plan["phases"]["number"])
        asked = every if self.phase is None else (self.phase,)
        if self.lot is None:
            return asked
        there = {k for name in _WORKS for k in plan[name].loc[self._of_lot(plan, name), "phase"]}
        return tuple(number for number in asked if number in there)

    def rows(self, plan: Plan, name: str, *, unserved: bool = False) -> NDArray[np.bool_]:
        """Return which rows of a table are in the pack: bool (rows,).

        Parameters
        ----------
        name
            A table with a phase: sites, routes, cables, feeders, bill or core schedule.
        unserved
            With all phases, keep what no phase reaches too.
        """
        phase = plan[name]["phase"].to_numpy()
        if self.phase is not None:
            mask = phase == self.phase
        else:
            mask = np.ones(len(phase), dtype=bool) if unserved else phase > 0
        return np.asarray(mask & self._of_lot(plan, name), dtype=bool)

    def part(self) -> str:
        """Return what the names of files say: ``-phase2-lotA``, or ``""`` for the whole plan.

        >>> Selection(2, "A/1").part(), Selection().part()
        ('-phase2-lotA_1', '')
        """
        phase = "" if self.phase is None else f"-phase{self.phase}"
        return phase if self.lot is None else f"{phase}-lot{_UNFIT.sub('_', self.lot)}"

    def path(self, out_dir: Path, language: Language, suffix: str) -> Path:
        """Return where a drawing is written."""
        return out_dir / f"works{self.part()}-{language}{suffix}"

    def title(self, plan: Plan, language: Language) -> str:
        """Return the title of the pack: that of the plan, behind the lot where there is one."""
        whole = str(plan.provenance[f"title_{language}"])
        return whole if self.lot is None else f"{lot_title(plan, self.lot, language)} · {whole}"

    def _of_lot(self, plan: Plan, name: str) -> NDArray[np.bool_]:
        if self.lot is None:
            return np.ones(len(plan[name]), dtype=bool)
        if name == "core_schedule":
            return _spliced(plan, self.lot)
        return np.asarray(plan[name]["lot"] == self.lot, dtype=bool)


WHOLE = Selection()
"""All of a plan."""


def known_lots(plan: Plan) -> tuple[str, ...]:
    """Return the codes of the lots of a plan, sorted."""
    return tuple(sorted({str(lot) for name in _WORKS for lot in plan[name]["lot"]}))


def lot_title(plan: Plan, lot: str, language: Language) -> str:
    """Return code and name of a lot, saying that it is one."""
    return f"{Text('标段', 'lot').get(language)} {lot} {lot_name(plan, lot, language)}"


def stretch_lots(plan: Plan) -> pd.Series[str]:
    """Return the lot of the stretch of each row of the core schedule."""
    lots = plan["routes"].set_index("edge_id")["lot"]
    return plan["core_schedule"]["edge_id"].map(lots).fillna("").astype(str)


def _spliced(plan: Plan, lot: str) -> NDArray[np.bool_]:
    """Return the rows of the core schedule that the contractor of a lot works from.

    Those on its stretches, the next stretch of a way on either side of them (a splice at the
    border of the lot joins its cores to cores there), and whole ways of its sites.
    """
    schedule, sites = plan["core_schedule"], plan["sites"]
    here = (stretch_lots(plan) == lot).to_numpy(dtype=bool)
    own = schedule["site_id"].isin(sites.loc[sites["lot"] == lot, "site_id"])
    steps = pd.MultiIndex.from_frame(schedule[["path_id", "position"]])
    built = schedule.loc[here, ["path_id", "position"]]
    beside = np.zeros(len(schedule), dtype=bool)
    for aside in (-1, 1):
        moved = built.assign(position=built["position"] + aside)
        beside |= steps.isin(pd.MultiIndex.from_frame(moved))
    return here | beside | own.to_numpy(dtype=bool)
