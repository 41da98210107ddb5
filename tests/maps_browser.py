"""A browser for the tests of the pages: a file is opened with the network cut off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
# axe-core's own words for how bad a fault is
SERIOUS = frozenset({"serious", "critical"})


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def chromium(path: str) -> Iterator[Any]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@contextmanager
def opened_offline(
    browser: Any, file: Path, *, width: int = 1280, height: int = 800, link: str = ""
) -> Iterator[tuple[Any, Seen]]:
    """A page, opened as a file with the network cut off; it may ask and complain of nothing."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.set_offline(True)
    page = context.new_page()
    seen = Seen()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("dialog", lambda dialog: (seen.complaints.append("alert"), dialog.dismiss()))
    # the policy's violations are events of the document as well
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " function (e) { console.error('policy ' + e.blockedURI); });"
    )
    page.goto(file.as_uri() + link)
    page.wait_for_selector("body[data-ready=true]")
    yield page, seen
    assert [url for url in seen.requests if url.split("#")[0] != file.as_uri()] == []
    assert seen.complaints == []
    context.close()


def wait_until(page: Any, expression: str, *, seconds: float = 30.0) -> None:
    """Wait until a JavaScript expression is true.

    Playwright's own wait evaluates its text in the page, which the map's policy forbids as soon as
    the first look was not enough.
    """
    last = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < last, f"not within {seconds:g} s: {expression}"
        page.wait_for_timeout(20)


def open_all(page: Any, selector: str = "details") -> None:
    """Open what is folded and wait for the toggle events, which fill some of it."""
    page.evaluate(
        """(selector) => Promise.all(Array.from(document.querySelectorAll(selector))
        .filter(details => !details.open).map(details => new Promise(done => {
            details.addEventListener('toggle', done, { once: true }); details.open = true; })))""",
        selector,
    )


def address(page: Any) -> str:
    """The address as the page has it: the driver hears of a change a moment later."""
    return str(page.evaluate("location.href"))


def serious_faults(page: Any) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands, with the elements."""
    script = Path(axe_playwright_python.__file__).with_name("axe.min.js")
    page.evaluate(script.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
