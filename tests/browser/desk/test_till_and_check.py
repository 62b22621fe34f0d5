"""Paying at the till, and a look into the trolley at the exit: shopper and staff, each on their own page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.bought import call
from tests.browser.hardware import Hardware
from tests.browser.people import Visit
from tests.browser.shopping import BANANAS, MILK, check_out, take, thanked, type_barcode
from tests.browser.watch import flaws
from tests.system.store import Store


def test_a_shopper_pays_at_the_till_and_staff_looks_into_the_trolley(
    visit: Visit, store: Store, hardware: Hardware
) -> None:
    phone = visit("/t/TROLLEY_15", "payer")
    take(phone)
    type_barcode(phone, MILK.barcode)
    sheet = check_out(phone)
    sheet.get_by_role("button", name="Pay at the till").click()
    code = sheet.locator(".pass .code").inner_text()

    desk = visit("/branch/BRANCH-001/till", "manager", camera=False)
    desk.get_by_label("Or type its code").fill(code.lower())
    desk.get_by_role("button", name="Show").click()
    expect(desk.locator(".label-sum")).to_have_text("₹68.00")
    desk.get_by_label("Cash received").fill("50")
    expect(desk.get_by_role("button", name="Cash")).to_be_disabled()
    desk.get_by_label("Cash received").fill("a hundred")
    expect(desk.get_by_role("alert")).to_contain_text("1234.50")
    expect(desk.get_by_role("button", name="Cash")).to_be_disabled()
    desk.get_by_label("Cash received").fill("₹ 1,100.00")
    assert flaws(desk) == []
    desk.get_by_role("button", name="Cash").click()
    expect(desk.locator(".label-sum")).to_have_text("₹1,032.00")
    exit_pass = thanked(phone)

    call(store, "manager", "PATCH", "/api/branches/BRANCH-001", {"settings": {"check_rate": 100}})
    gate = visit("/branch/BRANCH-001/exit", "manager", camera=False, lang="en")
    gate.get_by_label("Or type its code").fill(exit_pass)
    gate.get_by_role("button", name="Check").click()
    expect(gate.get_by_role("heading", name="Please look into the trolley")).to_be_visible()
    gate.get_by_role("button", name="Look into the trolley").click()
    for barcode in (MILK.barcode, BANANAS.barcode):
        gate.get_by_label("Or type a barcode").fill(barcode)
        gate.get_by_role("button", name="Add").click()
    expect(gate.locator(".check-goods").first).to_contain_text(BANANAS.name)
    assert flaws(gate) == []
    gate.get_by_role("button", name="That is all: compare").click()
    expect(gate.get_by_role("status").first).to_contain_text("Not the same")
    expect(gate.locator(".note-warn")).to_contain_text("₹58.00")
    gate.get_by_role("button", name="Card").click()
    expect(gate.get_by_text("The difference is paid")).to_be_visible()
    call(store, "manager", "PATCH", "/api/branches/BRANCH-001", {"settings": {"check_rate": 0}})
    _refund_in_cash(visit, store)


def _refund_in_cash(visit: Visit, store: Store) -> None:
    """The receipt says what was handed over in coins."""
    order_id = call(store, "payer", "GET", "/api/orders")["results"][0]["id"]
    said = {"amount": 10.3, "reason": "Damaged goods"}
    call(store, "manager", "POST", f"/api/orders/{order_id}/refund", said)
    receipt = visit(f"/orders/{order_id}", "payer")
    expect(receipt.locator(".refund-made")).to_contain_text("In cash: ₹10.50")
    assert flaws(receipt) == []
