"""Render a plan as the leadership map: plan in, one self-contained HTML file out."""

from __future__ import annotations

from pathlib import Path

from geoplan.maps.page import build_page
from geoplan.maps.payload import build_payload
from geoplan.maps.still import still_page
from geoplan.maps.tiles import tile_source
from geoplan.maps.whole import write_whole
from geoplan.plan import Plan
from geoplan.text import Language

__all__ = ["map_html", "render_map"]


def map_html(plan: Plan, *, language: Language = "zh", tile_url: str | None = None) -> str:
    """Return the map of ``plan`` as one HTML text that fetches nothing.

    Government networks reach no foreign host, so scripts, styles, images and data are all in
    the text; both languages are in it too, ``language`` only says which one is shown first.

    Parameters
    ----------
    plan
        The plan; every figure on the map is one of its tables' (nothing is computed here).
    language
        Language shown first (``"zh"`` or ``"en"``).
    tile_url
        Optional background tiles, ``https://host/{z}/{x}/{y}.png``: an office's own server. The
        only host that the page may then reach. By default the map draws its own base.

    Raises
    ------
    InputError
        When ``tile_url`` is not a tile address.
    """
    tiles = None if tile_url is None else tile_source(tile_url)
    payload = build_payload(plan, language=language, tiles=tiles)
    still = still_page(payload, language)
    return build_page("leadership", payload, language=language, still=still, tiles=tiles)


def render_map(
    plan: Plan, path: Path | str, *, language: Language = "zh", tile_url: str | None = None
) -> Path:
    """Write the map of ``plan`` to ``path`` (whole or not at all) and return the path.

    Raises
    ------
    InputError
        When ``tile_url`` is not a tile address.
    OSError
        When the file can't be written; a file that was there before is then left as it was.
    """
    target = Path(path)
    text = map_html(plan, language=language, tile_url=tile_url)
    write_whole(text, target)
    return target
