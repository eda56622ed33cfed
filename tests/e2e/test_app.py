"""The app in a browser, built and served by `make app` beside the real stack: complete user journeys.

UPDATE_SCREENSHOTS=1 renews the screenshots of docs/app.md.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, Locator, Route, expect
from psycopg.rows import dict_row

from local.stack import Addresses
from local.web_app import DIST
from tests.support import barcode_servers as wire
from tests.support.browser import chromium
from tests.support.paper import bars, photo, receipt
from tests.support.pdfs import pdf_of_images
from tests.support.prepared_database import new_stack
from tests.support.printing import PrintedItem
from tests.support.screens import PHONE, Person, inspect, open_app, sign_up, tab_to
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
STORE = "행복마트성수점"
# Bought lately: the app asks before it adds food that is long past its date.
TODAY = datetime.now(ZoneInfo("Asia/Seoul")).date()
FIRST = receipt(
    STORE,
    f"{TODAY - timedelta(days=2)} 18:31",
    [
        PrintedItem("서울우유 1L", 2980),
        PrintedItem("부침두부 300g", 1980, Decimal(2)),
        PrintedItem("신라면 5입", 4100),
        PrintedItem("보름달빵", 1500),
        PrintedItem("종량제봉투 20L", 490),
    ],
)
NEXT = receipt(STORE, f"{TODAY} 00:05", [PrintedItem("보름달빵", 1500), PrintedItem("바나나", 3980)])

KNOWN, UNKNOWN, BROKEN, IN_STORE = "8809111111115", "8809222222229", "8809333333333", "2012345678903"
PICTURED = "8809444444447"

# What a browser loads before the first screen, uncompressed: 1.2 times the size of version 0.1.
MOST_BUNDLE_BYTES = 2_050_000

# Makes an upload take longer than a minute.
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1000}
# Lets the access token of the stored session expire.
EXPIRE = """
const key = Object.keys(localStorage).find(key => key.endsWith('-auth-token'))
localStorage[key] = JSON.stringify({ ...JSON.parse(localStorage[key]), expires_at: 1 })
"""

# Ends the session on the server's side: neither the access token nor the refresh token works any more.
END_SESSION = """
const key = Object.keys(localStorage).find(key => key.endsWith('-auth-token'))
const session = JSON.parse(localStorage[key])
localStorage[key] = JSON.stringify({ ...session, expires_at: 1, refresh_token: 'revoked' })
"""
# Leaves files for the app as its service worker does if another app shares them.
SHARE = """
async ([image]) => {
  const cache = await caches.open('shared')
  const bytes = Uint8Array.from(atob(image), (each) => each.charCodeAt(0))
  await cache.put('/0', new Response(bytes, { headers: { 'content-type': 'image/jpeg' } }))
  await cache.put('/1', new Response('text', { headers: { 'content-type': 'text/plain' } }))
}
"""

# Whether the app has stored a name in the browser.
STORED = """
async name => {
  const open = indexedDB.open('jangbogi-received')
  await new Promise(resolve => { open.onsuccess = resolve })
  const entries = open.result.transaction('texts').objectStore('texts').getAll()
  await new Promise(resolve => { entries.onsuccess = resolve })
  open.result.close()
  return entries.result.some(text => text.includes(name))
}
"""
# In the browser, because a notice disappears after a few seconds.
NOTICE_ABOVE = """
id => {
  const shown = (id) => [...document.querySelectorAll(`[data-testid=${id}]`)].find((each) =>
    each.checkVisibility({ visibilityProperty: true }))
  const [notice, button] = [shown('notice'), shown(id)]
  return button && (!notice || notice.getBoundingClientRect().bottom <= button.getBoundingClientRect().top)
}
"""
NOTICE_IN_FRONT = """
() => {
  const notice = document.querySelector('[role=dialog] [data-testid=notice]')
  const { x, y, width, height } = notice?.getBoundingClientRect() ?? {}
  return notice?.contains(document.elementFromPoint(x + width / 2, y + height / 2))
}
"""
# A camera that sees an image.
CAMERA = """
window.tracks = []
navigator.mediaDevices.getUserMedia = async () => {
  const image = new Image()
  image.src = 'data:image/jpeg;base64,IMAGE'
  await image.decode()
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight })
  const draw = () => {
    canvas.getContext('2d').drawImage(image, 0, 0)
    requestAnimationFrame(draw)
  }
  draw()
  const stream = canvas.captureStream()
  window.tracks.push(...stream.getTracks())
  return stream
}
"""

Row = dict[str, Any]

PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@dataclass(frozen=True)
class Running:
    """The app as `make app` serves it, and the stack behind it."""

    url: str
    stack: Addresses


def provider(path: str) -> wire.Reply:
    number = wire.asked_number(path)
    if number.endswith(KNOWN):
        return wire.foodqr_hit(KNOWN)
    return wire.MFDS_BAD_KEY if number.endswith(BROKEN) else wire.FOODQR_MISS


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, app_build: subprocess.Popen[bytes]) -> Iterator[Running]:
    directory = new_stack(tmp_path_factory)
    command = [sys.executable, "-m", "local", "--directory", str(directory)]
    with wire.serving(provider) as foodqr:
        environment = {**os.environ, "FOODQR__URL": foodqr.url, "FOODQR__KEY": wire.KEY, "BARCODE_BUDGET_S": "10"}
        try:
            # The stack starts while the app is being built.
            subprocess.run([*command, "up"], cwd=ROOT, env=environment, check=True, capture_output=True)
            app_build.wait()
            with subprocess.Popen(
                [*command, "app"],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as server:
                assert server.stdout is not None
                output = ""
                for line in server.stdout:
                    output += line
                    if match := re.search(r"The app is at (\S+);", line):
                        break
                else:
                    pytest.fail(output)
                try:
                    addresses = Addresses.of_running(directory)
                    assert addresses is not None
                    yield Running(match[1], addresses)
                finally:
                    server.send_signal(signal.SIGINT)
                    try:
                        assert server.wait(60) == 130
                    finally:
                        server.kill()
        finally:
            subprocess.run([*command, "down"], cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def database(running: Running) -> Iterator[psycopg.Connection[Row]]:
    with psycopg.connect(running.stack.database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def person(browser: Browser, running: Running) -> Iterator[Person]:
    """A new user who has just signed up."""
    user = open_app(browser, running.url)
    sign_up(user)
    yield user
    user.device.close()


def upload(person: Person, photo: bytes) -> None:
    """Pick a photo and wait until its receipt is shown."""
    person.choose_photo(photo)
    expect(person.see("item").first).to_be_visible()


def lose_responses(person: Person, call: str, count: int) -> list[str]:
    """Lose the responses of the next `count` calls. Returns a list of request bodies that grows with every call."""
    calls: list[str] = []

    def intercept(route: Route) -> None:
        calls.append(route.request.post_data or "")
        if len(calls) <= count:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    person.page.route(f"**/rpc/{call}", intercept)
    return calls


@contextmanager
def everything_else_held(person: Person, call: str) -> Iterator[None]:
    """Hold the requests to the database except `call`: a decision must not wait for what other screens show."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.url.endswith(f"/rpc/{call}"):
            route.continue_()
        else:
            held.append(route)

    person.page.route("**/rest/v1/**", hold)
    yield
    for route in held:
        route.continue_()
    person.page.unroute("**/rest/v1/**", hold)


