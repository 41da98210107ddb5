"""The tile address opens exactly one origin, or is refused."""

from __future__ import annotations

import pytest

from geoplan.errors import InputError
from geoplan.maps.tiles import tile_source


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example.cn/{z}/{x}/{y}.png", "https://tiles.example.cn"),
        ("http://10.1.2.3:8080/a/{z}/{x}/{y}.png?tk=k", "http://10.1.2.3:8080"),
        ("https://t{s}.example.cn/w?x={x}&y={y}&l={z}", "https://*.example.cn"),
    ],
)
def test_the_origin_is_the_tile_host(url: str, origin: str) -> None:
    assert tile_source(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tiles/{z}/{x}/{y}.png",
        "javascript:alert(1)//{z}{x}{y}",
        "https://host/{z}/{x}.png",
        "https://a.b; script-src */{z}/{x}/{y}",
        "https://*/{z}/{x}/{y}.png",
        "https://{s}/{z}/{x}/{y}.png",
        "https://a.{s}.cn/{z}/{x}/{y}.png",
        'https://host/{z}/{x}/{y}.png" onload="',
    ],
)
def test_anything_else_is_a_fault_with_a_cure(url: str) -> None:
    with pytest.raises(InputError) as caught:
        tile_source(url)
    assert caught.value.faults[0].rule == "map.tile_url"
    assert "{z}" in caught.value.faults[0].cure.zh
