"""The optional background tiles: check the address and derive what the page may reach."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geoplan.errors import Fault, InputError
from geoplan.redact import redacted
from geoplan.text import Text

__all__ = ["TileSource", "tile_source"]

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.{}-]+)(?P<port>:[0-9]{1,5})?/[^\s\"'<>\\]*"
)


@dataclass(frozen=True, slots=True)
class TileSource:
    """A tile address and the one origin that the page's security policy opens for it."""

    url: str
    origin: str


def tile_source(url: str) -> TileSource:
    """Check a tile address (``{z}``, ``{x}``, ``{y}`` in it) and return it with its origin.

    ``{s}`` in the host stands for the subdomains that Leaflet fills in; a security policy can
    only say ``*.`` for a whole label, so the label that holds it is widened to that.

    Raises
    ------
    InputError
        When the address is not http(s), has no host, or lacks one of the three fields.

    >>> tile_source("https://t{s}.example.cn/{z}/{x}/{y}.png?tk=1").origin
    'https://*.example.cn'
    """
    match = _ADDRESS.fullmatch(url)
    origin = ""
    if match is not None:
        labels = match["host"].split(".")
        plain = re.compile(r"[A-Za-z0-9-]+")
        first = "*" if "{s}" in labels[0] and len(labels) > 1 else labels[0]
        if (first == "*" or plain.fullmatch(first)) and all(map(plain.fullmatch, labels[1:])):
            origin = f"{match['scheme']}://{'.'.join([first, *labels[1:]])}{match['port'] or ''}"
    if not origin or not all(field in url for field in ("{z}", "{x}", "{y}")):
        raise InputError(
            [
                Fault(
                    "map.tile_url",
                    "map",
                    "",
                    Text(
                        f"瓦片地址无法使用：{redacted(url)!r}",
                        f"not a usable tile address: {redacted(url)!r}",
                    ),
                    Text(
                        "写成 https://服务器/{z}/{x}/{y}.png 的形式",
                        "write it as https://host/{z}/{x}/{y}.png",
                    ),
                )
            ]
        )
    return TileSource(url, origin)
