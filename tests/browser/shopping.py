"""What a shopper does on the page, in words that the tests share; and the goods they buy."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect


class Product(NamedTuple):
    """One of the demo's products."""

    barcode: str
    name: str
    price: str


MANGOES = Product("8904100285850", "Alphonso mangoes, box of 6", "₹649.00")
MILK = Product("8904101868595", "Full cream milk, 1 l", "₹68.00")
BANANAS = Product("8904100998583", "Robusta bananas, 1 kg", "₹58.00")


def total(page: Page) -> Locator:
    """The sum on the shelf label."""
    return page.locator(".dock .label-sum")


def line(page: Page, product: Product) -> Locator:
    """The product's line in the cart."""
    return page.locator(".line").filter(has_text=product.name)


def take(page: Page) -> None:
    """Take the trolley whose printed address the page was opened with."""
    page.get_by_role("button", name="Take this trolley").click()
    expect(page.locator(".shopping")).to_be_visible()


def type_barcode(page: Page, *barcodes: str) -> None:
    """Add products by the digits under their bars."""
    page.locator(".dock").get_by_role("button", name="Type a barcode").click()
    sheet = page.get_by_role("dialog", name="Type a barcode")
    for barcode in barcodes:
        sheet.get_by_label("Digits under the barcode").fill(barcode)
        sheet.get_by_role("button", name="Add").click()
        expect(sheet.locator(".scan").first).not_to_contain_text("Adding…")
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_be_hidden()


def check_out(page: Page) -> Locator:
    """Press Pay; returns the sheet, in which the goods are kept."""
    page.locator(".dock-pay").click()
    sheet = page.get_by_role("dialog", name="Pay")
    expect(sheet.locator("time")).to_be_visible()
    return sheet


def pay(page: Page, card: str = "Pays at once") -> None:
    """Pay in the open sheet with one of the test cards."""
    sheet = page.get_by_role("dialog", name="Pay")
    sheet.get_by_role("radio", name=card).check()
    sheet.locator(".pay-foot button").click()


def thanked(page: Page) -> str:
    """Wait until all is paid; returns the exit pass's code."""
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    code = page.locator(".pass .code")
    expect(code).to_be_visible()
    return code.inner_text()


def give_back(page: Page) -> None:
    """End the session."""
    page.get_by_role("button", name="Finish and give the trolley back").click()
    page.get_by_role("dialog").get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("heading", name="Thank you for shopping")).to_be_visible()
