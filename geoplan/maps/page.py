"""The page: folium's map, our phase element, and everything either needs inlined.

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
from collections.abc import Mapping
from html.parser import HTMLParser
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from geoplan.maps.figures import table_rows
from geoplan.maps.tiles import TileSource
from geoplan.maps.words import WORDS
from geoplan.text import LANGUAGES, Language, Text

__all__ = ["build_page", "json_island", "urls_that_fetch"]

_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_ESCAPED = re.compile("[<>&\u2028\u2029]")
_CSS_URL = re.compile(r"url\(\s*(['\"]?)(.*?)\1\s*\)|@import\b[^;]*", re.IGNORECASE)
_HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}


def json_island(data: Mapping[str, Any]) -> str:
    """Return ``data`` as JSON that can stand inside a ``<script type="application/json">``.

    Lone surrogates (half characters of broken input) become the replacement character: they
    can't be written as UTF-8.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
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
    """The phase element: panel, data island and the script that draws them on the map."""

    def __init__(self, payload: Mapping[str, Any], language: Language) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Phases"
        self._id = "geoplan"
        self.payload = payload
        self.language: Language = language

    def render(self, **kwargs: Any) -> str:
        """Add styles, shell, data island and script to the page, all of them verbatim."""
        page, view = self.get_root(), self._parent
        if not isinstance(page, Figure) or view is None:
            raise TypeError("the phase element is added to a map that is in a page")
        assets = files("geoplan.maps") / "assets"
        name = view.get_name()
        shell = _text(assets / "shell.html")
        shell = shell.replace("<!-- map -->", f'<div class="folium-map" id="{name}"></div>')
        shell = shell.replace("<!-- noscript -->", _noscript(self.payload, self.language))
        styles = f"<style>{_leaflet_css()}</style>\n<style>{_text(assets / 'map.css')}</style>"
        page.header.add_child(_Verbatim(styles), name="geoplan_css")
        page.header.add_child(
            _Verbatim(f"<script>{_leaflet_js()}</script>"), name="geoplan_leaflet"
        )
        island = json_island(self.payload)
        data = f'<script type="application/json" id="geoplan-data">{island}</script>'
        page.html.add_child(_Verbatim(shell), name="geoplan_shell")
        page.html.add_child(_Verbatim(data), name="geoplan_data")
        script = f"{_text(assets / 'map.js')}\ngeoplanStart({name});"
        page.script.add_child(_Verbatim(script), name="geoplan_script")
        return ""


def build_page(payload: Mapping[str, Any], language: Language, tiles: TileSource | None) -> str:
    """Return the whole page as text; raise when anything in it would be fetched.

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
    title = payload["title"][LANGUAGES.index(language)]
    page = _Page(language, title, policy)
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
    )
    view._id = "geoplan"
    view.default_js, view.default_css = [], []
    page.add_child(view)
    view.add_child(_Phases(payload, language))
    text: str = page.render()
    left = urls_that_fetch(text)
    if left:
        raise RuntimeError(f"the map would fetch {sorted(left)}")
    return text


def _text(path: Traversable) -> str:
    return path.read_text(encoding="utf-8")


def _leaflet() -> Traversable:
    return files("xstatic.pkg.leaflet") / "data"


def _leaflet_js() -> str:
    # the source map's address is only for developer tools, which would try to fetch it
    return re.sub(r"//# sourceMappingURL=\S+", "", _text(_leaflet() / "leaflet.js"))


def _leaflet_css() -> str:
    def inline(match: re.Match[str]) -> str:
        address = match[2] or ""
        if not address or address.startswith("#"):
            return match[0]
        image = (_leaflet() / address).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(image).decode('ascii')})"

    return _CSS_URL.sub(inline, _text(_leaflet() / "leaflet.css"))


def _noscript(payload: Mapping[str, Any], language: Language) -> str:
    """Return the figures as a plain table: what a mail client or a file preview shows."""

    def cell(tag: str, text: Text) -> str:
        return f"<{tag}>{html.escape(text.get(language))}</{tag}>"

    records = payload["steps"]
    head = "".join(cell("th", record["name"]) for record in records)
    rows = "".join(
        f"<tr>{cell('th', label)}{''.join(cell('td', value) for value in values)}</tr>"
        for label, values in table_rows(records)
    )
    texts = [*payload["proof"], *(text for note in payload["notes"] for text in note)]
    texts += [Text(line, line) for line in payload["attributions"]]
    lines = "".join(cell("p", text) for text in texts)
    classification = html.escape(payload["classification"][LANGUAGES.index(language)])
    title = html.escape(payload["title"][LANGUAGES.index(language)])
    return (
        f'<noscript><div class="still"><p>{classification}</p><h1>{title}</h1>'
        f"{cell('p', WORDS['noscript'])}<table><tr><th></th>{head}</tr>{rows}</table>"
        f"{lines}</div></noscript>"
    )


class _Fetches(HTMLParser):
    """Collects every address in a page that a browser would fetch by itself."""

    _ATTRIBUTES = frozenset({"src", "href", "srcset", "action", "poster", "data", "background"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note addresses in attributes; anchors are followed by people, not by browsers."""
        self._style = tag == "style"
        for name, value in attrs:
            if name in self._ATTRIBUTES and tag != "a" and value:
                self._note(value)
            if name == "style" and value:
                self._css(value)

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        self._style = False

    def handle_data(self, data: str) -> None:
        """Read style sheets; scripts and data name addresses without fetching them."""
        if self._style:
            self._css(data)

    def _css(self, text: str) -> None:
        for match in _CSS_URL.finditer(text):
            self._note(match[2] if match[2] is not None else match[0])

    def _note(self, address: str) -> None:
        if not address.strip().startswith(("data:", "#")):
            self.found.add(address)


def urls_that_fetch(page: str) -> set[str]:
    """Return the addresses that opening ``page`` would fetch (the data island's text is none).

    >>> sorted(urls_that_fetch('<img src="http://a/b.png"><style>p{background:url(c.png)}</style>'))
    ['c.png', 'http://a/b.png']
    """
    parser = _Fetches()
    parser.feed(page)
    parser.close()
    return parser.found
