"""The files that pages are put together from: our scripts and styles, and Leaflet's.

A page's script is several short files that share one scope: each is put, in the order of
:data:`SCRIPTS`, into one function. No module loader, so that a browser of 2018 runs it from a
file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

from geoplan.maps.fetches import CSS_URL

__all__ = ["GUARD", "SCRIPTS", "PageKind", "leaflet_css", "leaflet_js", "script", "shell", "styles"]

PageKind = Literal["leadership", "compare"]

SCRIPTS: Mapping[PageKind, tuple[str, ...]] = MappingProxyType(
    {
        "leadership": (
            *(
                "island",
                "base",
                "canvases",
                "lines",
                "state",
                "ground",
                "routes",
                "sites",
                "inset",
                "step",
                "figures",
                "legend",
            ),
            *("card", "search", "measure", "control", "paper", "start"),
        ),
        "compare": (
            "island",
            "base",
            "compare_maps",
            "compare_table",
            "compare_paper",
            "compare_start",
        ),
    }
)
"""Our script files of each kind of page, in the order in which they are joined."""

_STYLES: Mapping[PageKind, tuple[str, ...]] = MappingProxyType(
    {"leadership": ("base", "map", "paper"), "compare": ("base", "compare")}
)

GUARD = (
    '(function () { var root = document.documentElement; root.className = "scripts"; '
    'window.addEventListener("error", function () { '
    'if (!document.body || !document.body.hasAttribute("data-ready")) { root.className = ""; } '
    "}); })();"
)
"""Runs first: hides the still picture, and shows it again when the page's script can't start."""


def script(kind: PageKind, argument: str) -> str:
    """Return the script of a page: one function of ``argument``, called once."""
    parts = "\n".join(_text(_assets() / f"{name}.js") for name in SCRIPTS[kind])
    return f'(function (input) {{\n"use strict";\n{parts}\n}})({argument});'


def styles(kind: PageKind) -> str:
    """Return our style sheets of a page."""
    return "\n".join(_text(_assets() / f"{name}.css") for name in _STYLES[kind])


def shell(kind: PageKind) -> str:
    """Return the markup of a page, without any data."""
    return _text(_assets() / f"{kind}.html")


def leaflet_js() -> str:
    """Return Leaflet itself."""
    # the source map's address is only for developer tools, which would try to fetch it
    return re.sub(r"//# sourceMappingURL=\S+", "", _text(_leaflet() / "leaflet.js"))


def leaflet_css() -> str:
    """Return Leaflet's styles, their images inlined."""

    def inline(match: re.Match[str]) -> str:
        address = match[2] or ""
        if not address or address.startswith("#"):
            return match[0]
        image = (_leaflet() / address).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(image).decode('ascii')})"

    return CSS_URL.sub(inline, _text(_leaflet() / "leaflet.css"))


def _assets() -> Traversable:
    return files("geoplan.maps") / "assets"


def _leaflet() -> Traversable:
    return files("xstatic.pkg.leaflet") / "data"


def _text(path: Traversable) -> str:
    return path.read_text(encoding="utf-8")