def rows_of(database: psycopg.Connection[Row], person: Person) -> list[Row]:
    query = "select i.* from public.inventory i join auth.users u on u.id = user_id where u.email = %s order by name"
    return database.execute(query, [person.email]).fetchall()


def wait_for_inventory(database: psycopg.Connection[Row], person: Person, *names: str) -> None:
    """The app shows an item as added before the database has it."""

    def are_stored() -> bool:
        return [row["name"] for row in rows_of(database, person)] == list(names)

    wait_until(are_stored, f"The inventory does not become {names}.")


def test_a_receipt_becomes_inventory_and_a_correction_is_remembered(
    running: Running, browser: Browser, person: Person, database: psycopg.Connection[Row]
) -> None:
    expect(person.see("state-empty")).to_be_visible()
    inspect(person, "empty")
    upload(person, FIRST)
    expect(person.see("item")).to_have_count(5)
    expect(person.see("store-name")).to_have_text(STORE)
    expect(person.see("totals-match")).to_be_visible()
    milk, tofu = person.item("서울우유 1L"), person.item("부침두부 300g")
    bun, noodles = person.item("보름달빵"), person.item("신라면 5입")
    expect(milk.get_by_test_id("item-category-dairy")).to_be_visible()
    milk.get_by_test_id("item-show-raw").click()
    expect(milk.get_by_test_id("item-raw")).to_contain_text("2,980")
    expect(person.see("photo-mark")).to_be_visible()
    inspect(person, "result", screenshot=True)

    bun.get_by_test_id("item-edit").click()
    expect(person.page.get_by_role("dialog")).to_be_visible()
    inspect(person, "editor", screenshot=True)
    person.tap("category-snack")
    expect(person.see("learned")).to_be_visible()
    person.tap("editor-done")
    expect(bun.get_by_test_id("item-category-snack")).to_be_visible()
    query = (
        "select item_text from public.user_category_feedback f join auth.users u on u.id = f.user_id where email = %s"
    )
    assert len(database.execute(query, [person.email]).fetchall()) == 1

    milk.get_by_test_id("item-edit").click()
    person.see("edit-name").fill("아침 우유")
    person.tap("storage-freezer")
    person.see("edit-date").fill("2030-01-31")
    person.tap("editor-done")
    tofu.get_by_test_id("item-edit").click()
    chilled = person.see("edit-date").input_value()
    person.tap("storage-freezer")
    expect(person.see("edit-date")).to_have_value(re.compile(rf"^(?!{chilled})\d"))
    frozen = person.see("edit-date").input_value()
    person.tap("editor-done")
    with everything_else_held(person, "add_receipt_to_inventory"):
        for undo in (person.see("undo"), noodles.get_by_test_id("item-restore")):
            noodles.get_by_test_id("item-dismiss").click()
            expect(noodles.get_by_test_id("item-dismissed")).to_be_visible()
            undo.click()
            expect(noodles.get_by_test_id("item-dismissed")).to_have_count(0)
        noodles.get_by_test_id("item-dismiss").dblclick()
        expect(noodles.get_by_test_id("item-dismissed")).to_be_visible()
    inspect(person, "dismissed")

    other = person.second_device(browser)
    expect(other.open_tab("inventory").get_by_test_id("state-empty")).to_be_visible()
    person.tap("add-all")
    expect(other.product("아침 우유")).to_be_visible()
    expect(other.see("product")).to_have_count(3)
    other.device.close()
    rows = {row["name"]: row for row in rows_of(database, person)}
    assert set(rows) == {"아침 우유", "부침두부 300g", "보름달빵"}
    assert (rows["아침 우유"]["storage"], str(rows["아침 우유"]["expires_on"])) == ("freezer", "2030-01-31")
    fried = rows["부침두부 300g"]
    assert (fried["quantity"], fried["storage"], str(fried["expires_on"])) == (2, "freezer", frozen)
    assert fried["expiry_basis"] == "purchase"
    query = "select field from public.item_feedback join auth.users u on u.id = user_id where email = %s order by field"
    changes = [row["field"] for row in database.execute(query, [person.email]).fetchall()]
    assert changes == ["dismissed", "expires_on", "name", "storage", "storage"]
    person.tap("to-inventory")
    expect(person.see("product")).to_have_count(3)
    inspect(person, "inventory", screenshot=True, dark_screenshot=True)

    person.open_tab("receipts")
    upload(person, NEXT)
    remembered = person.item("보름달빵")
    expect(remembered.get_by_test_id("item-why-alias")).to_be_visible()
    expect(remembered.get_by_test_id("item-category-snack")).to_be_visible()
    person.tap("back")
    expect(person.see("receipt-done")).to_have_count(2)
    inspect(person, "receipts", screenshot=True)


