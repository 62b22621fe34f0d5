"""Paying on the shopper's page: the whole way, what is refused, and what happens in between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hardware import Hardware
from tests.browser.people import Visit, tokens
from tests.browser.shopping import (
    MANGOES,
    MILK,
    Product,
    check_out,
    line,
    pay,
    take,
    thanked,
    total,
    type_barcode,
)
from tests.browser.watch import Watch
from tests.system.store import Store

# Nobody else's: what waits in another test's checkout cannot be counted away.
RAGI = Product("8904103085464", "Ragi flour, 1 kg", "₹78.00")
POHA = Product("8904103046151", "Poha thick, 500 g", "₹42.00")


@pytest.fixture(autouse=True)
def _an_order_is_written_a_moment_after_it_is_paid(visit: Visit, watches: list[Watch]) -> Iterator[None]:
    yield
    for watch in watches:
        watch.allow_refusals()


def _orders(store: Store, user: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = store.get("/api/orders", tokens(store, user)["access"])["results"]
    return found


def test_a_shopper_scans_pays_shows_the_pass_and_brings_the_trolley_back(
    visit: Visit, store: Store, hardware: Hardware
) -> None:
    page = visit("/t/TROLLEY_14", "buyer")
    take(page)
    expect(page.get_by_text("The lock is open", exact=True)).to_be_visible()
    hardware.pull(14)
    type_barcode(page, MANGOES.barcode, MILK.barcode)
    expect(page.get_by_role("button", name="Pay ₹717.00")).to_be_visible()
    sheet = check_out(page)
    expect(sheet.locator("time")).to_have_text(re.compile(r"^(5:00|4:\d\d)$"))
    expect(sheet.locator(".goods li")).to_have_count(2)
    pay(page)
    code = thanked(page)
    expect(page.get_by_text("Paid ₹717.00")).to_be_visible()
    expect(page.locator(".thanks")).to_contain_text(re.compile(r"Order \d+"))
    order = _orders(store, "buyer")[0]
    expect(page.locator(".thanks")).to_contain_text(f"Order {order['number']}")
    expect(page.get_by_role("img", name=f"Exit pass {code} as a QR code")).to_be_visible()
    expect(page.get_by_role("link", name="See the receipt")).to_have_attribute(
        "href", f"/orders/{order['id']}"
    )
    expect(page.get_by_text("Bring TROLLEY_14 back")).to_be_visible()
    hardware.push_back(14)
    expect(page.locator(".step-done")).to_have_text("TROLLEY_14 is back. Thank you!")
    page.reload()
    thanked(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Take a trolley")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Take a trolley")).to_be_visible()


def test_a_declined_card_is_said_with_its_reason_and_another_one_pays(visit: Visit, store: Store) -> None:
    page = visit("/t/TROLLEY_61", "second-card")
    take(page)
    type_barcode(page, MILK.barcode)
    sheet = check_out(page)
    pay(page, "Is declined")
    expect(sheet.get_by_role("alert")).to_contain_text("Nothing was charged")
    expect(sheet.get_by_role("alert")).to_contain_text("The bank refused this card.")
    pay(page)
    thanked(page)
    assert [order["status"] for order in _orders(store, "second-card")] == ["paid"]


def test_a_bank_that_asks_first_is_answered_also_after_a_reload(visit: Visit) -> None:
    page = visit("/t/TROLLEY_62", "careful")
    take(page)
    type_barcode(page, MILK.barcode)
    sheet = check_out(page)
    pay(page, "The bank asks you first")
    sheet.get_by_role("button", name="Deny").click()
    expect(sheet.get_by_role("alert")).to_contain_text("It was not approved at your bank.")
    pay(page, "The bank asks you first")
    expect(sheet.get_by_text("Your bank asks: pay ₹68.00?")).to_be_visible()
    page.reload()
    sheet.get_by_role("button", name="Approve").click()
    thanked(page)


def test_pressing_pay_twice_and_on_two_phones_at_once_makes_one_payment(visit: Visit, store: Store) -> None:
    page = visit("/t/TROLLEY_63", "impatient")
    take(page)
    type_barcode(page, MILK.barcode)
    other = visit("/shop", "impatient")
    expect(other.get_by_role("button", name="Pay ₹68.00")).to_be_visible()
    page.locator(".dock-pay").dblclick()
    expect(other.get_by_text("Your cart is at the checkout")).to_be_visible()
    other.get_by_role("button", name="Go on paying").click()
    for each in (page, other):
        expect(each.locator(".pay-foot button")).to_be_enabled()
        each.get_by_role("radio", name="Pays at once").check()
    page.locator(".pay-foot button").dblclick()
    other.evaluate("document.querySelector('.pay-foot button')?.click()")
    for each in (page, other):
        thanked(each)
    assert [order["total"] for order in _orders(store, "impatient")] == [68]


def test_what_is_short_is_put_right_at_its_line(visit: Visit, store: Store) -> None:
    page = visit("/t/TROLLEY_64", "hoarder")
    take(page)
    type_barcode(page, RAGI.barcode, POHA.barcode)
    for _ in range(8):
        page.get_by_role("button", name=f"One more {RAGI.name}").click()
    expect(total(page)).to_have_text("₹744.00")
    cart = store.get("/api/cart", tokens(store, "hoarder")["access"])
    ids = {item["product"]["barcode"]: item["product"]["id"] for item in cart["items"]}
    _count(page, store, ids[RAGI.barcode], 4)
    _count(page, store, ids[POHA.barcode], 0)
    page.locator(".dock-pay").click()
    expect(line(page, RAGI)).to_contain_text("Only 4 left")
    expect(line(page, POHA)).to_contain_text("Sold out")
    line(page, RAGI).get_by_role("button", name=f"Take 4 of {RAGI.name}").click()
    line(page, POHA).get_by_role("button", name=f"Remove {POHA.name}").click()
    expect(total(page)).to_have_text("₹312.00")
    expect(page.get_by_role("alert")).to_be_hidden()
    check_out(page)
    _count(page, store, ids[POHA.barcode], 200)
    _count(page, store, ids[RAGI.barcode], 200)


def _count(page: Page, store: Store, product_id: str, units: int) -> None:
    """Let staff count what is on the shelf."""
    headers = {"Authorization": f"Bearer {tokens(store, 'manager')['access']}"}
    body = {"product_id": product_id, "counted": units, "reason": "counted"}
    url = f"{store.url}/api/branches/BRANCH-002/stock/adjust"
    assert page.request.post(url, headers=headers, data=body).ok


def test_a_voucher_makes_it_cheaper_in_the_sheet_and_an_unknown_one_is_refused(visit: Visit) -> None:
    page = visit("/t/TROLLEY_65", "saver")
    take(page)
    type_barcode(page, MANGOES.barcode)
    sheet = check_out(page)
    sheet.get_by_role("button", name="Add a voucher").click()
    sheet.get_by_label("Voucher code").fill("nothing")
    sheet.get_by_role("button", name="Apply").click()
    expect(sheet.get_by_role("alert")).to_have_text("There is no such voucher here.")
    sheet.get_by_label("Voucher code").fill("tenth")
    page.keyboard.press("Enter")
    expect(sheet.locator(".label-sum")).to_have_text("₹584.10")
    sheet.get_by_role("button", name="Remove voucher TENTH").click()
    expect(sheet.locator(".label-sum")).to_have_text(MANGOES.price)
    expect(sheet.locator("time")).to_be_visible()


def _with_voucher(visit: Visit, user: str, number: int, code: str) -> Page:
    """A page whose sheet is open, with mangoes and a voucher."""
    page = visit(f"/t/TROLLEY_{number}", user)
    take(page)
    type_barcode(page, MANGOES.barcode)
    sheet = check_out(page)
    sheet.get_by_role("button", name="Add a voucher").click()
    sheet.get_by_label("Voucher code").fill(code)
    page.keyboard.press("Enter")
    expect(sheet.locator(".label-sum")).to_have_text("₹584.10")
    expect(sheet.locator(".pay-foot button")).to_be_enabled()
    return page


def test_a_voucher_that_somebody_else_used_up_is_taken_out_where_it_is_said(visit: Visit) -> None:
    slower = _with_voucher(visit, "slower", 75, "LAST-ONE")
    sheet = slower.get_by_role("dialog", name="Pay")
    sheet.get_by_role("button", name="Back to shopping").click()
    expect(sheet).to_be_hidden()
    faster = _with_voucher(visit, "faster", 76, "LAST-ONE")
    slower.locator(".dock-pay").click()
    expect(sheet.get_by_role("alert")).to_have_text("This voucher is used up. Take it out to go on.")
    sheet.get_by_role("button", name="Remove voucher LAST-ONE").click()
    expect(sheet.locator(".label-sum")).to_have_text(MANGOES.price)
    for page in (faster, slower):
        pay(page)
        thanked(page)


def test_who_turns_back_has_the_cart_to_change_and_the_focus_where_it_was(visit: Visit) -> None:
    page = visit("/t/TROLLEY_66", "of-two-minds")
    take(page)
    type_barcode(page, MILK.barcode)
    sheet = check_out(page)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_text("Your cart is at the checkout")).to_be_visible()
    expect(page.get_by_role("button", name=f"One more {MILK.name}")).to_be_hidden()
    expect(page.locator(".dock-pay")).to_be_focused()
    page.keyboard.press("Enter")
    assert sheet.evaluate("dialog => dialog.contains(document.activeElement)")
    sheet.get_by_role("button", name="Back to shopping").click()
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name=f"One more {MILK.name}").click()
    expect(total(page)).to_have_text("₹136.00")


def test_an_answer_that_is_lost_on_the_way_is_asked_for_until_it_is_paid(visit: Visit, store: Store) -> None:
    page = visit("/t/TROLLEY_67", "asks-again")
    take(page)
    type_barcode(page, MILK.barcode)
    sheet = check_out(page)
    pay(page, "Pays, but the answer is lost on the way")
    expect(sheet.get_by_text("We are asking your bank")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible(timeout=30_000)
    thanked(page)  # the pass is there once the order is, which is a commit later
    assert len(_orders(store, "asks-again")) == 1
