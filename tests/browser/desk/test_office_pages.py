"""The office of a branch and of a chain, as those who run them see it."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visit
from tests.browser.shopping import MILK
from tests.browser.watch import Watch, flaws

TOUCH = 44
BOTH = pytest.mark.parametrize(("lang", "desk"), [("en", True), ("en", False), ("he", True), ("he", False)])
BRANCH, CHAIN = "/branch/BRANCH-001/office", "/office/demo-chain"


def look(page: Page, name: str) -> None:
    if folder := os.environ.get("OFFICE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


READY = ", ".join(
    f".office {each}" for each in (".office-row", ".empty", ".tile", ".filters", "form", ".floor-drawing")
)
FINE = ("settings", "plan")
"""Where a switch is touched by its label, and a drawing enlarged before its small parts are touched."""


def flaws_of_every_tab(page: Page, name: str) -> list[str]:
    """Look at one part of the office after the other."""
    found: list[str] = []
    chips = page.locator(".office-tabs .chip")
    expect(chips.first).to_be_visible()
    for place in range(chips.count()):
        chips.nth(place).click()
        expect(page.locator(READY).first).to_be_visible()
        expect(page.locator(".spinner")).to_have_count(0)
        shown = dict(parse_qsl(urlsplit(page.url).query)).get("tab", "first")
        found += flaws(page) if shown in FINE else flaws(page, least_touch=TOUCH)
        look(page, f"{name}-{shown}")
    return found


@BOTH
def test_the_office_of_a_branch_has_no_flaw(visit: Visit, lang: str, desk: bool) -> None:
    page = visit(BRANCH, "manager", lang=lang, desk=desk)
    expect(page.locator(".tile").nth(6)).to_be_visible()
    assert flaws_of_every_tab(page, f"branch-{lang}-{'desk' if desk else 'phone'}") == []


@BOTH
def test_the_office_of_a_chain_has_no_flaw(visit: Visit, lang: str, desk: bool) -> None:
    page = visit(CHAIN, "chain-admin", lang=lang, desk=desk)
    assert flaws_of_every_tab(page, f"chain-{lang}-{'desk' if desk else 'phone'}") == []


def test_a_changed_setting_is_kept_and_stands_in_the_audit(visit: Visit, watches: list[Watch]) -> None:
    page = visit(f"{BRANCH}?tab=settings", "manager")
    watches[0].allow_refusals()
    box = page.locator("[id='settings.rental_minutes']")
    expect(box).to_have_value("120")
    box.fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field-error").first).to_be_visible()
    box.fill("90")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    page.reload()
    expect(page.locator("[id='settings.rental_minutes']")).to_have_value("90")
    page.get_by_role("button", name="Audit").click()
    entry = page.locator(".office-row").first
    expect(entry).to_contain_text("rental_minutes: 120 → 90")
    # The browser is in another zone: the branch's clock tells when it was.
    there = datetime.now(ZoneInfo("Asia/Kolkata"))
    lately = {f"{there - timedelta(minutes=ago):%I:%M}".lstrip("0") for ago in range(6)}
    told = re.findall(r"\b0?(\d{1,2}:\d\d)\b", entry.inner_text())
    assert lately & set(told), (told, lately)
    page.get_by_role("button", name="Settings").click()
    page.locator("[id='settings.rental_minutes']").fill("120")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast").last).to_contain_text("Saved")


@BOTH
def test_a_key_is_made_its_secret_is_shown_once_and_it_is_replaced_and_revoked(
    visit: Visit, lang: str, desk: bool
) -> None:
    page = visit(f"{CHAIN}?tab=keys", "chain-admin", lang=lang, desk=desk)
    size = f"{lang}-{'desk' if desk else 'phone'}"
    name = f"Till system {size}"
    page.locator(".office .btn-primary").first.click()
    sheet = page.locator("dialog")
    sheet.locator("#name").fill(name)
    sheet.locator(".scopes input").nth(0).press("Space")
    look(page, f"key-new-{size}")
    found = flaws(page)
    sheet.locator("form .btn-primary").press("Enter")
    secret = sheet.locator(".secret").text_content() or ""
    assert secret.startswith("stk_")
    found += flaws(page, least_touch=TOUCH)
    look(page, f"key-secret-{size}")
    page.keyboard.press("Escape")
    expect(page.locator("body")).not_to_contain_text(secret)
    row = page.locator(".office-row", has_text=name)
    row.click()
    look(page, f"key-{size}")
    sheet.locator(".card .btn").click()
    other = sheet.locator(".secret").text_content() or ""
    assert other.startswith("stk_")
    assert other != secret
    page.keyboard.press("Escape")
    row.click()
    end = sheet.locator(".btn-danger")
    end.click()
    end.click()
    expect(row).to_have_count(0)
    assert found == []


def test_a_manager_makes_trolleys_and_has_their_labels(visit: Visit) -> None:
    page = visit("/branch/BRANCH-002/office?tab=trolleys", "manager")
    expect(page.locator(".office-row").first).to_be_visible()
    before = page.locator(".office-row").count()
    page.get_by_role("button", name="New trolleys").click()
    page.locator("#count").fill("2")
    page.locator("#prefix").fill("NEW-")
    page.get_by_role("button", name="Make them").click()
    expect(page.locator(".office-row")).to_have_count(before + 2)
    with page.expect_download() as label:
        page.get_by_role("button", name="QR labels as PDF").click()
    assert label.value.suggested_filename == "qr-BRANCH-002.pdf"
    page.locator(".office-row").last.click()
    page.locator("#reason").fill("scratched")
    page.get_by_role("button", name="Replace the QR code").click()
    expect(page.locator(".toast").last).to_contain_text("print its label anew")


def test_staff_takes_a_delivery_in_and_corrects_a_count(visit: Visit, watches: list[Watch]) -> None:
    page = visit(f"{BRANCH}?tab=stock", "staff")
    watches[0].allow_refusals()
    page.locator("#stock-words").fill(MILK.name[:12])
    expect(page.locator(".office-row")).to_have_count(1)
    row = page.locator(".office-row > .num")
    before = int(row.inner_text().replace(",", ""))
    page.get_by_role("button", name="Take a delivery in").click()
    page.locator("#barcode").fill(MILK.barcode)
    page.locator("#quantity").fill("some")
    page.locator("dialog .btn-wide").click()
    expect(page.locator("#quantity-error")).to_have_text("Write a whole number.")
    page.locator("#quantity").fill("7")
    page.locator("dialog .btn-wide").click()
    expect(page.locator(".toast").last).to_contain_text("is taken in")
    page.keyboard.press("Escape")
    expect(row).to_have_text(f"{before + 7:,}")
    page.locator(".office-row").click()
    expect(page.locator("dialog .office-row").first).to_contain_text("+7")
    assert flaws(page) == []
    page.locator("#delta").fill("-7")
    page.locator("#reason").fill("broken")
    page.locator("dialog form .btn").click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(row).to_have_text(f"{before:,}")


def test_staff_sees_figures_and_rentals_and_no_settings(visit: Visit) -> None:
    page = visit(BRANCH, "staff")
    tabs = page.locator(".office-tabs .chip")
    expect(tabs).to_have_text(["Figures", "Rentals", "Trolleys", "Maintenance", "Stock", "Recalls"])
    tabs.nth(2).click()
    expect(page.get_by_role("button", name="New trolleys")).to_have_count(0)


def test_somebody_elses_office_is_closed(visit: Visit, watches: list[Watch]) -> None:
    page = visit("/office/demo-berlin", "chain-admin")
    watches[0].allow_refusals()
    expect(page.locator(".empty h2")).to_have_text(re.compile("."))
    expect(page.locator(".office")).to_have_count(0)


def test_what_is_in_maintenance_is_a_list_with_who_and_why_and_goes_back_into_service_there(
    visit: Visit,
) -> None:
    page = visit("/branch/BRANCH-002", "manager", desk=True)
    page.get_by_role("searchbox").fill("79")
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Trolley 79")
    panel.locator("summary", has_text="Maintenance").click()
    panel.get_by_label("What is wrong?").fill("A wheel is loose")
    panel.get_by_role("button", name="Take out of service").click()
    expect(panel.get_by_role("button", name="Put back into service")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".latest").get_by_role("button", name="All, with who and why").click()
    log = page.get_by_role("dialog", name="Latest events")
    row = log.locator(".happening", has_text="Trolley 79").first
    expect(row).to_contain_text("A wheel is loose")
    expect(row).to_contain_text("manager")
    # Another page, that was not open when it happened, knows it too.
    page.reload()
    expect(page.locator(".latest")).to_contain_text("TROLLEY_79: Taken out of service")

    page.goto(page.url.partition("?")[0] + "/office?tab=maintenance")
    row = page.locator(".office-row", has_text="A wheel is loose")
    expect(row).to_contain_text("manager")
    row.get_by_role("button", name="Put back into service").click()
    expect(row).to_have_count(0)
    assert flaws(page, least_touch=TOUCH) == []