def swipe(person: Person, element: Locator, sideways: int) -> None:
    """Move an element to the right, or to the left if `sideways` is negative, as a finger does."""
    box = element.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = person.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + sideways, y, steps=8)
    mouse.up()


def test_the_photo_is_enlarged_and_the_review_loaded_again(person: Person, database: psycopg.Connection[Row]) -> None:
    upload(person, NEXT)
    expect(person.see("photo-enlarge")).to_have_count(1)
    # The button is as tall as the photo, of which the window shows a part.
    person.tap("photo")
    expect(person.see("photo-viewer")).to_be_visible()
    inspect(person, "photo-viewer")

    def width() -> float:
        box = person.see("photo-large").bounding_box()
        assert box
        return box["width"]

    whole = width()
    person.tap("photo-larger")
    person.page.keyboard.press("+")
    expect(person.see("photo-large")).to_have_css("transform", re.compile(r"matrix\(2\.56, "))
    assert width() > 2 * whole
    swipe(person, person.see("photo-viewer"), 60)
    expect(person.see("photo-large")).to_have_css("transform", re.compile(r"matrix\(2\.56, .*, 60, 0\)"))
    person.page.keyboard.press("0")
    expect(person.see("photo-smaller")).to_be_disabled()
    person.page.go_back()
    expect(person.see("photo-viewer")).to_have_count(0)
    expect(person.see("receipt-result")).to_be_visible()

    # A name keeps its place beside a long quantity and price; a sheet that a reload closes leaves no entry for back.
    person.tap("edit-receipt")
    expect(person.see("receipt-editor")).to_be_visible()
    database.execute(
        "update public.receipt_items set name = %s, unit = '킬로그램 묶음', quantity = 1234.5, amount = 12345678 "
        "where receipt_id in (select r.id from public.receipts r join auth.users u on u.id = user_id where email = %s)",
        ["유기농 무항생제 대용량 기획 세트", person.email],
    )
    person.page.reload()
    expect(person.see("store-name")).to_be_visible()
    box = person.see("item-name").first.bounding_box()
    assert box
    assert box["width"] > PHONE["width"] * 0.4
    expect(person.see("receipt-editor")).to_have_count(0)
    person.page.go_back()
    expect(person.see("home")).to_be_visible()


def test_the_start_screen_shows_what_needs_the_user(person: Person) -> None:
    upload(person, NEXT)
    person.tap("edit-receipt")
    person.see("edit-store").fill("시장")
    inspect(person, "receipt-editor")
    person.tap("save-receipt")
    expect(person.see("store-name")).to_have_text("시장")
    person.tap("back")
    expect(person.see("waiting-count")).to_contain_text("1장")
    person.see("receipt").first.click()
    person.tap("add-all")
    expect(person.see("item-added")).to_have_count(2)
    person.tap("back")
    expect(person.see("home")).to_be_visible()
    # The notice, which offers to undo, covers no button. It is shown for longer than this waits.
    person.page.wait_for_function(NOTICE_ABOVE, arg="take-photo", timeout=5000)
    expect(person.see("waiting-count")).to_have_count(0)
    expect(person.see("month-won")).to_contain_text("5,480원")
    inspect(person, "home", screenshot=True)
    person.tap("open-statistics")
    expect(person.see("shares-stores")).to_contain_text("시장")
    expect(person.see("shares-categories").get_by_test_id("share")).to_have_count(2)
    inspect(person, "statistics", screenshot=True)
    expect(person.page).to_have_title("통계 - 장보기")
    person.tap("back")
    receipts = person.open_tab("receipts")
    expect(person.page).to_have_title("영수증 - 장보기")
    receipts.get_by_test_id("search").fill("바나")
    expect(receipts.get_by_test_id("receipt")).to_have_count(1)
    receipts.get_by_test_id("search").fill("수박")
    expect(receipts.get_by_test_id("state-nothing")).to_be_visible()


def test_a_reload_without_a_connection_shows_what_was_received_last(running: Running, browser: Browser) -> None:
    person = open_app(browser, running.url, service_workers="allow")
    sign_up(person)
    upload(person, NEXT)
    person.tap("add-all")
    expect(person.see("item-added")).to_have_count(2)
    person.tap("to-inventory")
    expect(person.see("product")).to_have_count(2)
    # The service worker has the files, and the app has stored its data.
    person.page.evaluate("() => navigator.serviceWorker.ready")
    wait_until(lambda: person.page.evaluate(STORED, "expiry_basis"))
    person.device.set_offline(True)
    person.page.evaluate(EXPIRE)
    person.page.goto(f"{running.url}/inventory")
    expect(person.see("product")).to_have_count(2)
    expect(person.see("offline")).to_be_visible()
    person.open_tab("receipts")
    expect(person.see("receipt")).to_have_count(1)
    person.device.set_offline(False)
    expect(person.see("offline")).to_have_count(0)
    person.open_tab("settings")
    person.tap("sign-out")
    expect(person.see("sign-in")).to_be_visible()
    wait_until(lambda: not person.page.evaluate(STORED, "receipts"))
    person.device.close()


