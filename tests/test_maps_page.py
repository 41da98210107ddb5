"""The page's text: nothing is fetched, nothing of the data is markup or template."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_maps_sample import HOSTILE, tiny_plan

from geoplan.maps import map_html
from geoplan.maps.fetches import urls_that_fetch
from geoplan.maps.page import json_island

_ISLAND = re.compile(r'<script type="application/json" id="geoplan-data">(.*?)</script>', re.DOTALL)


@given(
    st.text(
        alphabet=st.one_of(
            st.sampled_from("<>&'\"/\\{}%#$!-\u2028\u2029\x00\ud800 script"), st.characters()
        )
    )
)
def test_any_string_goes_through_the_island_and_ends_no_script(text: str) -> None:
    island = json_island({"name": text})
    assert not set("<>&\u2028\u2029") & set(island)
    back = json.loads(island)["name"]
    # half characters can't be written as UTF-8: they become the replacement character
    assert back == re.sub("[\ud800-\udfff]", "\ufffd", text)
    island.encode("utf-8")


def test_numbers_that_json_has_no_word_for_are_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_island({"x": float("nan")})


@pytest.fixture(scope="module")
def page() -> str:
    return map_html(tiny_plan())


def test_hostile_names_arrive_unchanged_and_unexecuted(page: str) -> None:
    match = _ISLAND.search(page)
    assert match is not None
    data = json.loads(match[1])
    assert HOSTILE in data["sites"]["name"]
    assert "<img src=x" not in page.replace(match[0], "")


def test_the_policy_stands_first_and_allows_no_host(page: str) -> None:
    head = page[: page.index("<title>")]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', head)
    assert policy is not None
    assert policy[1] == (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_a_tile_host_is_the_only_host_allowed() -> None:
    page = map_html(tiny_plan(), tile_url="https://tiles.example.cn/{z}/{x}/{y}.png")
    assert "img-src data: https://tiles.example.cn;" in page


def test_nothing_would_be_fetched(page: str) -> None:
    assert urls_that_fetch(page) == set()
    assert "sourceMappingURL" not in page
    assert "jquery" not in page.lower()
    assert "bootstrap" not in page.lower()


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://a/b.js"></script>',
        '<link rel="stylesheet" href="//a/b.css">',
        "<style>@import 'x.css';</style>",
        "<style>p { background: url( 'https://a/b.png' ) }</style>",
        '<p style="background:url(b.png)">',
        '<iframe src="x.html"></iframe>',
    ],
)
def test_an_address_that_is_left_is_found(text: str) -> None:
    assert urls_that_fetch(text)


def test_the_same_plan_gives_the_same_bytes(page: str) -> None:
    assert map_html(tiny_plan()) == page


def test_the_language_asked_for_is_shown_first(page: str) -> None:
    assert '<html lang="zh-CN">' in page
    assert "<title>示例规划</title>" in page
    english = map_html(tiny_plan(), language="en")
    assert '<html lang="en">' in english
    assert "<title>Sample plan</title>" in english


def test_the_plain_table_carries_the_figures_and_escapes_names(page: str) -> None:
    still = page[page.index('<div class="still"') : page.index('<div id="app">')]
    assert "83.3 %" in still
    assert "1.7400 亿元" in still
    assert "内部资料" in still
    assert "&lt;img src=x" in still
