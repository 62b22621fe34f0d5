"""The managers' catalogue: find a product, change it, import a price list after seeing what it would do."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.people import Visit
from tests.browser.watch import flaws

PRICES = """barcode,name,price
8904100372468,"Papaya, 1 piece",{papaya}
5901234123458,Wrong code,1
"""


@pytest.mark.parametrize(("lang", "desk"), [("en", False), ("he", True)])
def test_a_price_list_is_seen_before_it_is_written(visit: Visit, lang: str, desk: bool) -> None:
    page = visit("/catalogue", "manager", desk=desk, lang=lang)
    expect(page.locator(".good").first).to_be_visible()
    found = flaws(page)
    price = "61.25" if desk else "62.75"
    page.locator(".catalogue-head .btn-primary").click()
    data = PRICES.format(papaya=price).encode()
    file = FilePayload(name="prices.csv", mimeType="text/csv", buffer=data)
    page.locator("dialog input[type=file]").set_input_files(file)
    expect(page.locator(".step .field-error")).to_contain_text("expected 7, got 8")
    found += flaws(page)
    page.locator(".kind-changed").click()
    expect(page.locator(".step ins")).to_have_text(price)
    page.locator("dialog .switch input").check()
    page.locator("dialog .btn-wide").click()
    expect(page.locator("dialog .note[role=status]")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#words").fill("papaya")
    expect(page.locator(".good")).to_have_count(1)
    expect(page.locator(".good .price")).to_contain_text(price)
    page.locator(".good").click()
    expect(page.locator("#price")).to_have_value(price)
    found += flaws(page)
    page.locator("#price").fill("63.5")
    page.locator("dialog .btn-primary").click()
    expect(page.locator(".good .price")).to_contain_text("63.50")
    assert found == []


@pytest.mark.parametrize(("username", "administers"), [("manager", 0), ("admin", 1)])
def test_the_first_page_leads_whoever_may_to_the_catalogue(
    visit: Visit, username: str, administers: int
) -> None:
    page = visit("/#branches", username)
    expect(page.locator("#branches .choice[href='/catalogue']")).to_be_visible()
    expect(page.locator("#branches .choice[href='/account']")).to_be_visible()
    expect(page.locator("#branches .choice[href='/admin/']")).to_have_count(administers)
    expect(page.locator("#branches .choice[href^='/office/']")).to_have_count(2 * administers)
    found = flaws(page)
    page.locator("#branches .choice[href='/catalogue']").click()
    expect(page.locator(".good").first).to_be_visible()
    assert found + flaws(page) == []


def test_a_shopper_is_told_that_this_is_not_for_them(visit: Visit) -> None:
    page = visit("/catalogue", "shopper", lang="he")
    expect(page.locator("h2, strong, h1").filter(has_text="מנהלים")).to_be_visible()
    page.goto(page.url.replace("/catalogue", "/#branches"))
    expect(page.locator(".note")).to_be_visible()
    expect(page.locator("#branches .choice:not([href='/account'])")).to_have_count(0)