def test_the_camera_reads_a_barcode(running: Running, browser: Browser) -> None:
    person = open_app(browser, running.url)
    person.page.add_init_script(CAMERA.replace("IMAGE", b64encode(bars(KNOWN)).decode()))
    person.page.goto(running.url)
    sign_up(person)
    person.open_tab("barcode")
    person.tap("allow-camera")
    expect(person.see("barcode-found")).to_be_visible()
    expect(person.see("barcode-name")).to_have_value(wire.NAME)
    assert person.page.evaluate("() => window.tracks.every(track => track.readyState === 'ended')")
    person.device.close()


def test_the_colours_are_chosen_before_signing_in(running: Running, browser: Browser) -> None:
    person = open_app(browser, running.url)
    person.tap("forgot-password")
    expect(person.see("reset-password")).to_be_visible()
    inspect(person, "reset-password")
    person.tap("back")
    person.tap("open-preferences")
    expect(person.see("preferences")).to_be_visible()
    inspect(person, "preferences")
    person.tap("scheme-dark")
    html = person.page.locator("html")
    expect(html).to_have_css("color-scheme", "dark")
    person.page.reload()
    expect(person.see("scheme-dark")).to_be_checked()
    expect(html).to_have_css("color-scheme", "dark")
    person.tap("scheme-system")
    expect(html).to_have_css("color-scheme", "light")
    person.device.close()


def test_a_forgotten_password_is_reset_with_the_code_of_a_mail(
    running: Running, browser: Browser, person: Person
) -> None:
    """Supabase Lite sends no mail and checks no code, so its responses come from here."""
    person.device.close()
    again = open_app(browser, running.url, person.email)
    bodies: list[Any] = []
    allowed = {"Access-Control-Allow-Origin": "*"}

    def mail(route: Route) -> None:
        bodies.append(route.request.post_data_json)
        route.fulfill(json={}, headers=allowed)

    def code(route: Route) -> None:
        bodies.append(route.request.post_data_json)
        tokens = {"email": person.email, "password": person.password}
        url = f"{running.stack.supabase_url}/auth/v1/token?grant_type=password"
        session = requests.post(url, json=tokens, headers={"apikey": running.stack.publishable_key}, timeout=20)
        route.fulfill(json=session.json(), headers=allowed)

    external = {"external": {"kakao": True}}
    again.page.route("**/auth/v1/settings", lambda route: route.fulfill(json=external, headers=allowed))
    again.page.reload()
    with again.page.expect_request("**/auth/v1/authorize?provider=kakao*"):
        again.tap("sign-in-kakao")
    again.page.goto(running.url)
    again.page.route("**/auth/v1/recover*", mail)
    again.page.route("**/auth/v1/verify*", code)
    again.tap("forgot-password")
    again.see("email").fill(person.email)
    again.tap("submit")
    expect(again.see("reset-sent")).to_be_visible()
    again.see("code").fill("123 456")
    again.tap("submit")
    again.see("password").fill("a new correct horse")
    again.tap("show-password")
    inspect(again, "new-password")
    again.tap("submit")
    expect(again.see("home")).to_be_visible()
    assert (bodies[0]["email"], bodies[1]["token"], bodies[1]["type"]) == (person.email, "123456", "recovery")
    again.open_tab("settings")
    again.tap("reminders-on")
    expect(again.see("remind-time")).to_have_value("18:00")
    again.see("remind-time").fill("07:35")
    again.see("remind-time").press("Enter")
    expect(again.see("remind-time")).to_have_value("07:35")
    again.tap("change-email")
    again.see("new-email").fill(f"new-{person.email}")
    inspect(again, "change-email")
    again.tap("submit-email")
    expect(again.see("email-sent")).to_contain_text(f"new-{person.email}")
    again.tap("close")
    again.tap("sign-out")
    again.see("email").fill(person.email)
    again.see("password").fill("a new correct horse")
    again.tap("submit")
    expect(again.see("home")).to_be_visible()
    again.device.close()


def test_a_double_tap_and_a_lost_response_add_everything_once(
    person: Person, database: psycopg.Connection[Row]
) -> None:
    upload(person, NEXT)
    calls = lose_responses(person, "add_receipt_to_inventory", 1)
    person.see("add-all").dblclick()
    expect(person.see("item-added")).to_have_count(2)
    assert len(calls) >= 2
    wait_for_inventory(database, person, "바나나", "보름달빵")
    person.tap("undo")
    expect(person.see("item-dismiss")).to_have_count(2)
    wait_for_inventory(database, person)
    person.tap("add-all")
    expect(person.see("item-added")).to_have_count(2)


def test_food_long_past_its_date_is_added_only_on_request_and_its_receipt_deleted(
    person: Person, database: psycopg.Connection[Row]
) -> None:
    # Ramyeon keeps for months, bread does not.
    items = [PrintedItem("신라면 5입", 4100), PrintedItem("보름달빵", 1500)]
    upload(person, receipt(STORE, f"{TODAY - timedelta(days=40)} 10:05", items))
    person.tap("add-all")
    expect(person.see("expired-sheet")).to_contain_text("보름달빵")
    inspect(person, "expired")
    person.tap("skip-expired")
    expect(person.see("item-dismissed")).to_have_count(1)
    expect(person.see("notice")).to_be_visible()
    wait_for_inventory(database, person, "신라면 5입")
    # At the end of the page, within the time for which the notice is shown.
    person.see("delete-receipt").click(timeout=5000)
    # Adding can be undone, too, until then.
    person.was_told("지웠어요")
    expect(person.see("receipt")).to_have_count(0)
    person.tap("undo")
    person.open_tab("receipts")
    expect(person.see("receipt")).to_have_count(1)


