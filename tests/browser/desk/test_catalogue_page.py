"""The managers' catalogue: find a product, change it, import a price list after seeing what it would do."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.bought import change_chain
from tests.browser.desk.test_office_pages import look
from tests.browser.people import Visit
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

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
    page.locator(".catalogue-import").click()
    data = PRICES.format(papaya=price).encode()
    file = FilePayload(name="prices.csv", mimeType="text/csv", buffer=data)
    page.locator("dialog input[type=file]").set_input_files(file)
    wrong = "expected 7, got 8" if lang == "en" else "אחת הספרות בקוד שגויה"
    expect(page.locator(".step .field-error")).to_contain_text(wrong)
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
    page.locator("#price").fill("1.234,5,6")
    page.locator("dialog .btn-wide").click()
    expect(page.locator("#price-error")).to_be_visible()
    found += flaws(page)
    page.locator("#price").fill("₹63.5")
    page.locator("dialog .btn-wide").click()
    expect(page.locator(".good .price")).to_contain_text("63.50")
    assert found == []


def test_a_file_of_which_nothing_was_taken_is_no_success(visit: Visit) -> None:
    page = visit("/catalogue", "manager", desk=True)
    page.locator(".catalogue-import").click()
    with page.expect_download() as empty:
        page.get_by_role("button", name="A file to fill in").click()
    assert empty.value.path().read_text("utf-8-sig").startswith("barcode,name,category,price")
    lines = b"barcode,name,price\n5901234123458,Wrong code,1\n"
    file = FilePayload(name="wrong.csv", mimeType="text/csv", buffer=lines)
    page.locator("dialog input[type=file]").set_input_files(file)
    expect(page.locator("dialog .note-danger")).to_contain_text("No line was taken")
    with page.expect_download() as refused:
        page.get_by_role("button", name="The refused lines as a file").click()
    [header, row] = refused.value.path().read_text("utf-8-sig").splitlines()
    assert header == "barcode,name,price,refused_because"
    assert row.startswith("5901234123458,Wrong code,1,")
    assert flaws(page) == []


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("he", False)])
def test_a_manager_adds_a_category_a_product_and_its_kinds(visit: Visit, lang: str, desk: bool) -> None:
    page = visit("/catalogue", "manager", lang=lang, desk=desk)
    head = page.locator(".catalogue-head .btn")
    expect(page.locator(".good").first).to_be_visible()
    head.nth(1).click()
    page.locator("dialog #name").fill(f"Teas {lang}")
    page.locator("dialog #slug").fill(f"teas-{lang}")
    found = flaws(page)
    page.locator("dialog .btn-wide").click()
    expect(page.locator("dialog")).to_have_count(0)
    head.nth(0).click()
    page.locator("dialog .btn-wide").click()
    expect(page.locator("dialog #price-error")).to_be_visible()
    page.locator("dialog #name").fill(f"Assam {lang}")
    page.locator("dialog #price").fill("1,234.50")
    page.locator("dialog #barcode").fill("55501" if lang == "en" else "55502")
    page.locator("dialog #in-category").select_option(f"teas-{lang}")
    page.locator("dialog #codes").fill("12 x 55511" if lang == "en" else "12 x 55512")
    found += flaws(page)
    page.locator("dialog .btn-wide").click()
    expect(page.locator("dialog")).to_have_count(0)
    page.locator(".catalogue-search select").first.select_option(f"teas-{lang}")
    expect(page.locator(".good")).to_have_count(1)
    expect(page.locator(".good .price")).to_contain_text("1,234.50")
    page.locator(".good").click()
    expect(page.locator("dialog #codes")).to_have_value(re.compile("^12 x 5551"))
    page.locator("dialog #variant").fill("Box of 50")
    page.locator("dialog #price_adjustment").fill("-20,5")
    page.locator(".variant-new .btn").click()
    expect(page.locator(".variant")).to_contain_text("20.50")
    found += flaws(page)
    page.locator("dialog .switch input").first.uncheck()
    page.locator("dialog .btn-wide").click()
    expect(page.locator("dialog")).to_have_count(0)
    page.locator(".catalogue-search .chip").first.click()
    expect(page.locator(".good-off")).to_have_count(1)
    assert found == []


def test_who_may_not_change_the_chains_prices_reads_them_and_is_told_why(visit: Visit, store: Store) -> None:
    change_chain(store, branch_managers_edit_catalogue=False)
    try:
        page = visit("/catalogue", "manager", desk=True)
        expect(page.locator(".note")).to_contain_text("yours leaves them to its own people")
        expect(page.locator(".catalogue-import")).to_have_count(0)
        page.locator(".good").first.click()
        expect(page.locator("dialog .facts")).to_be_visible()
        expect(page.locator("dialog input")).to_have_count(0)
        assert flaws(page) == []
    finally:
        change_chain(store)


@pytest.mark.parametrize(("username", "administers"), [("manager", 0), ("admin", 1)])
def test_the_first_page_leads_whoever_may_to_the_catalogue(
    visit: Visit, username: str, administers: int
) -> None:
    page = visit("/#branches", username)
    expect(page.locator("#branches .choice[href='/catalogue']")).to_be_visible()
    expect(page.locator("#branches .choice[href='/account']")).to_be_visible()
    expect(page.locator("#branches .choice[href^='/login?next=%2Fadmin']")).to_have_count(administers)
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


@pytest.mark.parametrize(("lang", "desk"), [("en", False), ("en", True), ("he", False), ("he", True)])
def test_a_suppliers_file_is_delivered_looked_at_and_written(
    visit: Visit, watches: list[Watch], lang: str, desk: bool
) -> None:
    page = visit("/catalogue", "manager", desk=desk, lang=lang)
    watches[0].allow_refusals()
    size = f"{lang}-{'desk' if desk else 'phone'}"
    name, price = f"Farm {size}", f"6{4 + desk}.{25 + 50 * (lang == 'he')}"
    page.locator(".catalogue-suppliers").click()
    page.locator("dialog .btn-primary").first.click()
    page.locator("#name").fill(name)
    page.locator("#url").fill("http://farm.example/prices.csv")
    page.locator("dialog form .btn-primary").click()
    expect(page.locator("#url-error")).to_be_visible()
    look(page, f"supplier-new-{size}")
    found = flaws(page)
    page.locator("#url").fill("")
    page.locator("dialog form .btn-primary").press("Enter")
    page.locator(".delivery", has_text=name).click()
    data = json.dumps({"products": [{"barcode": "8904100372468", "price": float(price)}]}).encode()
    file = FilePayload(name="prices.json", mimeType="application/json", buffer=data)
    page.locator("dialog input[type=file]").last.set_input_files(file)
    expect(page.locator(".step ins")).to_have_text(price)
    look(page, f"supplier-report-{size}")
    found += flaws(page)
    page.locator("dialog .btn-wide").last.click()
    expect(page.locator("dialog .note[role=status]")).to_be_visible()
    page.keyboard.press("Escape")
    sheet = page.locator("dialog").last
    expect(sheet.locator(".badge.standing-done")).to_have_count(1)
    expect(sheet.locator(".badge.standing-tried")).to_have_count(1)
    look(page, f"supplier-{size}")
    found += flaws(page)  # a file's input is touched by its label
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator("#words").fill("papaya")
    expect(page.locator(".good")).to_have_count(1)
    expect(page.locator(".good .price")).to_contain_text(price)
    assert found == []


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("he", False)])
def test_many_products_are_changed_at_once_and_every_one_says_what_became_of_it(
    visit: Visit, lang: str, desk: bool
) -> None:
    page = visit("/catalogue?search=toothbrush", "manager", desk=desk, lang=lang)
    goods = page.locator(".good")
    expect(goods.first).to_be_visible()
    count = goods.count()
    for box in page.locator(".good-pick input").all():
        box.check()
    page.locator(".bulk-bar .btn-primary").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[name=what]").nth(1).check()
    found = flaws(page)
    dialog.locator(".btn-wide").click()
    expect(dialog.locator(".note[role=status]")).to_contain_text(str(count))
    dialog.locator(".btn-wide").click()
    expect(page.locator(".good-off")).to_have_count(count)
    for box in page.locator(".good-pick input").all():
        box.check()
    page.locator(".bulk-bar .btn-primary").click()
    dialog.locator("input[name=what]").nth(0).check()
    dialog.locator(".btn-wide").click()
    expect(dialog.locator(".note[role=status]")).to_be_visible()
    dialog.locator(".btn-wide").click()
    expect(page.locator(".good-off")).to_have_count(0)
    assert found + flaws(page) == []
