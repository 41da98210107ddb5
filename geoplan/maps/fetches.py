"""What opening a page would fetch: nothing may be left, and this is how it is found."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["CSS_URL", "urls_that_fetch"]

CSS_URL = re.compile(r"url\(\s*(['\"]?)(.*?)\1\s*\)|@import\b[^;]*", re.IGNORECASE)
"""An address in a style sheet; group 2 is the address of ``url(...)``."""


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
            # xlink:href is how a picture within an svg names another
            if name.rpartition(":")[2] in self._ATTRIBUTES and tag != "a" and value:
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
        for match in CSS_URL.finditer(text):
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
