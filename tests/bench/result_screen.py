"""The app in a browser: its size, its first paint, and how soon a receipt's items can be used."""

from __future__ import annotations

import gzip
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser

from local import web_app
from local.stack import Stack
from tests.support.browser import chromium
from tests.support.screens import open_app, sign_up

OPENINGS = 15
FIRST_RESULTS = 5
READING_MS = 120_000
# Records when the button that adds all items appears; it is the last part of the screen.
WATCH = """
new MutationObserver(() => {
  if (!window.usableAt && document.querySelector('[data-testid=add-all]')) window.usableAt = performance.now()
}).observe(document, { childList: true, subtree: true })
"""
WAITED_MS = """
window.usableAt - Math.max(...performance.getEntriesByType('resource')
  .filter(({ name }) => name.endsWith('/rpc/review_receipt')).map(({ responseEnd }) => responseEnd))
"""
PAINTED_MS = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def measure_result_screen(stack: Stack, photo: Path, progress: Callable[[str], None]) -> list[str]:
    """Open the app, photograph receipts, and open the result of one repeatedly. Returns Markdown lines."""
    folder = web_app.build(progress)
    with web_app.App(stack.addresses, stack.directory) as served, chromium() as browser:
        painted = first_paints(browser, served.url)
        person = open_app(browser, served.url)
        sign_up(person)
        first = []
        for _ in range(FIRST_RESULTS):
            person.open_tab("home")
            start = time.perf_counter()
            person.choose_photo(photo.read_bytes())
            person.see("add-all").wait_for(timeout=READING_MS)
            first.append(time.perf_counter() - start)
            items = person.see("item").count()
            result = person.page.url
            person.page.goto(served.url)
        person.page.add_init_script(WATCH)
        waited = []
        for _ in range(OPENINGS):
            person.page.goto(result)
            person.page.reload()
            person.see("add-all").wait_for()
            waited.append(person.page.evaluate(WAITED_MS))
    return [
        f"{bundle_size(folder)} First contentful paint, {OPENINGS} new visitors: "
        f"p50 {statistics.median(painted):.0f} ms, worst {max(painted):.0f} ms.",
        "",
        f"From the choice of a photo until its {items} items can be added, {FIRST_RESULTS} photos: "
        f"p50 {statistics.median(first):.1f} s, worst {max(first):.1f} s.",
        "",
        f"From the answer with {items} items until the result screen can be used, Chromium with a cold start of the "
        f"app, {OPENINGS} openings: p50 {statistics.median(waited):.0f} ms, worst {max(waited):.0f} ms.",
    ]


def bundle_size(folder: Path) -> str:
    """What a browser loads before the first screen."""
    (entry,) = (folder / "_expo" / "static" / "js" / "web").glob("entry-*.js")
    packed = len(gzip.compress(entry.read_bytes()))
    return f"Bundle: {entry.stat().st_size / 1e6:.2f} MB, {packed / 1e3:.0f} kB compressed (gzip)."


def first_paints(browser: Browser, url: str) -> list[float]:
    """Milliseconds from the request to the first text or image, with an empty cache each time."""
    painted = []
    for _ in range(OPENINGS):
        page = browser.new_context().new_page()
        page.goto(url)
        page.wait_for_function(PAINTED_MS)
        painted.append(float(page.evaluate(PAINTED_MS)))
        page.context.close()
    return painted
