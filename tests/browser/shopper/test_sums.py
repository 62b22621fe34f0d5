"""What a purchase amounts to, as the shopper reads it: under the cart, and on the receipt."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.people import Visit
from tests.browser.shopping import MILK, check_out, pay, take, total, type_barcode


def sums(page: Page) -> list[str]:
    """The rows between the lines and the total."""
    rows = page.get_by_role("list", name="How the total comes about").get_by_role("listitem")
    expect(rows).not_to_have_count(0)
    return [" ".join(row.split()) for row in rows.all_inner_texts()]


MILKS_TAXES = ["Goods ₹68.00", "of which CGST 2.5 % ₹1.62", "of which SGST 2.5 % ₹1.62"]


def test_the_taxes_stand_under_the_cart_and_on_the_receipt(visit: Visit) -> None:
    page = visit("/t/TROLLEY_80", "taxpayer")
    take(page)
    type_barcode(page, MILK.barcode)
    expect(total(page)).to_have_text(MILK.price)
    assert sums(page) == MILKS_TAXES
    check_out(page)
    pay(page)
    page.get_by_role("link", name="See the receipt").click()
    assert sums(page) == MILKS_TAXES
    page.get_by_role("button", name="עברית").click()
    expect(page.get_by_role("list", name="איך נוצר הסכום")).to_contain_text("מתוכם CGST 2.5%")
