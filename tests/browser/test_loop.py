"""The whole loop in Chromium: the camera reads real codes, locks open, the total is seen by both sides."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from core.config.production import DEMO_PASSWORD
from scripts.fake_camera import Camera
from tests.browser.hardware import Hardware
from tests.browser.people import Visit, tokens
from tests.browser.shopping import MANGOES, MILK, Product, give_back, line, total
from tests.system.store import Store


def _on_map(page: Page, number: int, said: str) -> Locator:
    """The trolley on the floor plan, if it says what ``said`` (a regular expression) says."""
    return page.locator(".plan").get_by_role("button", name=re.compile(rf"^Trolley {number}, {said}"))


def _sign_in(page: Page, username: str) -> None:
    page.get_by_role("button", name="Sign in with a password").click()
    page.get_by_label("Username or e-mail").fill(username)
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def _scan(page: Page, camera: Camera, product: Product) -> None:
    """Hold a product's bars before the camera until the page has read them."""
    camera.show_ean13(product.barcode)
    page.get_by_role("button", name="Scan product").click()
    sheet = page.get_by_role("dialog", name="Scan products")
    expect(sheet.locator(".scan-added")).to_contain_text(product.name)
    expect(sheet.locator(".scan-added")).to_contain_text(product.price)
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_be_hidden()


def test_a_shopper_scans_a_trolley_and_products_and_the_manager_sees_it_all_until_it_is_back(
    visit: Visit, store: Store, hardware: Hardware, camera: Camera
) -> None:
    manager = visit("/branch/BRANCH-001", "manager", desk=True)
    expect(_on_map(manager, 1, "Free, lock closed")).to_be_visible()
    # A lock that another test has jammed is not free.
    free, stray = (manager.locator(f".counter.{kind} dd") for kind in ("is-available", "is-stray"))
    free_before, stray_before = free.inner_text(), int(stray.inner_text())
    shopper = visit("/shop")
    _sign_in(shopper, "shopper")

    trolley = store.get("/api/trolleys/TROLLEY_01", tokens(store, "manager")["access"])
    assert re.search(r"/t/TROLLEY_01\?k=\S+", trolley["qr_code_data"])
    camera.show_qr(trolley["qr_code_data"])
    shopper.get_by_role("button", name="Scan the trolley’s code").click()
    expect(shopper.get_by_text("The lock is open", exact=True)).to_be_visible()
    expect(shopper.locator(".holding")).to_contain_text("TROLLEY_01")
    expect(_on_map(manager, 1, "In use, held by shopper, .*lock open")).to_be_visible()

    hardware.pull(1)
    expect(shopper.get_by_text("It’s yours")).to_be_visible()
    entry = manager.locator(".entry", has_text="TROLLEY_01")
    expect(entry).to_contain_text("Out of its slot")

    _scan(shopper, camera, MANGOES)
    _scan(shopper, camera, MILK)
    expect(line(shopper, MANGOES)).to_be_visible()
    expect(total(shopper)).to_have_text("₹717.00")
    expect(entry).to_contain_text("₹717.00")
    _on_map(manager, 1, "In use").click()
    panel = manager.get_by_role("dialog", name="Trolley 1")
    expect(panel).to_contain_text("Held by")
    expect(panel).to_contain_text("₹717.00 · 2 units")
    manager.keyboard.press("Escape")

    give_back(shopper)
    expect(shopper.locator(".summary")).to_contain_text("₹717.00")
    expect(_on_map(manager, 1, "Out without a session")).to_be_visible()
    expect(stray).to_have_text(str(stray_before + 1))

    hardware.push_back(1)
    expect(_on_map(manager, 1, "Free, .*lock closed")).to_be_visible()
    expect(free).to_have_text(free_before)
    expect(manager.locator(".latest")).to_contain_text("TROLLEY_01 is back in its slot")
    now = store.get("/api/trolleys/TROLLEY_01", tokens(store, "manager")["access"])
    assert (now["custody"], now["is_assigned"], now["lock"]["reported"]) == ("docked", False, "closed")


def test_a_lock_that_sticks_is_said_to_the_shopper_and_shown_to_the_manager(
    visit: Visit, hardware: Hardware
) -> None:
    hardware.jam(7)
    manager = visit("/branch/BRANCH-001", "manager", desk=True)
    shopper = visit("/t/TROLLEY_07", "jammed-shopper")
    shopper.get_by_role("button", name="Take this trolley").click()
    expect(shopper.get_by_text("The lock did not open", exact=True)).to_be_visible()
    expect(_on_map(manager, 7, "Lock fault, held by jammed-shopper")).to_be_visible()
    expect(manager.locator(".alarms")).to_contain_text("The lock was told to open and did not")
    said, way_out = shopper.locator(".toast").bounding_box(), shopper.locator(".end-button").bounding_box()
    assert said is not None
    assert way_out is not None
    above, below = sorted((said, way_out), key=lambda box: box["y"])
    assert above["y"] + above["height"] <= below["y"], "what is said lies over the button"
    give_back(shopper)
