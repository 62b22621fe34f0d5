"""Goods that need somebody: the shopper sees that it waits, staff decides on the map, both see it at once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.bought import call
from tests.browser.hardware import Hardware
from tests.browser.people import Visit
from tests.browser.shopping import Product, check_out, take, type_barcode
from tests.system.store import Store

DRINK = Product("8904109498053", "Energy drink, 250 ml", "₹115.00")


def restrict(store: Store, restricted: dict[str, Any]) -> None:
    """Let a manager say what stands between the drink and a shopper."""
    found = call(store, "manager", "GET", f"/api/products?barcode={DRINK.barcode}")
    product = found["results"][0]
    call(store, "manager", "PATCH", f"/api/products/{product['id']}", {"restricted": restricted})


@pytest.mark.parametrize("language", ["en", "he"])
def test_staff_says_on_the_map_that_a_shopper_is_old_enough(
    visit: Visit, store: Store, hardware: Hardware, language: str
) -> None:
    restrict(store, {"age": 18})
    trolley = 5 if language == "en" else 6
    phone = visit(f"/t/TROLLEY_0{trolley}", f"grown-{language}")
    take(phone)
    type_barcode(phone, DRINK.barcode)
    waiting = phone.locator(".note", has_text=DRINK.name)
    expect(waiting).to_contain_text("18")
    phone.locator(".dock-pay").click()
    expect(phone.get_by_role("dialog", name="Pay")).to_be_hidden()

    desk = visit("/branch/BRANCH-001", "manager", desk=True, lang=language)
    alarm = desk.locator(".alarm", has_text=DRINK.name)
    expect(alarm).to_contain_text(f"{DRINK.name} (18+)")
    expect(desk.locator(".alarm").first).to_contain_text(DRINK.name)
    alarm.get_by_role("button").nth(1).click()
    expect(alarm).to_be_hidden()
    expect(waiting).to_be_hidden()
    check_out(phone)
    restrict(store, {})
