"""Whatever stands in a plan's texts is shown as text: in every field that reaches a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from maps_browser import chromium, open_all, opened_offline
from test_maps_sample import HOSTILE, tiny_plan

from geoplan.maps import compare_html, map_html, render_compare_map, render_map
from geoplan.plan import Plan

# one mark per field, so that a failure names the field that leaked
_ATTACKS = st.text(
    alphabet=st.one_of(st.sampled_from("<>&'\"/\\{}%#$!-=()`\u2028\u2029\x00 ;:"), st.characters()),
    max_size=30,
)
_SITES = ("site_id", "name", "district_name", "weight_reason", "optic", "note", "why_zh", "why_en")


def hostile_plan(text: str) -> Plan:
    """The sample with ``text`` in every field that can carry one."""
    plan = tiny_plan()
    tables = dict(plan.tables)
    sites = tables["sites"].copy()
    old = sites["site_id"].astype(str)
    new = {site: f"{text}{row}" for row, site in enumerate(old)}
    for column in _SITES:
        sites[column] = [f"{text}{row}" for row in range(len(sites))]
    sites["home_id"] = [new.get(home, home) for home in sites["home_id"]]
    sites["position_quality"] = text
    tables["sites"] = sites
    paths = tables["core_paths"].copy()
    paths["site_id"] = [new[site] for site in paths["site_id"]]
    paths["feeder_id"] = text
    tables["core_paths"] = paths
    feeder = {"feeder_id": text, "architecture": text, "most_sites": 8, "sites": len(paths)}
    tables["feeders"] = tables["feeders"].reindex([0]).assign(**feeder)
    routes = tables["routes"].copy()
    routes["existing_id"] = text
    routes["method"] = [text, *routes["method"].tolist()[1:]]
    tables["routes"] = routes
    districts = tables["districts"].copy()
    districts["name"] = [f"{text}{row}" for row in range(len(districts))]
    tables["districts"] = districts
    phases = tables["phases"].copy()
    phases["name_zh"] = phases["name_en"] = [f"{text}{row}" for row in range(len(phases))]
    tables["phases"] = phases
    prices = tables["prices"].copy()
    prices["price_id"] = [f"{text}{row}" for row in range(len(prices))]
    prices["source"] = text
    tables["prices"] = prices
    figures = tables["figures"].copy()
    figures["figure_id"] = figures["source"] = text
    tables["figures"] = figures
    provenance = {
        **plan.provenance,
        "title_zh": text,
        "title_en": text,
        "classification_zh": text,
        "classification_en": text,
        "attributions": [text],
        "geoplan_version": text,
    }
    return replace(plan, tables=tables, provenance=provenance)


class _Markup(HTMLParser):
    """The tags and attribute names of a page, and the text of its data island."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.island = ""
        self._data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self._data = ("id", "geoplan-data") in attrs

    def handle_data(self, data: str) -> None:
        if self._data:
            self.island += data
            self._data = False


def _markup(page: str) -> _Markup:
    parser = _Markup()
    parser.feed(page)
    parser.close()
    return parser


def _writable(text: str) -> str:
    """Half characters can't be written as UTF-8: they become the replacement character."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_ATTACKS)
def test_no_text_changes_the_markup_and_all_of_it_arrives(text: str) -> None:
    plain, attacked = _markup(map_html(hostile_plan("x"))), _markup(map_html(hostile_plan(text)))
    # the picture's own parts (paths and labels) depend on how long names are
    own = [tag for tag in attacked.tags if tag[0] != "text"]
    if text.strip():
        assert own == [tag for tag in plain.tags if tag[0] != "text"]
    data = json.loads(attacked.island)
    wanted = _writable(text)
    assert data["title"] == [wanted, wanted]
    assert data["sites"]["name"][3] == _writable(f"{text}3")
    assert data["routes"]["existing_id"][0] == wanted
    assert data["steps"][1]["name"] == [_writable(f"{text}0")] * 2


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_ATTACKS)
def test_nor_does_it_on_the_compare_map(text: str) -> None:
    pages = [
        _markup(compare_html([hostile_plan(word)] * 2, names=[word, word])) for word in ("x", text)
    ]
    plain, attacked = ([tag for tag in page.tags if tag[0] != "text"] for page in pages)
    if text.strip():
        assert attacked == plain
    assert json.loads(pages[1].island)["plans"][1]["name"] == _writable(text)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with chromium(chromium_path) as started:
        yield started


_EVERYTHING = """() => {
  const d = geoplanMap.data, seen = [];
  const note = () => seen.push(document.body.innerText, document.title);
  for (const language of [0, 1]) {
    geoplanMap.setLanguage(language);
    document.querySelectorAll('details').forEach(n => { n.open = true; });
    note();
    geoplanMap.openSite(11, false); note();
    geoplanMap.openRoute(0); note();
    geoplanMap.openDistrict(0, false); note();
  }
  return seen.join('\\n');
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    "text", [HOSTILE, "\"><svg/onload=alert(1)>'", "</textarea></title><script>alert(1)</script>"]
)
def test_a_browser_shows_every_field_as_text(browser: Any, tmp_path: Path, text: str) -> None:
    file = render_map(hostile_plan(text), tmp_path / "map.html")
    with opened_offline(browser, file) as (page, _):
        tags = "document.querySelectorAll('img, iframe, object, form, base, meta, title').length"
        before = page.evaluate(tags)
        shown = page.evaluate(_EVERYTHING)
        for row in (0, 11):
            assert f"{text}{row}" in shown
        assert page.title() == text
        assert page.inner_text("#mark") == text
        assert text in page.inner_text("#foot")
        page.fill("#query", text[:4])
        assert text in page.inner_text("#hits")
        assert page.evaluate(tags) == before
        scripts = page.evaluate("document.querySelectorAll('script, style, link').length")
        assert scripts == 6  # guard, Leaflet, data, map; Leaflet's styles and ours


@pytest.mark.browser
def test_a_browser_shows_the_compare_map_as_text(browser: Any, tmp_path: Path) -> None:
    plans = [hostile_plan(HOSTILE), tiny_plan()]
    later = plans[0]["sites"].assign(phase=[min(3, k + 1) if k else 0 for k in
                                            plans[0]["sites"]["phase"]])  # fmt: skip
    plans[1] = replace(plans[0], tables={**plans[0].tables, "sites": later})
    file = render_compare_map(plans, tmp_path / "c.html", names=[HOSTILE, HOSTILE])
    with opened_offline(browser, file) as (page, _):
        open_all(page)
        page.click("#list-later button >> nth=0")
        assert HOSTILE in page.inner_text("#picked")
        assert HOSTILE in page.inner_text("#lists")
        assert HOSTILE in page.inner_text(".pane-head >> nth=0")
        assert page.locator("img").count() == 0


def test_an_empty_plan_of_texts_is_a_page_as_well() -> None:
    page = map_html(hostile_plan(""))
    assert "<title></title>" in page


def test_missing_texts_are_empty_not_nan() -> None:
    plan = tiny_plan()
    sites = plan["sites"].copy()
    for column in ("note", "optic", "weight_reason"):
        sites[column] = pd.Series([None] * len(sites), dtype="object")
    page = map_html(replace(plan, tables={**plan.tables, "sites": sites}))
    data = json.loads(_markup(page).island)
    assert set(data["sites"]["note"]) == {""}