def test_a_receipt_in_two_parts_is_completed_by_hand(person: Person, database: psycopg.Connection[Row]) -> None:
    page = person.page
    person.choose_pdf(pdf_of_images([Image.open(io.BytesIO(NEXT))]))
    expect(person.see("item")).to_have_count(2)
    upper = page.url
    inspect(person, "pdf")
    link = re.compile(r"/storage/v1/object/sign/ocr/.+\.pdf\?token=")
    with person.device.expect_event("response", lambda response: link.search(response.url)) as opened:
        person.tap("open-pdf")
    assert opened.value.headers["content-type"] == "application/pdf"

    # Print that is hard to read.
    database.execute(
        "update public.receipts set uncertain_fields = '{store_name,purchased_at,total}' "
        "where user_id = (select id from auth.users where email = %s)",
        [person.email],
    )
    person.tap("open-missed-line")
    person.tap("add-line")
    inspect(person, "missed-line")
    page.go_back()
    expect(person.see("missed-line")).to_have_count(0)
    person.tap("open-missed-line")
    person.see("line-name").fill("콩나물")
    person.see("line-amount").fill("1,200")
    person.tap("category-vegetable")
    person.device.set_offline(True)
    person.tap("add-line")
    expect(person.see("line-problem")).to_be_visible()
    inspect(person, "missed-line-problem")
    person.device.set_offline(False)
    person.see("add-line").dblclick()
    expect(person.see("missed-line")).to_have_count(0)
    expect(person.see("item")).to_have_count(3)

    expect(person.see("uncertain-head")).to_be_visible()
    for leave in (page.go_back, lambda: person.see("save-receipt").dblclick()):
        person.see("edit-receipt").dblclick()
        for field in ("store_name", "purchased_at", "total"):
            person.tap(f"confirm-{field}")
        inspect(person, "doubts")
        leave()
        expect(person.see("receipt-editor")).to_have_count(0)
    expect(person.see("uncertain-head")).to_have_count(0)
    expect(person.see("store-name")).to_have_text(STORE)

    page.evaluate(SHARE, [b64encode(FIRST).decode()])
    page.goto(upper)
    expect(person.see("shared-others")).to_be_visible()
    inspect(person, "shared")
    person.see("upload-shared").dblclick()
    expect(person.see("item")).to_have_count(5)
    page.goto(upper)
    person.tap("open-join")
    expect(person.see("join-sheet").get_by_test_id("receipt")).to_have_count(1)
    inspect(person, "join")
    page.go_back()
    expect(person.see("join-sheet")).to_have_count(0)
    person.see("open-join").dblclick()
    person.see("join-sheet").get_by_test_id("receipt").dblclick()
    expect(person.see("item")).to_have_count(8)
    inspect(person, "joined")
    person.tap("back")
    expect(person.open_tab("receipts").get_by_test_id("receipt")).to_have_count(1)


