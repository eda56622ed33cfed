"""The app in a browser: time from the response with a receipt's items until its result screen is usable."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path

from local import web_app
from local.stack import Stack
from tests.support.browser import chromium
from tests.support.screens import open_app, sign_up

OPENINGS = 15
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


def measure_result_screen(stack: Stack, photo: Path, progress: Callable[[str], None]) -> list[str]:
    """Open the result of one receipt repeatedly. Returns Markdown lines."""
    web_app.build(progress)
    with web_app.App(stack.addresses, stack.directory) as served, chromium() as browser:
        person = open_app(browser, served.url)
        sign_up(person)
        person.choose_photo(photo.read_bytes())
        person.see("add-all").wait_for(timeout=READING_MS)
        items = person.see("item").count()
        person.page.add_init_script(WATCH)
        waited = []
        for _ in range(OPENINGS):
            person.page.reload()
            person.see("add-all").wait_for()
            waited.append(person.page.evaluate(WAITED_MS))
    return [
        f"From the answer with {items} items until the result screen can be used, Chromium with a cold start of the "
        f"app, {OPENINGS} openings: p50 {statistics.median(waited):.0f} ms, worst {max(waited):.0f} ms."
    ]
