"""The service worker of the app's web build: what it keeps, and what a new build replaces."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import BaseWSGIServer, make_server

from local.web_server import application
from tests.support.browser import chromium
from tests.support.waiting import wait_until

WORKER = Path(__file__).resolve().parents[2] / "app" / "public" / "sw.js"
PAGE = '<!DOCTYPE html><title>app</title><h1></h1><script src="/_expo/{0}.js" defer></script>'
SCRIPT = "document.querySelector('h1').textContent = '{0}'; navigator.serviceWorker.register('/sw.js')"
STORED = """
async () => {
  const requests = await (await caches.open('app')).keys()
  return requests.map(({ url }) => new URL(url).pathname).sort()
}
"""


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "_expo").mkdir()
    (tmp_path / "sw.js").write_bytes(WORKER.read_bytes())
    build(tmp_path, "first")
    return tmp_path


@pytest.fixture
def server(dist: Path) -> Iterator[BaseWSGIServer]:
    served = make_server("127.0.0.1", 0, application(dist, "{}"), threaded=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


def build(dist: Path, name: str) -> None:
    (dist / "_expo" / f"{name}.js").write_text(SCRIPT.format(name))
    (dist / "index.html").write_text(PAGE.format(name))


def stored(page: Page) -> list[str]:
    return list(page.evaluate(STORED))


def test_every_screen_is_there_without_a_connection_and_a_new_build_replaces_the_old(
    dist: Path, server: BaseWSGIServer, page: Page
) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    page.goto(url)
    expect(page.locator("h1")).to_have_text("first")
    wait_until(lambda: stored(page) == ["/", "/_expo/first.js", "/config.json"])
    page.context.set_offline(True)
    page.goto(f"{url}/inventory-item?id=1")
    expect(page.locator("h1")).to_have_text("first")
    page.context.set_offline(False)

    # A file that is opened as a page does not become the start page.
    page.goto(f"{url}/config.json")
    (dist / "_expo" / "first.js").unlink()
    build(dist, "second")
    page.goto(url)
    expect(page.locator("h1")).to_have_text("second")
    wait_until(lambda: stored(page) == ["/", "/_expo/second.js", "/config.json"])
    page.context.set_offline(True)
    page.goto(f"{url}/receipts")
    expect(page.locator("h1")).to_have_text("second")


def test_a_build_whose_files_are_incomplete_leaves_the_old_one(dist: Path, server: BaseWSGIServer, page: Page) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    page.goto(url)
    wait_until(lambda: "/_expo/first.js" in stored(page))
    build(dist, "second")
    (dist / "_expo" / "second.js").unlink()
    page.goto(url)
    page.context.set_offline(True)
    page.goto(url)
    expect(page.locator("h1")).to_have_text("first")


SHARED = """
async () => {
  const cache = await caches.open('shared')
  const responses = await Promise.all((await cache.keys()).map((request) => cache.match(request)))
  return Promise.all(responses.map(async (response) => [(await response.blob()).type, response.url]))
}
"""
SHARE = """
async ([names, field]) => {
  const form = new FormData()
  for (const name of names) form.append(field, new File(['%PDF-1.7'], name, { type: 'application/pdf' }))
  const response = await fetch('/share', { method: 'POST', body: form, redirect: 'manual' })
  return response.type
}
"""


def test_what_other_apps_share_waits_for_the_user(server: BaseWSGIServer, page: Page) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    page.goto(url)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller")
    for names, field, kept in [
        (["a.pdf", "b.pdf"], "receipts", 2),
        ([f"{number}.pdf" for number in range(30)], "receipts", 10),
        (["a.pdf"], "other", 0),
    ]:
        assert page.evaluate(SHARE, [names, field]) == "opaqueredirect"
        assert [kind for kind, _ in page.evaluate(SHARED)] == ["application/pdf"] * kept
    assert page.evaluate("fetch('/share').then(({ status }) => status)") == 200, "a page of the app, not a share"
