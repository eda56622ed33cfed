"""The app's screens as a user sees them in a browser, for the end-to-end tests.

Elements are found by the test ids that `app/README.md` lists.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.browser import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "docs" / "app"
UPDATE = os.environ.get("UPDATE_SCREENSHOTS") == "1"
PHONE = {"width": 390, "height": 844}
AXE = (PACKAGES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TIMEOUT_MS = 120_000  # ends a test that hangs; a receipt is read in about two seconds
MOST_TABS = 80
expect.set_options(timeout=TIMEOUT_MS)
RECORD_NOTICES = """
  window.notices = [];
  const record = () => document.querySelectorAll('[data-testid=notice]').forEach((each) => {
    if (window.notices.at(-1) !== each.textContent) window.notices.push(each.textContent);
  });
  new MutationObserver(record).observe(document, { childList: true, subtree: true, characterData: true });
"""


@dataclass(frozen=True)
class Person:
    """A user with the app open on a device."""

    page: Page
    email: str
    password: str

    @property
    def device(self) -> BrowserContext:
        return self.page.context

    def see(self, test_id: str) -> Locator:
        """Elements of the visible screen; screens behind it stay in the document."""
        return self.page.get_by_test_id(test_id).filter(visible=True)

    def tap(self, test_id: str) -> None:
        self.see(test_id).first.click()

    def open_tab(self, name: str) -> Locator:
        """Go to a tab, and return its screen."""
        self.tap(f"tab-{name}")
        expect(self.see(name)).to_be_visible()
        return self.see(name)

    def was_told(self, text: str) -> None:
        """Wait for a notice with the text. It may be gone, because notices disappear after a few seconds."""
        self.page.wait_for_function("text => window.notices.some((notice) => notice.includes(text))", arg=text)
        self.page.evaluate("window.notices = []")

    def item(self, name: str) -> Locator:
        """The receipt's row for a line item."""
        return self.see("item").filter(has=self.page.get_by_test_id("item-name").get_by_text(name, exact=True))

    def product(self, name: str) -> Locator:
        """The inventory's card for a product."""
        return self.see("product").filter(has=self.page.get_by_test_id("product-name").get_by_text(name, exact=True))

    def choose_photo(self, photo: bytes, button: str = "pick-photo") -> None:
        self.choose_file("photo.jpg", "image/jpeg", photo, button)

    def choose_pdf(self, pdf: bytes) -> None:
        self.choose_file("receipt.pdf", "application/pdf", pdf, "pick-pdf")

    def choose_file(self, name: str, content_type: str, content: bytes, button: str) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.tap(button)
        chooser.value.set_files({"name": name, "mimeType": content_type, "buffer": content})

    def second_device(self, browser: Browser) -> Person:
        """The same user, signed in on a second device."""
        other = open_app(browser, self.page.url, self.email, self.password)
        sign_in(other)
        return other


def open_app(browser: Browser, url: str, email: str = "", password: str = "", **options: Any) -> Person:
    """The app on a new phone, signed out. `options` of the browser context add to or replace those of a phone."""
    settings: dict[str, Any] = {
        "viewport": PHONE,
        "locale": "ko-KR",
        "timezone_id": "Asia/Seoul",
        "reduced_motion": "reduce",
        # Requests that a service worker answers are hidden from `Page.route`.
        "service_workers": "block",
    }
    device = browser.new_context(**{**settings, **options})
    device.set_default_timeout(TIMEOUT_MS)
    page = device.new_page()
    page.add_init_script(RECORD_NOTICES)
    # Playwright intercepts file dialogs only while there is a listener; add one early, before any key press.
    page.on("filechooser", lambda _: None)
    page.goto(url)
    return Person(page, email or f"{secrets.token_hex(6)}@example.com", password or secrets.token_urlsafe(12))


def sign_up(person: Person) -> None:
    person.tap("switch-sign-in")
    sign_in(person)


def sign_in(person: Person) -> None:
    person.see("email").fill(person.email)
    person.see("password").fill(person.password)
    person.tap("submit")
    expect(person.see("home")).to_be_visible()


def tab_to(page: Page, test_id: str) -> None:
    """Press Tab until the element has the focus, as a keyboard user does once it is shown."""
    expect(page.get_by_test_id(test_id).filter(visible=True).first).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("id => document.activeElement?.closest('[data-testid]')?.dataset.testid === id", test_id):
            return
    raise AssertionError(f"{test_id} has no focus after {MOST_TABS} presses of Tab.")


# Only what is wrong is sent: reports list every element.
RUN_AXE = """
async ([place, options]) => (await axe.run(place, options)).violations.map(({ impact, id, help, nodes }) =>
  `${impact}: ${id}, ${help}: ${JSON.stringify(nodes.slice(0, 5).map(({ html }) => html))}`)
"""


def accessibility_violations(page: Page, *rules: str, part: str = "") -> list[str]:
    """Accessibility violations that axe finds on the page, or in a part: of the given rules, or of all."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    place = f"[data-testid={part}]" if part else "html"
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    return list(page.evaluate(RUN_AXE, [place, options]))


@contextmanager
def dark(page: Page) -> Iterator[None]:
    """The app in dark colours, as long as the user has not chosen others."""
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    yield
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_css("color-scheme", "light")


def inspect(
    person: Person, name: str, *, part: str = "", screenshot: bool = False, dark_screenshot: bool = False
) -> None:
    """Assert that the screen is accessible, in light and in dark colours.

    `part`: the test id of what alone is inspected, because the whole screen takes long. With UPDATE_SCREENSHOTS=1,
    `screenshot` and `dark_screenshot` save the screen for docs/app.md.
    """
    # Wait until an opening dialog is complete.
    expect(person.page.locator("[aria-modal=true]:not([role=dialog])")).to_have_count(0)
    violations = accessibility_violations(person.page, part=part)
    assert not violations, "\n".join([f"Accessibility violations on the screen {name}:", *violations])
    if screenshot:
        save_screenshot(person, name)
    with dark(person.page):
        violations = accessibility_violations(person.page, "color-contrast", part=part)
        assert not violations, "\n".join([f"Accessibility violations on the screen {name} in the dark:", *violations])
        if dark_screenshot:
            save_screenshot(person, f"{name}-dark")


def save_screenshot(person: Person, name: str) -> None:
    if not UPDATE:
        return
    expect(person.see("notice")).to_have_count(0)
    SCREENSHOTS.mkdir(exist_ok=True)
    person.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled", caret="hide")
