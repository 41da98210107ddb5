"""Take the pictures of ``docs/images`` anew, from plan files.

    python tools/pictures.py PLAN.gpkg OTHER.gpkg [--out docs/images]
        [--names "as embedded" "trench +50 %" --names-zh "内置情景" "沟槽单价上调五成"]

``PLAN`` is on the map and is plan A beside ``OTHER``. Needs the extra ``test`` (Playwright, Pillow)
and a Chromium, as the map's tests do. The same plans give the same pictures on one machine; fonts
differ between machines.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ensure_chromium

from geoplan.maps import render_map
from geoplan.maps.compare import render_compare_map
from geoplan.plan import Plan
from geoplan.plan_file import load_plan

_COLOURS = 256  # flat tints: a palette makes the files three times smaller


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its file, the page and the view it shows, and the window's size."""

    name: str
    page: str
    view: str
    width: int
    height: int


SHOTS = (
    Shot("map.png", "map", "#phase=2&lang=en", 1800, 1125),
    Shot("map-zh.png", "map", "#phase=2&lang=zh", 1800, 1125),
    Shot("compare.png", "compare-en", "#lang=en", 1800, 1200),
    Shot("compare-zh.png", "compare-zh", "#lang=zh", 1800, 1200),
)


def pages(plans: Sequence[Plan], names: dict[str, Sequence[str]], folder: Path) -> dict[str, Path]:
    """Write the pages that are pictured; the plans' names are of one language each."""
    found = {"map": render_map(plans[0], folder / "map.html")}
    for key, own in names.items():
        path = folder / f"compare-{key}.html"
        found[f"compare-{key}"] = render_compare_map(plans, path, names=own)
    return found


def taken(browser: Any, shot: Shot, page: Path) -> bytes:
    """Open ``page`` and return its picture as a PNG with a palette."""
    from PIL import Image

    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height}, reduced_motion="reduce"
    )
    opened = context.new_page()
    opened.goto(page.as_uri() + shot.view)
    opened.wait_for_selector("body[data-ready=true]")
    # pictures of many lines take several frames; Playwright's own wait is against the page's policy
    while opened.evaluate("!!geoplanMap.waiting && geoplanMap.waiting()"):
        opened.wait_for_timeout(20)
    opened.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(opened.screenshot()))
    context.close()
    flat = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    flat.save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    """Take every picture and say where it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--names", nargs=2, default=["as embedded", "trench +50 %"])
    parser.add_argument("--names-zh", nargs=2, default=["内置情景", "沟槽单价上调五成"])
    options = parser.parse_args()
    chromium = ensure_chromium.find()
    if chromium is None:
        print(ensure_chromium.CURE, file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    plans = [load_plan(options.plan), load_plan(options.other)]
    names = {"en": options.names, "zh": options.names_zh}
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="geoplan-pictures-") as folder, sync_playwright() as p:
        made = pages(plans, names, Path(folder))
        browser = p.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        for shot in SHOTS:
            path = options.out / shot.name
            path.write_bytes(taken(browser, shot, made[shot.page]))
            print(path)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
