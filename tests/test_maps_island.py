"""Large data are deflated on the page, and the page's own script reads them back."""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from maps_browser import chromium, opened_offline
from test_maps_sample import HOSTILE, tiny_plan

from geoplan.maps import page as page_module
from geoplan.maps import render_map
from geoplan.maps.page import json_island

SCRIPT = (files("geoplan.maps") / "assets" / "island.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with chromium(chromium_path) as started:
        yield started


def _deflated(data: bytes, level: int, strategy: int) -> str:
    packed = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    return base64.b64encode(packed.compress(data) + packed.flush()).decode("ascii")


def _samples() -> dict[str, bytes]:
    chance = random.Random(5)
    return {
        "nothing": b"",
        "one": b"x",
        "run": b"a" * 100_000,
        "noise": bytes(chance.randrange(256) for _ in range(70_000)),
        "digits": ",".join(str(chance.randrange(-200, 200)) for _ in range(60_000)).encode(),
        "far": bytes(chance.randrange(256) for _ in range(32_000)) * 3,
        # symbols of very unlike frequency have long codes
        "long codes": b"".join(bytes([k]) * 2 ** min(k, 16) for k in range(24)),
    }


@pytest.mark.browser
@pytest.mark.parametrize(
    ("level", "strategy"),
    [(0, zlib.Z_DEFAULT_STRATEGY), (1, zlib.Z_DEFAULT_STRATEGY), (6, zlib.Z_DEFAULT_STRATEGY),
     (9, zlib.Z_DEFAULT_STRATEGY), (6, zlib.Z_FIXED), (6, zlib.Z_HUFFMAN_ONLY), (6, zlib.Z_RLE)],
)  # fmt: skip
def test_every_kind_of_block_is_inflated(browser: Any, level: int, strategy: int) -> None:
    page = browser.new_page()
    page.add_script_tag(content=SCRIPT.replace("var data = readIsland();", ""))
    for name, data in _samples().items():
        back = page.evaluate(
            """([text, size]) => { const raw = atob(text), bytes = new Uint8Array(raw.length);
            for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
            const out = inflate(bytes, size); let s = '';
            for (const b of out) s += String.fromCharCode(b); return btoa(s); }""",
            [_deflated(data, level, strategy), len(data)],
        )
        assert base64.b64decode(back) == data, name
    page.close()


@pytest.mark.browser
def test_damaged_data_are_refused_not_drawn(browser: Any) -> None:
    page = browser.new_page()
    page.add_script_tag(content=SCRIPT.replace("var data = readIsland();", ""))
    assert page.evaluate(
        "(() => { try { inflate(new Uint8Array([7]), 9); return ''; }"
        " catch (e) { return e.message; } })()"
    ) == "data damaged"  # fmt: skip
    page.close()


def test_large_data_are_deflated_small_stay_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"name": [HOSTILE, "天津\ud800"], "x": list(range(100))}
    assert json.loads(json_island(data))["x"] == data["x"]
    monkeypatch.setattr(page_module, "_LARGE", 10)
    island = json.loads(json_island(data))
    text = zlib.decompress(base64.b64decode(island["deflated"]), -zlib.MAX_WBITS)
    assert len(text) == island["size"]
    assert text.isascii()
    assert json.loads(text) == {"name": [HOSTILE, "天津\ufffd"], "x": data["x"]}


@pytest.mark.browser
def test_the_map_of_deflated_data_is_the_same_map(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = render_map(tiny_plan(), tmp_path / "plain.html")
    monkeypatch.setattr(page_module, "_LARGE", 10)
    packed = render_map(tiny_plan(), tmp_path / "packed.html")
    assert "deflated" not in plain.read_text("utf-8").split("geoplan-data")[1][:40]
    shown = []
    for file in (plain, packed):
        with opened_offline(browser, file) as (page, _):
            shown.append(page.evaluate("JSON.stringify(geoplanMap.data)"))
            page.fill("#query", "<img")
            assert HOSTILE in page.inner_text("#hits")
    assert shown[0] == shown[1]
