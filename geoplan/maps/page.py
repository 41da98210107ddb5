"""The page: folium's map, our own element, and everything either needs inlined.

Traps that this module is built around (measured, see the design page "outputs"):

- folium's default scripts and styles come from foreign hosts: none is kept, Leaflet is inlined
  from the package XStatic-Leaflet.
- branca parses the text of an ``Element`` as a Jinja template a second time, so a site called
  ``{{ 7 * 7 }}`` would be executed while rendering: texts go in through :class:`_Verbatim`.
- branca's names are random: they are set, so that the same plan gives the same bytes.
- ``</script>`` and U+2028 in data end a script: the data island escapes them.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from geoplan.maps import parts
from geoplan.maps.fetches import urls_that_fetch
from geoplan.maps.tiles import TileSource
from geoplan.text import LANGUAGES, Language

__all__ = ["build_page", "json_island"]

_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_ESCAPED = re.compile("[<>&\u2028\u2029]")
_LARGE = 2_000_000  # characters; below that the data stay readable in the file
_HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}


def json_island(data: Mapping[str, Any]) -> str:
    """Return ``data`` as JSON that can stand inside a ``<script type="application/json">``.

    Large data are deflated (``{"deflated": base64, "size": bytes}``): the page's script inflates
    them. Lone surrogates (half characters of broken input) become the replacement character: they
    can't be written as UTF-8.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text) > _LARGE:
        # as ASCII, so that the script needs no decoder of UTF-8 (an Edge of 2018 has none)
        plain = json.dumps(json.loads(text), separators=(",", ":")).encode("ascii")
        packed = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = base64.b64encode(packed.compress(plain) + packed.flush()).decode("ascii")
        return json.dumps({"deflated": body, "size": len(plain)})
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], text)


class _Verbatim(Element):
    """A text that is put into the page as it is: never parsed as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class _Page(Figure):
    """The frame of the page: security policy first, then what the elements add."""

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.language }}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        "<title>{{ this.title }}</title>\n{{ this.header.render(**kwargs) }}\n</head>\n"
        "<body>\n{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, language: Language, title: str, policy: str) -> None:
        super().__init__()
        self.header._children.clear()  # branca's own charset line: ours stands first
        self.language = _HTML_LANGUAGE[language]
        self.title = html.escape(title)
        self.policy = policy


class _Map(folium.Map):
    """folium's map without its foreign files; its div goes into our own frame."""

    # folium's own template forbids zooming by fingers and spreads objects in the ES2018 way
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, "
        "L.Util.extend({center: {{ this.location|tojson }}}, {{ this.options|tojavascript }}));"
        "{% endmacro %}"
    )


class _Phases(MacroElement):
    """Our element: shell, still picture, data island and the script that draws on the maps."""

    def __init__(
        self, kind: parts.PageKind, views: Sequence[_Map], payload: Mapping[str, Any], still: str
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Phases"
        self._id = "geoplan"
        self.kind = kind
        self.views = tuple(views)
        self.payload = payload
        self.still = still

    def render(self, **kwargs: Any) -> str:
        """Add styles, shell, data island and script to the page, all of them verbatim."""
        page = self.get_root()
        if not isinstance(page, Figure):
            raise TypeError("the phase element is added to a map that is in a page")
        names = [view.get_name() for view in self.views]
        divs = "".join(
            f'<div class="pane"><div class="folium-map" id="{name}"></div></div>' for name in names
        )
        shell = parts.shell(self.kind).replace("<!-- maps -->", divs)
        styles = f"<style>{parts.leaflet_css()}</style>\n<style>{parts.styles(self.kind)}</style>"
        head = f"<script>{parts.GUARD}</script>\n{styles}\n<script>{parts.leaflet_js()}</script>"
        island = json_island(self.payload)
        data = f'<script type="application/json" id="geoplan-data">{island}</script>'
        page.header.add_child(_Verbatim(head), name="geoplan_head")
        page.html.add_child(_Verbatim(self.still), name="geoplan_still")
        page.html.add_child(_Verbatim(shell), name="geoplan_shell")
        page.html.add_child(_Verbatim(data), name="geoplan_data")
        script = parts.script(self.kind, f"[{', '.join(names)}]")
        page.script.add_child(_Verbatim(script), name="geoplan_script")
        return ""


def build_page(
    kind: parts.PageKind,
    payload: Mapping[str, Any],
    *,
    language: Language,
    still: str,
    tiles: TileSource | None = None,
    count: int = 1,
) -> str:
    """Return the whole page as text; raise when anything in it would be fetched.

    Parameters
    ----------
    still
        Markup that is shown where scripts don't run, names in it escaped.
    count
        Number of maps on the page, all with the same view.

    Raises
    ------
    RuntimeError
        When a foreign address is left in the page: then the page is wrong, not the plan.
    """
    images = "data:" if tiles is None else f"data: {tiles.origin}"
    policy = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        f"img-src {images}; base-uri 'none'; form-action 'none'"
    )
    page = _Page(language, payload["title"][LANGUAGES.index(language)], policy)
    views = [_view(payload, number, alone=count == 1) for number in range(count)]
    for view in views:
        page.add_child(view)
    views[-1].add_child(_Phases(kind, views, payload, still))
    text: str = page.render()
    left = urls_that_fetch(text)
    if left:
        raise RuntimeError(f"the map would fetch {sorted(left)}")
    return text


def _view(payload: Mapping[str, Any], number: int, *, alone: bool) -> _Map:
    west, south, east, north = (value / payload["units"] for value in payload["bounds"])
    view = _Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=9,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        min_zoom=7,
        max_zoom=18,
        # maps that follow each other are never between two zooms
        zoom_animation=alone,
    )
    view._id = f"geoplan{number}"
    view.default_js, view.default_css = [], []
    return view
