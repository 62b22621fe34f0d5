"""What stands around every page of staff: the ways to others, the search, oneself, and back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visit
from tests.browser.watch import flaws

PAGES = ["Map", "Orders", "Exit", "Devices", "Office", "Till"]


def _rail(page: Page) -> list[str]:
    rail = page.get_by_role("navigation", name="Pages")
    expect(rail).to_be_visible()
    return [name.strip() for name in rail.get_by_role("link").all_inner_texts()]


def test_each_role_is_led_to_what_it_may_open_and_sees_where_it_is(visit: Visit) -> None:
    staff = visit("/branch/BRANCH-001/orders", "staff", desk=True)
    assert _rail(staff) == PAGES
    here = staff.get_by_role("navigation", name="Where you are")
    expect(here.get_by_role("listitem")).to_have_text(["demo-chain", "Demo Mart Indiranagar", "Orders"])
    expect(staff.locator(".rail [aria-current=page]")).to_have_text("Orders")

    admin = visit("/branch/BRANCH-001", "chain-admin", desk=True)
    assert _rail(admin) == [*PAGES, "Catalogue", "People", "Chain"]
    admin.get_by_role("link", name="Catalogue").click()
    expect(admin.get_by_role("heading", name="Catalogue")).to_be_visible()
    expect(admin.locator(".rail [aria-current=page]")).to_have_text("Catalogue")


def test_on_a_phone_the_bar_has_the_day_and_a_button_for_the_rest(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001/office", "manager")
    bar = page.locator(".rail")
    expect(bar).to_be_visible()
    assert _rail(page) == PAGES[:4]
    bar.get_by_role("button", name="More").click()
    assert flaws(page, least_touch=44) == []
    page.get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()


def test_a_trolley_is_found_by_its_number_and_back_closes_it(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    expect(page.locator(".board-list")).to_be_visible()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Find")
    expect(box).to_be_focused()
    box.fill("5")
    expect(page.get_by_role("option").first).to_contain_text("Trolley 5")
    assert flaws(page) == []
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Trolley 5")
    expect(panel).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?trolley=TROLLEY_05$"))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()

    page.locator(".entry", has_text="TROLLEY_22").click()
    expect(page.get_by_role("dialog", name="Trolley 22")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog", name="Trolley 22")).to_be_hidden()
    expect(page.locator(".board-list")).to_be_visible()


def test_the_search_leads_to_pages_and_products_and_says_when_there_is_nothing(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001/exit", "manager", desk=True)
    page.get_by_role("button", name="Find anything").click()
    box = page.get_by_role("combobox", name="Find")
    box.fill("qqqq")
    expect(page.get_by_text("Nothing like that here.")).to_be_visible()
    box.fill("milk")
    expect(page.get_by_role("option").first).to_contain_text("product")
    box.fill("devi")
    expect(page.get_by_role("option").first).to_contain_text("Devices")
    page.get_by_role("option").first.click()
    expect(page.get_by_role("heading", name="Devices")).to_be_visible()


def test_another_branch_is_shown_on_the_same_page(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001/orders", "chain-admin", desk=True)
    page.get_by_role("button", name="Demo Mart Indiranagar").click()
    page.get_by_role("dialog", name="Other branches").get_by_role("link", name="BRANCH-002").click()
    expect(page).to_have_url(re.compile("/branch/BRANCH-002/orders$"))
    expect(page.get_by_role("button", name="Demo Mart Jayanagar")).to_be_visible()


@pytest.mark.parametrize("desk", [True, False], ids=["desk", "phone"])
def test_who_signs_in_lands_where_they_work_and_leaves_by_the_account_menu(visit: Visit, desk: bool) -> None:
    page = visit("/login", desk=desk)
    page.get_by_label("Username").fill("staff")
    page.get_by_label("Password").fill("trolley-demo")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/branch/BRANCH-001$"))
    page.get_by_role("button", name="Your account and this page").click()
    expect(page.locator(".menu-who")).to_contain_text("staff")
    assert flaws(page) == []
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login$"))


@pytest.mark.parametrize("desk", [True, False], ids=["desk", "phone"])
def test_every_part_is_shown_without_flaw_in_both_directions_and_colours(visit: Visit, desk: bool) -> None:
    page = visit("/docs/components", desk=desk)
    samples = page.locator(".sample")
    expect(samples).to_have_count(4)
    assert {(one.get_attribute("dir"), one.get_attribute("data-theme")) for one in samples.all()} == {
        (direction, theme) for direction in ("ltr", "rtl") for theme in ("light", "dark")
    }
    assert len({one.evaluate("(it) => getComputedStyle(it).backgroundColor") for one in samples.all()}) == 2
    page.get_by_role("button", name="A sheet").click()
    expect(page.get_by_role("dialog", name="A sheet")).to_be_visible()
    page.keyboard.press("Escape")
    assert flaws(page) == []
