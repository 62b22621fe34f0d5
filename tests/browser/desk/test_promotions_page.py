"""Promotions in the chain's office: one is made there, and a shopper's cart shows it."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visit
from tests.browser.shopping import BANANAS, line, take, total, type_barcode
from tests.browser.watch import flaws

TOUCH = 44
PLACE = "/office/demo-chain?tab=promotions"


def look(page: Page, name: str) -> None:
    if folder := os.environ.get("OFFICE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("he", False)])
def test_the_promotions_have_no_flaw(visit: Visit, lang: str, desk: bool) -> None:
    page = visit(PLACE, "chain-admin", lang=lang, desk=desk)
    size = f"{lang}-{'desk' if desk else 'phone'}"
    expect(page.locator(".office-row").first).to_be_visible()
    found = flaws(page, least_touch=TOUCH)
    look(page, f"promotions-{size}")
    page.locator(".promotions .btn-primary").click()
    expect(page.locator("form.promotion")).to_be_visible()
    page.locator("form.promotion summary").click()
    found += flaws(page)
    look(page, f"promotion-form-{size}")
    assert found == []


def test_a_promotion_made_in_the_office_is_in_a_shoppers_cart(visit: Visit) -> None:
    page = visit(PLACE, "chain-admin")
    page.get_by_role("button", name="New promotion").click()
    form = page.locator("form.promotion")
    form.get_by_label("Name", exact=True).fill("Bananas: 2 for 1")
    form.get_by_label("Take").fill("2")
    form.get_by_label("Pay").fill("1")
    form.get_by_label("For which goods").fill(BANANAS.name)
    form.get_by_role("button", name=f"Add {BANANAS.name}").click()
    form.get_by_role("button", name="Save").click()
    row = page.locator(".office-row").filter(has_text="Bananas: 2 for 1")
    expect(row).to_contain_text(f"2 for the price of 1: {BANANAS.name}")
    expect(row).to_contain_text("Running")

    shopper = visit("/t/TROLLEY_68", "bargain-hunter")
    take(shopper)
    type_barcode(shopper, BANANAS.barcode, BANANAS.barcode)
    expect(total(shopper)).to_have_text("₹58.00")
    expect(line(shopper, BANANAS)).to_contain_text("Bananas: 2 for 1 · 2 units")
    expect(line(shopper, BANANAS)).to_contain_text("-₹58.00")
    look(shopper, "promotion-cart")

    page.get_by_role("button", name="What would a cart cost?").click()
    page.get_by_label("What is in the cart").fill(BANANAS.name)
    page.get_by_role("button", name=f"Add {BANANAS.name}").click()
    page.get_by_label(f"How many: {BANANAS.name}").fill("3")
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator(".what-if")).to_contain_text("₹116.00")
    look(page, "promotion-what-if")
    page.get_by_role("button", name="Close").click()

    row.click()
    page.get_by_role("button", name="Delete the promotion").click()
    page.get_by_role("button", name="Really delete it").click()
    expect(row).to_have_count(0)
    shopper.reload()
    expect(total(shopper)).to_have_text("₹116.00")