def test_an_upload_resumes_after_the_app_was_closed(running: Running, person: Person) -> None:
    network = person.device.new_cdp_session(person.page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    person.choose_photo(NEXT)
    expect(person.see("result-uploading")).to_be_visible()
    inspect(person, "uploading")
    person.page.close()
    again = Person(person.device.new_page(), person.email, person.password)
    again.page.goto(running.url)
    expect(again.see("receipt-done")).to_be_visible()
    expect(again.see("upload")).to_have_count(0)


def test_without_a_connection_everything_stays_and_resumes_afterwards(person: Person) -> None:
    upload(person, NEXT)
    person.device.set_offline(True)
    expect(person.see("offline")).to_be_visible()
    person.item("바나나").get_by_test_id("item-edit").click()
    person.tap("category-snack")
    # In front of the sheet.
    person.page.wait_for_function(NOTICE_IN_FRONT)
    inspect(person, "notice-of-sheet")
    person.tap("editor-done")
    expect(person.item("바나나").get_by_test_id("item-category-snack")).to_be_visible()
    inspect(person, "offline")
    person.tap("back")
    person.choose_photo(FIRST)
    expect(person.see("result-uploading")).to_be_visible()

    person.device.set_offline(False)
    expect(person.see("item")).to_have_count(5)
    expect(person.see("offline")).to_have_count(0)
    person.tap("back")
    person.see("receipt").filter(has_text="5,480").click()
    expect(person.item("바나나").get_by_test_id("item-why-user")).to_be_visible()


def test_problems_are_explained_and_can_be_retried(running: Running, browser: Browser, person: Person) -> None:
    stranger = open_app(browser, running.url)
    expect(stranger.see("submit")).to_be_visible()
    inspect(stranger, "sign-in", screenshot=True)
    stranger.see("email").fill(person.email)
    stranger.see("password").fill("not the password")
    stranger.tap("submit")
    expect(stranger.see("sign-in-problem")).to_be_visible()
    stranger.device.close()

    allowed = {"Access-Control-Allow-Origin": "*"}
    person.page.route(
        "**/rpc/review_receipt", lambda route: route.fulfill(status=400, headers=allowed, json={"message": "down"})
    )
    person.choose_photo(NEXT)
    expect(person.see("state-error")).to_be_visible()
    inspect(person, "error")
    person.page.unroute("**/rpc/review_receipt")
    person.tap("retry")
    expect(person.see("item").first).to_be_visible()
    person.tap("back")

    person.choose_photo(photo([]))
    expect(person.see("result-failed")).to_be_visible()
    inspect(person, "failed")
    with person.page.expect_response("**/rpc/retry_receipt") as retried:
        person.tap("result-retry")
    assert retried.value.ok
    expect(person.see("result-failed")).to_be_visible()


def test_lots_are_found_used_and_moved(person: Person, database: psycopg.Connection[Row]) -> None:
    (user,) = database.execute("select id from auth.users where email = %s", [person.email]).fetchall()
    for name, code, days in (("두부", "tofu", 1), ("두부", "tofu", 5), ("우유", "dairy", -1), ("사과", "fruit", 20)):
        database.execute(
            "insert into public.inventory (user_id, name, category_id, storage, expires_on) "
            "select %s, %s, id, 'fridge', (now() at time zone 'Asia/Seoul')::date + %s "
            "from public.categories where code = %s",
            [user["id"], name, days, code],
        )
    person.open_tab("inventory")
    expect(person.see("product-name")).to_have_text(["우유", "두부", "사과"])
    expect(person.product("우유").get_by_test_id("freshness-expired")).to_be_visible()
    expect(person.product("두부").get_by_test_id("lot")).to_have_count(2)
    expect(person.product("두부").get_by_test_id("freshness-soon").first).to_be_visible()
    person.see("search").fill("사")
    expect(person.see("product-name")).to_have_text(["사과"])
    person.see("search").fill("")
    person.tap("filter-tofu")
    expect(person.see("product-name")).to_have_text(["두부"])
    person.tap("filter-all")
    person.tap("filter-soon")
    expect(person.see("product-name")).to_have_text(["우유", "두부"])
    expect(person.see("lot")).to_have_count(2)
    person.tap("filter-freezer")
    expect(person.see("state-nothing")).to_be_visible()
    person.tap("filter-everywhere")
    person.tap("filter-soon")
    inspect(person, "inventory")
    person.tap("add-by-hand")
    person.see("barcode-name").fill("텃밭 상추")
    person.tap("category-vegetable")
    inspect(person, "add")
    person.tap("barcode-add")
    expect(person.product("텃밭 상추")).to_be_visible()
    swipe(person, person.product("사과").get_by_test_id("lot-open"), -200)
    person.was_told("사과 개봉했어요")
    expect(person.product("사과")).to_contain_text("개봉")

    person.product("우유").get_by_test_id("use-up").click()
    expect(person.product("우유")).to_have_count(0)
    person.tap("undo")
    expect(person.product("우유")).to_have_count(1)

    person.product("두부").get_by_test_id("lot-open").first.click()
    expect(person.see("inventory-item")).to_be_visible()
    person.tap("lot-open-package")
    expect(person.see("step-opened")).to_be_visible()
    person.tap("lot-freeze")
    expect(person.see("step-moved")).to_be_visible()
    inspect(person, "item", screenshot=True)
    person.tap("lot-use-up")
    expect(person.see("step-consumed")).to_be_visible()
    person.tap("back")
    expect(person.product("두부").get_by_test_id("lot")).to_have_count(1)


def test_lots_leave_the_inventory_in_each_way_and_long_lists_show_more(
    running: Running, browser: Browser, person: Person, database: psycopg.Connection[Row]
) -> None:
    (user,) = database.execute("select id from auth.users where email = %s", [person.email]).fetchall()
    # Milk is bought every second day.
    database.execute(
        "with bought as ("
        "  insert into public.receipts (user_id, bucket, object_path, object_version, status, store_name, "
        "    purchased_at, total, created_at, processed_at) "
        "  select %(user)s, 'ocr', %(user)s || '/' || n || '.jpg', '1', 'done', '가게 ' || n, t, 3000 - n, t, t "
        "  from generate_series(1, 101) n, lateral (select now() - make_interval(days => 2 * n) as t) at returning *"
        ") insert into public.receipt_items (receipt_id, line_no, raw_text, predicted_name, name, amount, kind, "
        "  category_id, status) "
        "select b.id, 1, '우유', '우유', '우유 1L', b.total, 'food', c.id, 'added' "
        "from bought b, public.categories c where c.code = 'dairy'",
        {"user": user["id"]},
    )
    gtin14 = f"0{PICTURED}"
    image = "https://images.example/milk.png"
    person.page.route(image, lambda route: route.fulfill(body=PIXEL, content_type="image/png"))
    database.execute(
        "insert into public.products (gtin14, name, category_id, image_url, source, expires_at) "
        "select %s, '우유 1L', id, %s, 'foodqr', now() + interval '1 day' from public.categories where code = 'dairy' "
        "on conflict do nothing",
        [gtin14, image],
    )

    person.open_tab("barcode")
    person.see("barcode-number").fill(PICTURED)
    person.tap("barcode-look")
    expect(person.see("barcode-name")).to_have_value("우유 1L")
    person.tap("barcode-add")
    person.was_told("우유 1L 담았어요")
    person.open_tab("inventory")
    expect(person.product("우유 1L").get_by_test_id("product-image").locator("img")).to_have_attribute("src", image)

    person.product("우유 1L").get_by_test_id("lot-open").click()
    expect(person.see("inventory-item").get_by_test_id("product-image")).to_be_visible()
    expect(person.see("purchase")).to_have_count(5)
    inspect(person, "lot")
    address = person.page.url
    for button, text in (("lot-throw-away", "버린 품목"), ("lot-give-away", "나눠 준 품목")):
        person.see(button).dblclick()
        expect(person.see("inventory-item")).to_contain_text(text)
        inspect(person, button)
        if button == "lot-throw-away":
            person.page.goto(f"{running.url}/statistics")
            expect(person.see("wasted")).to_be_visible()
            inspect(person, "waste")
            person.page.goto(address)
        person.tap("lot-restore")
        expect(person.see("lot-name")).to_have_value("우유 1L")
    person.tap("back")
    person.open_tab("home")
    person.page.reload()
    expect(person.see("running-low")).to_contain_text("보관함에 1 · 2일마다 사요")
    inspect(person, "running-low")
    person.open_tab("inventory")
    person.product("우유 1L").get_by_test_id("lot-open").click()
    person.see("lot-remove").dblclick()
    expect(person.see("inventory")).to_be_visible()
    expect(person.product("우유 1L")).to_have_count(0)
    person.device.set_offline(True)
    person.tap("undo")
    expect(person.see("notice")).to_contain_text("인터넷에 연결할 수 없어요")
    inspect(person, "not-undone")
    person.device.set_offline(False)
    person.tap("undo")
    expect(person.product("우유 1L")).to_have_count(1)

    database.execute(
        "insert into public.inventory (user_id, name, category_id, storage, expires_on, price) "
        "select %s, '품목 ' || n, c.id, 'pantry', (now() at time zone 'Asia/Seoul')::date + n, 1000 "
        "from generate_series(1, 51) n, public.categories c where c.code = 'snack'",
        [user["id"]],
    )
    expect(person.see("inventory").get_by_test_id("product")).to_have_count(50)
    inspect(person, "long-inventory", part="show-more")
    person.tap("show-more")
    expect(person.see("inventory").get_by_test_id("product")).to_have_count(52)
    receipts = person.open_tab("receipts")
    expect(receipts.get_by_test_id("receipt")).to_have_count(100)
    inspect(person, "long-receipts", part="show-older")
    receipts.get_by_test_id("show-older").dblclick()
    expect(receipts.get_by_test_id("receipt")).to_have_count(101)
    expect(receipts.get_by_test_id("show-older")).to_have_count(0)

    stranger = open_app(browser, running.url)
    sign_up(stranger)
    for path in (address, address[:-1], f"{running.url}/receipt-result?id={uuid.uuid4()}"):
        stranger.page.goto(path)
        expect(stranger.see("state-missing")).to_be_visible()
    inspect(stranger, "missing")
    stranger.device.close()


@pytest.mark.parametrize(
    ("number", "outcome"),
    [(BROKEN, "incomplete"), (IN_STORE, "in-store"), (KNOWN[:-1] + "0", "invalid")],
)
def test_each_barcode_outcome_has_its_own_text(person: Person, number: str, outcome: str) -> None:
    person.open_tab("barcode")
    person.see("barcode-number").fill(number)
    person.tap("barcode-look")
    expect(person.see(f"barcode-{outcome}")).to_be_visible()
    inspect(person, f"barcode-{outcome}")


def test_a_product_is_found_by_number_or_photo_and_an_unknown_one_is_named(
    person: Person, database: psycopg.Connection[Row]
) -> None:
    person.open_tab("barcode")
    person.choose_photo(bars(KNOWN), "barcode-photo")
    expect(person.see("barcode-found")).to_be_visible()
    expect(person.see("barcode-name")).to_have_value(wire.NAME)
    inspect(person, "barcode-found", screenshot=True)
    # The app retries once by itself.
    calls = lose_responses(person, "add_to_inventory", 2)
    person.tap("barcode-add")
    expect(person.see("add-problem")).to_be_visible()
    expect(person.see("barcode-name")).to_have_value(wire.NAME)
    inspect(person, "add-problem")
    person.see("barcode-add").dblclick()
    person.was_told(wire.NAME)
    assert len(calls) >= 3

    person.see("barcode-number").fill(UNKNOWN)
    person.tap("barcode-look")
    expect(person.see("barcode-not-found")).to_be_visible()
    expect(person.see("notice")).to_have_count(0)
    inspect(person, "barcode-not-found", screenshot=True)
    person.see("barcode-name").fill("시장 참기름")
    person.tap("barcode-keep-name")
    expect(person.see("barcode-found")).to_be_visible()
    person.tap("change-category")
    person.tap("category-seasoning")
    person.tap("barcode-add")
    person.was_told("시장 참기름")
    wait_for_inventory(database, person, wire.NAME, "시장 참기름")

    person.choose_photo(photo([]), "barcode-photo")
    expect(person.page.get_by_text("사진에서 바코드를 찾지 못했어요")).to_be_visible()


def test_a_receipt_is_added_with_the_keyboard_alone(running: Running, browser: Browser) -> None:
    person = open_app(browser, running.url)
    page = person.page
    expect(person.see("sign-in")).to_be_visible()
    tab_to(page, "switch-sign-in")
    page.keyboard.press("Enter")
    tab_to(page, "email")
    page.keyboard.type(person.email)
    tab_to(page, "password")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    expect(person.see("state-empty")).to_be_visible()

    tab_to(page, "pick-photo")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": NEXT})
    expect(person.see("item")).to_have_count(2)
    tab_to(page, "item-dismiss")
    page.keyboard.press("Enter")
    expect(person.see("undo")).to_be_visible()
    expect(person.see("item-restore")).to_be_focused()
    page.keyboard.press("Enter")
    expect(person.see("item-dismiss")).to_have_count(2)
    tab_to(page, "item-edit")
    page.keyboard.press("Enter")
    expect(person.see("item-editor")).to_be_visible()
    tab_to(page, "category-snack")
    page.keyboard.press("Enter")
    expect(person.see("learned")).to_be_visible()
    page.keyboard.press("Escape")
    expect(person.see("item-editor")).to_have_count(0)
    tab_to(page, "add-all")
    page.keyboard.press("Enter")
    tab_to(page, "to-inventory")
    page.keyboard.press("Enter")
    expect(person.see("product")).to_have_count(2)
    # The start screen, which stays in the document, is passed over.
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('[aria-hidden=true]') === null")
    person.device.close()


def test_a_session_outlives_its_token_and_the_language_is_remembered(person: Person) -> None:
    person.page.evaluate(EXPIRE)
    with person.page.expect_response("**/auth/v1/token?grant_type=refresh_token") as refreshed:
        person.page.reload()
    assert refreshed.value.ok
    expect(person.see("home")).to_be_visible()
    person.open_tab("settings")
    person.tap("language-en")
    inspect(person, "settings")
    person.page.reload()
    expect(person.open_tab("inventory").get_by_test_id("state-empty")).not_to_contain_text(re.compile("[가-힣]"))
    person.open_tab("settings")
    person.tap("sign-out")
    expect(person.see("sign-in")).to_be_visible()


def test_settings_files_and_a_session_that_has_ended(person: Person, database: psycopg.Connection[Row]) -> None:
    page = person.page
    settings = person.open_tab("settings")
    inspect(person, "settings-korean")
    person.tap("reading-consent-on")
    expect(person.see("reading-consent-on")).to_be_checked()
    person.tap("reminders-on")
    person.tap("quiet-on")
    expect(person.see("quiet-on")).to_be_checked()
    inspect(person, "reminders")
    query = (
        "select s.quiet_from::text, s.quiet_until::text, c.given_at from public.reminder_settings s "
        "join public.reading_consents c using (user_id) join auth.users u on u.id = user_id where u.email = %s"
    )
    (stored,) = database.execute(query, [person.email]).fetchall()
    assert (stored["quiet_from"], stored["quiet_until"]) == ("22:00:00", "07:00:00")
    person.tap("quiet-off")
    expect(person.see("quiet-off")).to_be_checked()
    person.tap("reading-consent-off")
    expect(person.see("reading-consent-off")).to_be_checked()
    assert database.execute(query, [person.email]).fetchall() == []

    for kind, ending in (("inventory", "csv"), ("spending", "json"), ("everything", "json")):
        person.tap(f"export-as-{ending}")
        with page.expect_download() as download:
            settings.get_by_test_id(f"export-{kind}").dblclick()
        assert re.fullmatch(rf"jangbogi-{kind}-\d{{4}}-\d\d-\d\d\.{ending}", download.value.suggested_filename)
        content = Path(download.value.path()).read_text(encoding="utf-8")
        if ending == "csv":
            assert content.startswith("\ufeffname,")
        else:
            assert isinstance(json.loads(content), list)

    person.tap("change-password")
    person.see("password").fill("short")
    person.tap("submit-password")
    inspect(person, "change-password")
    page.go_back()
    expect(person.see("password-sheet")).to_have_count(0)
    person.tap("change-password")
    expect(person.see("password")).to_have_value("")
    person.see("password").fill("a new correct horse")
    person.see("submit-password").dblclick()
    person.was_told("비밀번호를 바꿨어요")
    expect(person.see("password-sheet")).to_have_count(0)

    # The end and a press in one step: in between, the app may notice by itself and close the sheet.
    pressed = f"{END_SESSION}; document.querySelector('[data-testid=submit-password]').click()"
    for ending in (lambda: page.evaluate(pressed), lambda: (page.evaluate(END_SESSION), page.reload())):
        person.tap("change-password")
        person.see("password").fill("another correct horse")
        ending()
        expect(person.see("session-ended")).to_be_visible()
        expect(person.see("password-sheet")).to_have_count(0)
        inspect(person, "session-ended")
        person.see("email").fill(person.email)
        person.see("password").fill("a new correct horse")
        person.tap("submit")
        expect(person.see("home")).to_be_visible()
        person.open_tab("settings")


def test_an_account_is_deleted_after_two_confirmations_and_its_data_leaves_the_device(
    person: Person, database: psycopg.Connection[Row]
) -> None:
    upload(person, NEXT)
    person.item("바나나").get_by_test_id("item-edit").click()
    person.see("edit-name").fill("작은 바나나")
    person.tap("editor-done")
    person.tap("back")
    (user,) = database.execute("select id from auth.users where email = %s", [person.email]).fetchall()
    storage = "() => JSON.stringify(localStorage)"
    assert str(user["id"]) in person.page.evaluate(storage)
    person.open_tab("settings")
    person.tap("delete-account")
    expect(person.see("delete-sheet")).to_be_visible()
    inspect(person, "delete-account", screenshot=True)
    person.tap("delete-continue")
    expect(person.see("delete-sheet")).to_contain_text(person.email)
    inspect(person, "delete-confirm")
    person.tap("delete-confirm")
    expect(person.see("sign-in")).to_be_visible()
    person.was_told("계정")
    assert str(user["id"]) not in person.page.evaluate(storage)
    # The sweep may have deleted the user already.
    remaining = "select from auth.users where id = %s and id not in (select user_id from public.account_deletions)"
    assert database.execute(remaining, [user["id"]]).fetchall() == []


def test_nothing_secret_is_served(running: Running, browser: Browser) -> None:
    secrets = {*running.stack.secrets, wire.KEY}
    config = requests.get(f"{running.url}/config.json", timeout=20)
    assert set(config.json()) == {"supabaseUrl", "supabaseKey", "barcodeLookupUrl", "categoryFeedbackUrl"}
    files = [file for file in DIST.rglob("*") if file.suffix in (".html", ".js", ".json", ".css", ".map")]
    assert len(files) >= 2
    for text in (config.text, *(file.read_text(encoding="utf-8") for file in files)):
        assert not [secret for secret in secrets if secret in text]
        assert not re.search(r"sb_secret_\w|service_role['\"]\s*:|eyJ[\w-]{20,}\.[\w-]{20,}\.", text)


def test_the_bundle_stays_small(running: Running) -> None:
    (entry,) = (DIST / "_expo" / "static" / "js" / "web").glob("entry-*.js")
    assert entry.stat().st_size < MOST_BUNDLE_BYTES


def test_unknown_paths(running: Running) -> None:
    screen = requests.get(f"{running.url}/receipt-result?id=x", timeout=20)
    assert (screen.status_code, screen.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for path in ("/missing.js", "/..%2f..%2fpyproject.toml"):
        assert requests.get(f"{running.url}{path}", timeout=20).status_code == 404
