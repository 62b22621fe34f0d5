"""The shopper's page: taking a trolley and being refused one, changing the cart, coming back later."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from scripts.fake_camera import Camera
from tests.browser.people import Visit, tokens
from tests.browser.shopping import BANANAS, MANGOES, MILK, give_back, line, take, total, type_barcode
from tests.browser.watch import Watch
from tests.system.store import Store


def test_a_new_shopper_opens_an_account_and_has_the_trolley_whose_code_was_scanned(
    visit: Visit, watches: list[Watch]
) -> None:
    page = visit("/t/TROLLEY_52")
    watches[0].allow_refusals()
    page.get_by_role("button", name="Sign in with a password").click()
    expect(page.get_by_text("Then the trolley is yours.")).to_be_visible()
    page.get_by_label("Username or e-mail").fill("shopper")
    page.get_by_label("Password").fill("not this")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("That name and password do not go together.")
    page.get_by_role("button", name="No account yet? Create one").click()
    page.get_by_label("Choose a username").fill("newcomer")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Create an account").click()
    take(page)
    expect(page.get_by_text("Nothing in it yet")).to_be_visible()
    give_back(page)
    page.get_by_role("button", name="Take a trolley").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Your phone number")).to_be_visible()


def test_a_second_shopper_sees_who_holds_the_trolley_and_takes_another(visit: Visit) -> None:
    first = visit("/t/TROLLEY_54", "early-bird")
    take(first)
    second = visit("/t/TROLLEY_54", "latecomer")
    second.get_by_role("button", name="Take this trolley").click()
    expect(second.get_by_role("alert")).to_contain_text("In use by early-bird")
    expect(second.get_by_role("alert")).to_contain_text("Please take the one next to it.")
    second.get_by_role("button", name="Take another trolley").click()
    expect(second.get_by_role("alert")).to_be_hidden()
    second.get_by_label("Or type the code under the QR").fill("trolley 55")
    second.get_by_role("button", name="Take it").click()
    expect(second.locator(".holding")).to_contain_text("TROLLEY_55")
    expect(first.locator(".holding")).to_contain_text("TROLLEY_54")
    give_back(second)
    give_back(first)


def test_a_code_that_is_no_trolleys_and_a_forged_one_are_refused_with_a_sentence(visit: Visit) -> None:
    page = visit("/shop", "confused")
    page.get_by_label("Or type the code under the QR").fill("TROLLEY_999")
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no trolley with that code")
    forged = visit("/t/TROLLEY_54?k=made.up", "forger")
    forged.get_by_role("button", name="Take this trolley").click()
    expect(forged.get_by_role("alert")).to_contain_text("not made by us")
    expect(forged.get_by_role("button", name="Take this trolley")).to_be_enabled()


def test_without_a_camera_the_page_says_so_and_typing_works(visit: Visit, camera: Camera) -> None:
    page = visit("/t/TROLLEY_56", "no-camera", camera=False)
    take(page)
    page.get_by_role("button", name="Scan product").click()
    sheet = page.get_by_role("dialog", name="Scan products")
    expect(sheet.get_by_role("alert")).to_contain_text("The camera is blocked")
    sheet.get_by_role("button", name="Type a barcode").click()
    typing = page.get_by_role("dialog", name="Type a barcode")
    digits = typing.get_by_label("Digits under the barcode")
    expect(digits).to_be_focused()
    digits.fill("8904 1002 85850")
    page.keyboard.press("Enter")
    expect(typing.locator(".scan-added")).to_contain_text(MANGOES.name)
    expect(digits).to_have_value("")
    digits.fill("8904100285851")
    page.keyboard.press("Enter")
    expect(typing.locator(".scan-refused")).to_contain_text("A digit is wrong")
    digits.fill("4006381333931")
    page.keyboard.press("Enter")
    expect(typing.locator(".scan-refused").first).to_contain_text("We do not know this barcode")
    page.keyboard.press("Escape")
    expect(total(page)).to_have_text(MANGOES.price)
    give_back(page)


def test_quantities_change_by_tapping_and_what_was_removed_can_be_put_back(visit: Visit) -> None:
    page = visit("/t/TROLLEY_57", "undecided")
    take(page)
    type_barcode(page, MANGOES.barcode, MILK.barcode)
    more = page.get_by_role("button", name=f"One more {MILK.name}")
    for _ in range(4):
        more.click()
    quantity = line(page, MILK).locator("output")
    expect(quantity).to_have_text("5")
    expect(total(page)).to_have_text("₹989.00")
    expect(page.locator(".dock .label-count")).to_have_text("2 products · 6 units")
    page.get_by_role("button", name=f"One fewer {MILK.name}").click()
    expect(total(page)).to_have_text("₹921.00")

    page.get_by_role("button", name=f"Remove {MILK.name}").click()
    expect(line(page, MILK)).to_be_hidden()
    expect(total(page)).to_have_text(MANGOES.price)
    page.get_by_role("button", name="Undo").click()
    expect(quantity).to_have_text("4")
    expect(total(page)).to_have_text("₹921.00")

    # With one left, fewer means remove.
    page.get_by_role("button", name=f"Remove {MANGOES.name}").click()
    expect(total(page)).to_have_text("₹272.00")
    page.reload()
    expect(total(page)).to_have_text("₹272.00")
    give_back(page)


def test_two_phones_of_one_shopper_show_the_same_cart(visit: Visit) -> None:
    one = visit("/t/TROLLEY_58", "two-phones")
    other = visit("/shop", "two-phones")
    take(one)
    expect(other.locator(".holding")).to_contain_text("TROLLEY_58")
    type_barcode(other, BANANAS.barcode)
    expect(total(one)).to_have_text(BANANAS.price)
    give_back(one)
    expect(other.get_by_role("heading", name="Thank you for shopping")).to_be_visible()


class Air:
    """The network of a page's sockets, which can be away."""

    def __init__(self, page: Page) -> None:
        self.there = True
        self._sockets: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        page.route_web_socket(re.compile("/ws/shopper/"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if not self.there:
            socket.close(code=1001)
            return
        self._sockets.append((socket, socket.connect_to_server()))

    def cut(self) -> None:
        """Take the network away."""
        self.there = False
        for socket, server in self._sockets:
            server.close()
            socket.close(code=1001)
        self._sockets = []


def test_a_phone_that_slept_past_the_end_of_its_session_goes_on_without_a_scan(
    visit: Visit, store: Store
) -> None:
    admin = visit("/branch/BRANCH-019", "admin", desk=True)
    page = visit("/shop", "sleeper")
    air = Air(page)
    page.goto(f"{store.url}/t/TROLLEY_95")
    take(page)
    type_barcode(page, MANGOES.barcode, MILK.barcode, MILK.barcode)
    expect(total(page)).to_have_text("₹785.00")
    expect(page.locator(".ring")).to_have_count(0)
    air.cut()
    expect(page.locator(".ring")).to_be_visible()
    expect(page.get_by_text("No connection: the trolley may be let go")).to_be_visible()
    lifecycle = page.context.new_cdp_session(page)
    lifecycle.send("Page.setWebLifecycleState", {"state": "frozen"})
    said = admin.locator(".latest")
    expect(said).to_contain_text("TROLLEY_95 let go: nothing heard from its shopper", timeout=15_000)
    lifecycle.send("Page.setWebLifecycleState", {"state": "active"})
    page.locator(".dock").get_by_role("button", name="Type a barcode").click()
    sheet = page.get_by_role("dialog", name="Type a barcode")
    sheet.get_by_label("Digits under the barcode").fill("89")
    air.there = True

    expect(page.locator(".ring")).to_have_count(0, timeout=60_000)
    expect(page.locator(".holding")).to_contain_text("TROLLEY_95")
    expect(total(page)).to_have_text("₹785.00")
    expect(line(page, MILK).locator("output")).to_have_text("2")
    expect(page.locator(".saved")).to_have_count(0)
    # What the shopper had begun before the page heard of its sleep is still there.
    expect(sheet.get_by_label("Digits under the barcode")).to_have_value("89")
    sheet.get_by_label("Digits under the barcode").fill(MANGOES.barcode)
    sheet.get_by_role("button", name="Add").click()
    sheet.get_by_role("button", name="Close").click()
    expect(line(page, MANGOES).locator("output")).to_have_text("2")
    give_back(page)


def test_who_walks_away_loses_the_trolley_and_finds_the_products_again(visit: Visit, store: Store) -> None:
    admin = visit("/branch/BRANCH-009", "admin", desk=True)
    page = visit("/t/TROLLEY_91", "forgetful")
    take(page)
    type_barcode(page, MANGOES.barcode, MILK.barcode, MILK.barcode)
    entry = admin.locator(".entry", has_text="TROLLEY_91")
    expect(entry).to_contain_text("forgetful")
    # The branch lets go after 5 s of silence; an open page is not silent.
    expect(entry.locator(".entry-side .soft")).to_have_text(re.compile(r"^(9|1\d) s$"), timeout=15_000)
    page.close()
    said = admin.locator(".latest")
    expect(said).to_contain_text("TROLLEY_91 let go: nothing heard from its shopper", timeout=15_000)
    expect(admin.locator(".counter.is-available dd")).to_have_text("2")
    assert store.get("/api/cart", tokens(store, "forgetful")["access"])["items"] == []

    back = visit("/t/TROLLEY_92", "forgetful")
    take(back)
    offer = back.locator(".saved")
    expect(offer).to_contain_text("Carry on where you stopped?")
    expect(offer).to_contain_text("2 products are kept for you until")
    offer.get_by_role("button", name="Bring back").click()
    expect(offer).to_be_hidden()
    expect(total(back)).to_have_text("₹785.00")
    expect(line(back, MILK).locator("output")).to_have_text("2")
    give_back(back)
