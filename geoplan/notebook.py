"""What a plan shows of itself in a notebook: map, figure, tables, and a summary.

The door through which :class:`geoplan.plan.Plan` reaches what draws it. A plan stands above maps
and lists and must not depend on them, yet ``plan.explore()`` is what a person types; so the methods
of ``Plan`` import this module when they are called, and nothing above it does otherwise
(``docs/architecture.md``, held by ``tests/test_architecture.py``).
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoplan.export.shown import ShownTable as ShownTable
from geoplan.export.shown import shown_table
from geoplan.maps import map_html
from geoplan.maps.figures import notes, proof
from geoplan.plan import Plan
from geoplan.text import Language

if TYPE_CHECKING:  # matplotlib is only loaded by who plots
    from geoplan.maps.figure import PlanFigure as PlanFigure

__all__ = ["InlineMap", "explored", "plotted", "shown_table", "summarised"]

_PHASE_COLUMNS = (
    *("budget_cents", "cost_cents", "sites", "townships"),
    *("weight_share", "weight_bound_share"),
)


@dataclass(frozen=True, slots=True)
class InlineMap:
    """The leadership map as a notebook shows it: the whole page in a frame of its own.

    Parameters
    ----------
    page
        The page's text; it fetches nothing.
    height_px
        Height of the frame.
    """

    page: str
    height_px: int

    def _repr_html_(self) -> str:
        # sandboxed: the page runs its own script and reaches nothing of the notebook
        return (
            f'<iframe srcdoc="{html.escape(self.page, quote=True)}" sandbox="allow-scripts '
            'allow-modals" allow="fullscreen" '
            f'style="width:100%;height:{self.height_px}px;border:1px solid #d5dbe2"></iframe>'
        )

    def __repr__(self) -> str:
        """Return what a terminal shows: not the page."""
        return f"InlineMap({len(self.page):,} characters, {self.height_px} px)"


def explored(plan: Plan, *, language: Language, height_px: int, tile_url: str | None) -> InlineMap:
    """Return the map of ``plan`` for a notebook."""
    return InlineMap(map_html(plan, language=language, tile_url=tile_url), height_px)


def plotted(plan: Plan, *, step: int | None, language: Language) -> PlanFigure:
    """Return ``plan`` after phase ``step`` as a figure.

    Raises
    ------
    ModuleNotFoundError
        When matplotlib is not installed, with the cure.
    ValueError
        When the plan has no such phase.
    """
    try:
        from geoplan.maps.figure import plan_figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "plan.plot() draws with matplotlib: pip install 'geoplan[notebook]'", name=error.name
        ) from error
    return plan_figure(plan, step=step, language=language)


def summarised(plan: Plan, language: Language) -> str:
    """Return what a plan is, as HTML: title, classification, proof, phases, what to mind."""
    mark = str(plan.provenance[f"classification_{language}"])
    title = html.escape(str(plan.provenance[f"title_{language}"]))
    lines = [text.get(language) for text in proof(plan)]
    # names behind a count are left to the map and the tables
    lines += [note[0].get(language) for note in notes(plan)]
    table: ShownTable = shown_table(
        plan, "phases", language=language, columns=(f"name_{language}", *_PHASE_COLUMNS), rows=None
    )
    return "".join(
        [
            f'<p style="color:#b3261e">{html.escape(mark)}</p>' if mark else "",
            f"<h3>{title}</h3>",
            table._repr_html_(),
            *(f"<p>{html.escape(line)}</p>" for line in lines),
        ]
    )
