"""The compare map: two or more plans side by side, one view, and what differs between them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geoplan.differences import OTHER_PRICES, PlanDifference, plan_difference, same_prices
from geoplan.errors import Fault, InputError
from geoplan.maps.figures import notes, table_rows
from geoplan.maps.format import kilometres, money, number
from geoplan.maps.page import build_page
from geoplan.maps.payload import build_payload
from geoplan.maps.still import drawing
from geoplan.maps.whole import write_whole
from geoplan.maps.words import COMPARE_WORDS
from geoplan.plan import Plan
from geoplan.plan_words import half
from geoplan.text import LANGUAGES, Language, Text

__all__ = ["compare_html", "render_compare_map"]

# What the compare map needs of a plan's own payload; the base is drawn from the first plan's.
_OWN = ("title", "classification", "steps", "proof", "existing", "bounds")
_SITES = ("site_id", "name", "level", "district_name", "phase", "at", "why_zh", "why_en")
_ROUTES = ("edge_id", "method", "phase", "length_m", "cost_cents", "line")
_SHARED = ("language", "units", "colours", "methods", "levels", "districts", "roads", "water")
_FEWEST, _MOST = 2, 4
_LETTERS = "ABCD"


def compare_html(
    plans: Sequence[Plan], *, names: Sequence[str] = (), language: Language = "zh"
) -> str:
    """Return the compare map of ``plans`` as one HTML text that fetches nothing.

    Parameters
    ----------
    plans
        Two to four plans; each other one is held against the first.
    names
        What each plan is called (its file's name, say); the plans' titles by default.
    language
        Language shown first.

    Raises
    ------
    InputError
        When there are too few or too many plans, or they are in different planning CRS.
    """
    _check(plans)
    payload = _payload(plans, names or [""] * len(plans), language)
    still = _still(payload, language)
    return build_page("compare", payload, language=language, still=still, count=len(plans))


def render_compare_map(
    plans: Sequence[Plan],
    path: Path | str,
    *,
    names: Sequence[str] = (),
    language: Language = "zh",
) -> Path:
    """Write the compare map of ``plans`` to ``path`` (whole or not at all) and return the path.

    Raises
    ------
    InputError
        As :func:`compare_html`.
    OSError
        When the file can't be written; a file that was there before is then left as it was.
    """
    target = Path(path)
    write_whole(compare_html(plans, names=names, language=language), target)
    return target


def _check(plans: Sequence[Plan]) -> None:
    faults = []
    if not _FEWEST <= len(plans) <= _MOST:
        faults.append(
            Fault(
                "compare.count",
                "map",
                "",
                Text(f"给出了 {len(plans)} 个方案", f"{len(plans)} plans are given"),
                Text(f"请给出 {_FEWEST} 至 {_MOST} 个", f"give {_FEWEST} to {_MOST}"),
            )
        )
    systems = sorted({str(plan.provenance["planning_crs"]) for plan in plans})
    if len(systems) > 1:
        listed = ", ".join(systems)
        faults.append(
            Fault(
                "compare.crs",
                "map",
                "",
                Text(f"方案的规划坐标系不同：{listed}", f"plans in different CRS: {listed}"),
                Text("用同一坐标系重新编制", "plan them again in one planning CRS"),
            )
        )
    if faults:
        raise InputError(faults)


def _payload(plans: Sequence[Plan], names: Sequence[str], language: Language) -> dict[str, Any]:
    whole = [build_payload(plan, language=language, tiles=None) for plan in plans]
    first = whole[0]
    marks = [page["classification"] for page in whole if any(page["classification"])]
    bounds = [page["bounds"] for page in whole]
    return {
        **{key: first[key] for key in _SHARED},
        "title": list(COMPARE_WORDS["title"]),
        "classification": marks[0] if marks else ["", ""],
        "attributions": list(dict.fromkeys(a for page in whole for a in page["attributions"])),
        "version": first["version"],
        "words": {**first["words"], **COMPARE_WORDS},
        "bounds": [min(b[0] for b in bounds), min(b[1] for b in bounds),
                   max(b[2] for b in bounds), max(b[3] for b in bounds)],
        "plans": [
            {
                **{key: page[key] for key in _OWN},
                "name": name,
                "cost": money(plan.cost_cents),
                "sites": {key: page["sites"][key] for key in _SITES},
                "routes": {key: page["routes"][key] for key in _ROUTES},
                "rows": [[label, values] for label, values in table_rows(page["steps"])],
            }
            for plan, page, name in zip(plans, whole, names, strict=True)
        ],
        "notes": _notes(plans),
        "differences": [_difference(plans[0], other) for other in plans[1:]],
    }  # fmt: skip


def _notes(plans: Sequence[Plan]) -> list[Text]:
    """Return what to know before quoting; what holds for some plans only names them."""
    held: dict[Text, str] = {}
    for letter, plan in zip(_LETTERS, plans, strict=False):
        for sentence, *_ in notes(plan):
            held[sentence] = held.get(sentence, "") + letter
    found = [] if same_prices(plans) else [OTHER_PRICES]
    for said, of in held.items():
        mark = "" if len(of) == len(plans) else f"{of} · "
        found.append(Text(mark + said.zh, mark + said.en))
    return found


def _difference(first: Plan, other: Plan) -> dict[str, Any]:
    """Return a difference as row numbers of the two plans' tables, and its sums in words."""
    found = plan_difference(first, other)
    edges = [_rows(plan, "routes", "edge_id") for plan in (first, other)]
    sites = [_rows(plan, "sites", "site_id") for plan in (first, other)]

    def pairs(of: Sequence[tuple[int, int]]) -> list[list[int]]:
        return [[edges[0][str(a)], edges[1][str(b)]] for a, b in of]

    return {
        "only_first": [edges[0][str(edge)] for edge in found.only_first],
        "only_second": [edges[1][str(edge)] for edge in found.only_second],
        "other_method": pairs(found.other_method),
        "other_phase": pairs(found.other_phase),
        "earlier": _changes(found, sites, earlier=True),
        "later": _changes(found, sites, earlier=False),
        "sums": {
            "only_first": _sums(first, found.only_first),
            "only_second": _sums(other, found.only_second),
        },
    }


def _rows(plan: Plan, table: str, key: str) -> dict[str, int]:
    return {str(value): row for row, value in enumerate(plan[table][key])}


def _changes(
    found: PlanDifference, rows: Sequence[dict[str, int]], *, earlier: bool
) -> list[list[int]]:
    return [
        [rows[0][change.site_id], rows[1][change.site_id]]
        for change in found.sites
        if change.earlier == earlier
    ]


def _sums(plan: Plan, edges: Sequence[int]) -> list[Text]:
    """Return number, kilometres and cost of some stretches, in words."""
    own = plan["routes"][plan["routes"]["edge_id"].isin(list(edges))]
    return [
        number(len(own)),
        kilometres(float(own["length_m"].sum())),
        money(int(own["cost_cents"].sum())),
    ]


def _still(payload: dict[str, Any], language: Language) -> str:
    """Return what is shown where scripts don't run: the plans' pictures and figures in turn."""
    here = LANGUAGES.index(language)
    mark = html.escape(payload["classification"][here])
    found = [f'<p class="mark">{mark}</p>'] if mark else []
    found.append(f"<h1>{html.escape(payload['title'][here])}</h1>")
    found.append(f"<p>{html.escape(COMPARE_WORDS['noscript'].get(language))}</p>")
    for letter, plan in zip(_LETTERS, payload["plans"], strict=False):
        own = {**payload, **plan}
        title = f"{letter} · {plan['name'] or plan['title'][here]}"
        found.append(f"<h2>{html.escape(title)}</h2>{drawing(own, language)}<table>")
        names = "".join(
            f'<th scope="col">{html.escape(step["name"].get(language))}</th>'
            for step in plan["steps"]
        )
        found.append(f"<thead><tr><td></td>{names}</tr></thead><tbody>")
        for label, values in plan["rows"]:
            cells = "".join(f"<td>{html.escape(value.get(language))}</td>" for value in values)
            head = html.escape(label.get(language))
            found.append(f'<tr><th scope="row">{head}</th>{cells}</tr>')
        found.append("</tbody></table>")
        found += [f"<p>{html.escape(text.get(language))}</p>" for text in plan["proof"]]
    found += [f"<p>{html.escape(text.get(language))}</p>" for text in payload["notes"]]
    found += [f"<p>{html.escape(half(line, language))}</p>" for line in payload["attributions"]]
    return f'<div class="still" id="still">{"".join(found)}</div>'
